//! What was measured: tables that are printed while they grow, and written as Markdown, TSV and plots.

pub(crate) mod machine;
pub(crate) mod markdown;
mod print;
pub(crate) mod readme;
pub(crate) mod row;
pub(crate) mod written;

pub(crate) use row::Row;

use std::path::PathBuf;

use crate::plot::Plot;
pub(crate) use crate::table::{Column, Line, Table, Unit, column, grouped, times};

/// All of them.
pub(crate) struct Report {
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) tables: Vec<Table>,
    pub(crate) plots: Vec<Plot>,
    /// Where it is written, if it is.
    pub(crate) folder: Option<PathBuf>,
}

impl Report {
    pub(crate) fn new(folder: Option<PathBuf>) -> Self {
        let report = Self { facts: machine::facts(), tables: Vec::new(), plots: Vec::new(), folder };
        for (name, value) in &report.facts {
            println!("{name:<12} {value}");
        }
        report
    }

    /// Begins a table; lines go to the last that was begun.
    pub(crate) fn table(&mut self, id: &'static str, title: &str, columns: Vec<Column>, text: &'static str) {
        let table = Table { id, title: title.to_owned(), text, columns, lines: Vec::new() };
        print::heading(&table);
        self.tables.push(table);
    }

    pub(crate) fn line(&mut self, name: &str, cells: Vec<Option<f64>>, notes: Vec<String>) {
        let table = self.tables.last_mut().expect("a table was begun");
        let line = Line { name: name.to_owned(), cells, notes };
        print::line(table, &line);
        table.lines.push(line);
    }

    /// A picture of the last table.
    pub(crate) fn plot(&mut self, plot: Plot) {
        self.plots.push(plot);
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.id == id)
    }
}
