//! Numbers in rows and columns, and how one is worded.
//!
//! Values are kept in base units (milliseconds, MB, millions, counts); how one is worded is decided in [`Unit::word`]
//! alone, so that a figure reads the same wherever it stands.

/// What the numbers of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Ms,
    /// Millions of bytes.
    Megabytes,
    /// Millions, of instructions.
    Millions,
    Count,
}

impl Unit {
    pub(crate) fn word(self, value: f64) -> String {
        let digits = |value: f64| if value < 9.995 { 2 } else { usize::from(value < 99.95) };
        match self {
            Self::Ms => format!("{value:.0$} ms", digits(value)),
            Self::Megabytes => format!("{value:.0$} MB", digits(value)),
            Self::Millions => format!("{value:.0$} M", digits(value)),
            Self::Count => grouped(value),
        }
    }

    /// In the head of a column of bare numbers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ms => "ms",
            Self::Megabytes => "MB",
            Self::Millions => "millions",
            Self::Count => "count",
        }
    }
}

/// `12,345`.
pub(crate) fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut words = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

/// One column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) unit: Unit,
}

pub(crate) fn column(name: &'static str, unit: Unit) -> Column {
    Column { name, unit }
}

/// Median, 99th percentile, longest: what a row of samples fills.
pub(crate) fn times() -> Vec<Column> {
    vec![column("p50", Unit::Ms), column("p99", Unit::Ms), column("max", Unit::Ms)]
}

/// One line: what it is about, a number for each column, and what the numbers were held against.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) cells: Vec<Option<f64>>,
    pub(crate) notes: Vec<String>,
}

/// One table, with what has to be known to read it.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) id: &'static str,
    pub(crate) title: String,
    /// How it was measured, what it shows and what it doesn't.
    pub(crate) text: &'static str,
    pub(crate) columns: Vec<Column>,
    pub(crate) lines: Vec<Line>,
}

impl Table {
    pub(crate) fn line(&self, name: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.name == name)
    }
}
