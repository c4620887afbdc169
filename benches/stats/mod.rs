//! Samples of durations and the rows they are printed as.

use std::time::Duration;

/// Durations of one thing, many times.
#[derive(Debug, Default)]
pub(crate) struct Sample(Vec<Duration>);

impl FromIterator<Duration> for Sample {
    fn from_iter<T: IntoIterator<Item = Duration>>(times: T) -> Self {
        Self(times.into_iter().collect())
    }
}

impl Sample {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn push(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// The value that `share` of all runs don't exceed.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
        sorted.get(at).copied().unwrap_or_default()
    }

    pub(crate) fn p50(&self) -> Duration {
        self.quantile(0.5)
    }
}

/// What a figure was held against, in words.
pub(crate) fn verdict(met: bool) -> &'static str {
    if met { "ok" } else { "MISSED" }
}

pub(crate) fn print_heading(text: &str) {
    println!("\n{text}");
    println!("  {:<38} {:>8} {:>8} {:>8}", "", "p50", "p99", "max");
}

/// One line of a table.
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
        self.sample = Sample(sample.0.clone());
        self
    }

    /// The ratio of the medians, and the one that was asked for.
    pub(crate) fn against(mut self, yardstick: &Sample, bar: f64) -> Self {
        let ratio = self.sample.p50().as_secs_f64() / yardstick.p50().as_secs_f64();
        self.notes.push(format!("{ratio:.2} x, bar {bar} {}", verdict(ratio <= bar)));
        self
    }

    /// The difference of the medians, and the one that was asked for.
    pub(crate) fn above(mut self, yardstick: &Sample, bar: Duration) -> Self {
        let more = self.sample.p50().saturating_sub(yardstick.p50());
        self.notes.push(format!("{} more, bar {} {}", ms(more), ms(bar), verdict(more <= bar)));
        self
    }

    pub(crate) fn p50_below(self, bar: Duration) -> Self {
        let value = self.sample.p50();
        self.below("p50", value, bar)
    }

    pub(crate) fn p99_below(self, bar: Duration) -> Self {
        let value = self.sample.quantile(0.99);
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

    pub(crate) fn print(self) {
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| ms(self.sample.quantile(share)));
        println!("  {:<38} {p50:>8} {p99:>8} {max:>8}  {}", self.name, self.notes.join(", "));
    }
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}
