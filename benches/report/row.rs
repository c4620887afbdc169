//! One line of a table of times, and the bars it is held against.

use std::time::Duration;

use super::{Report, Unit};
use crate::stats::Sample;

pub(crate) struct Row<'a> {
    name: &'a str,
    sample: Sample,
    notes: Vec<String>,
}

impl<'a> Row<'a> {
    pub(crate) fn new(name: &'a str) -> Self {
        Self { name, sample: Sample::new(), notes: Vec::new() }
    }

    pub(crate) fn sample(mut self, sample: &Sample) -> Self {
        self.sample.clone_from(sample);
        self
    }

    /// The ratio of the medians.
    pub(crate) fn beside(mut self, yardstick: &Sample) -> Self {
        if !yardstick.is_empty() && !self.sample.is_empty() {
            self.notes.push(format!("{:.2} x", ratio(&self.sample, yardstick)));
        }
        self
    }

    /// The ratio of the medians, and the one that was asked for.
    pub(crate) fn against(mut self, yardstick: &Sample, bar: f64) -> Self {
        if !yardstick.is_empty() && !self.sample.is_empty() {
            let ratio = ratio(&self.sample, yardstick);
            self.notes.push(format!("{ratio:.2} x, bar {bar:?} {}", verdict(ratio <= bar)));
        }
        self
    }

    pub(crate) fn p50_below(self, bar: Duration) -> Self {
        let value = self.sample.p50();
        self.below("p50", value, bar)
    }

    pub(crate) fn p99_below(self, bar: Duration) -> Self {
        let value = self.sample.p99();
        self.below("p99", value, bar)
    }

    pub(crate) fn worst_below(self, bar: Duration) -> Self {
        let value = self.sample.quantile(1.0);
        self.below("max", value, bar)
    }

    fn below(mut self, what: &str, value: Duration, bar: Duration) -> Self {
        self.notes.push(format!("{what} bar {} {}", ms(bar), verdict(value <= bar)));
        self
    }

    pub(crate) fn note(mut self, note: &str) -> Self {
        self.notes.push(note.to_owned());
        self
    }

    /// Into the last table, one of [`super::times`].
    pub(crate) fn put(self, report: &mut Report) {
        let cells = [0.5, 0.99, 1.0].map(|share| self.sample.ms(share));
        report.line(self.name, cells.to_vec(), self.notes);
    }
}

/// What a figure was held against, in words.
pub(crate) fn verdict(met: bool) -> &'static str {
    if met { "ok" } else { "MISSED" }
}

fn ratio(sample: &Sample, yardstick: &Sample) -> f64 {
    sample.p50().as_secs_f64() / yardstick.p50().as_secs_f64()
}

fn ms(time: Duration) -> String {
    Unit::Ms.word(time.as_secs_f64() * 1000.0)
}
