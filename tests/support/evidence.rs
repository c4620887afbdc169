//! What a long run came to, as one line of the table that `make torture` prints at its end.
//!
//! A run that panics on its way says so by itself: only [`Evidence::holds`] writes that everything was as it should be.

#![allow(dead_code, reason = "each test target uses only a part of it")]

use std::fmt::Display;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::time::Instant;

/// Names the file that the lines are added to; without it they are only printed.
const TABLE: &str = "HERALD_TEST_VERDICTS";

/// A run whose line is still to be written.
pub(crate) struct Evidence {
    what: String,
    seed: Option<u64>,
    begun: Instant,
    told: bool,
}

impl Evidence {
    /// A run begins. `seed` repeats it, where it has one.
    pub(crate) fn begin(what: &str, seed: Option<u64>) -> Self {
        Self { what: what.to_owned(), seed, begun: Instant::now(), told: false }
    }

    /// It came to its end, so many times, and nothing was wrong.
    pub(crate) fn holds(mut self, count: impl Display) {
        self.tell(&count, "holds");
    }

    /// This machine lacks something for it.
    pub(crate) fn skipped(mut self) {
        self.tell(&"-", "skipped");
    }

    #[allow(clippy::print_stderr, reason = "the test's own report")]
    fn tell(&mut self, count: &dyn Display, verdict: &str) {
        self.told = true;
        let seed = self.seed.map_or_else(|| "-".to_owned(), |seed| seed.to_string());
        let seconds = self.begun.elapsed().as_secs_f64();
        let line = format!("{}\t{count}\t{seed}\t{verdict}\t{seconds:.1}\n", self.what);
        eprint!("{line}");
        let Some(table) = std::env::var_os(TABLE) else { return };
        let mut options = OpenOptions::new();
        let written =
            options.create(true).append(true).open(table).and_then(|mut file| file.write_all(line.as_bytes()));
        if let Err(error) = written {
            eprintln!("the line could not be kept: {error}");
        }
    }
}

impl Drop for Evidence {
    fn drop(&mut self) {
        if !self.told {
            self.tell(&"-", "FAILED");
        }
    }
}
