//! Writes the page, the numbers and the plots, and the README's table, after each section anew: a run that ends early
//! has lost nothing.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use super::{Report, markdown, readme};

pub(crate) fn write(report: &Report) -> io::Result<()> {
    let Some(folder) = &report.folder else { return Ok(()) };
    let pictures = folder.join("figures");
    fs::create_dir_all(&pictures)?;
    fs::write(folder.join("figures.md"), markdown::page(report))?;
    fs::write(pictures.join("figures.tsv"), numbers(report))?;
    for plot in &report.plots {
        if let Some(drawing) = report.find(plot.table).and_then(|table| plot.draw(table)) {
            fs::write(pictures.join(format!("{}.svg", plot.id)), drawing)?;
        }
    }
    Ok(())
}

/// The table below the README's heading `## Figures` becomes the one of this run.
pub(crate) fn write_readme(report: &Report, file: &Path) -> io::Result<()> {
    let text = fs::read_to_string(file)?;
    let table = readme::table(report);
    let Some(begin) = text.find("\n## Figures\n").and_then(|at| Some(at + text[at..].find("\n|")? + 1)) else {
        return Ok(());
    };
    let rows = text[begin..].lines().take_while(|line| line.starts_with('|'));
    let end = begin + rows.map(|row| row.len() + 1).sum::<usize>();
    fs::write(file, format!("{}{table}{}", &text[..begin], &text[end.min(text.len())..]))
}

/// One number a line, in base units.
fn numbers(report: &Report) -> String {
    let mut lines = String::from("table\trow\tcolumn\tunit\tvalue\n");
    for table in &report.tables {
        for line in &table.lines {
            for (column, cell) in table.columns.iter().zip(&line.cells) {
                if let Some(value) = cell {
                    let (name, unit) = (column.name, column.unit.name());
                    let _ = writeln!(lines, "{}\t{}\t{name}\t{unit}\t{value:.4}", table.id, line.name);
                }
            }
        }
    }
    lines
}
