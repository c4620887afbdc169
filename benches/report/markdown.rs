//! The page: what was measured on what, and each table with its text and picture.

use std::fmt::Write as _;

use super::{Line, Report, Table, readme};

pub(crate) fn page(report: &Report) -> String {
    let mut page = String::from(HEAD);
    page += "\n| | |\n|---|---|\n";
    for (name, value) in &report.facts {
        let _ = writeln!(page, "| {name} | {value} |");
    }
    let short = readme::table(report);
    if !short.is_empty() {
        let _ = write!(page, "\n## In short\n\n{short}");
    }
    for table in &report.tables {
        let _ = write!(page, "\n## {}\n\n", capitalised(&table.title));
        if !table.text.is_empty() {
            let _ = write!(page, "{}\n\n", table.text);
        }
        page += &rows(table);
        for plot in report.plots.iter().filter(|plot| plot.table == table.id) {
            let _ = write!(page, "\n![{}](figures/{}.svg)\n", plot.title, plot.id);
        }
    }
    page
}

fn rows(table: &Table) -> String {
    let has_notes = table.lines.iter().any(|line| !line.notes.is_empty());
    let mut rows = String::from("| |");
    for column in &table.columns {
        let _ = write!(rows, " {} |", column.name);
    }
    rows += if has_notes { " |\n|---|" } else { "\n|---|" };
    rows += &"---:|".repeat(table.columns.len());
    rows += if has_notes { "---|\n" } else { "\n" };
    for line in &table.lines {
        rows += &row(table, line, has_notes);
    }
    rows
}

fn row(table: &Table, line: &Line, has_notes: bool) -> String {
    let mut row = format!("| {} |", line.name);
    for (column, cell) in table.columns.iter().zip(&line.cells) {
        let _ = write!(row, " {} |", cell.map_or_else(String::new, |value| column.unit.word(value)));
    }
    if has_notes {
        let _ = write!(row, " {} |", line.notes.join(", "));
    }
    row + "\n"
}

fn capitalised(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

const HEAD: &str = "# Figures

Written by `make figures`, which measures everything on this page in one run, on one machine, with the same files;
`make bench` prints the same. What is compared is taken in turns, so that a machine that is busy for a moment is busy for
all. Compare medians of one run, never figures of two days or two machines. The numbers behind the tables and plots are in
[figures/figures.tsv](figures/figures.tsv).

`p50` is the median, `p99` what 99 of 100 runs don't exceed (with fewer than 100 runs: the longest). The yardstick is
`/bin/true`, which does nothing: what remains is what the system takes to start a program and collect it. `bar` is what was
asked of a figure before it was taken, and whether it was met.

Sound servers are private ones with a null sink, without a sound card: what a device adds is the same for all. What is
\"static\" is the front as it is shipped for Linux; \"dynamic\" is what `cargo install` makes.
";
