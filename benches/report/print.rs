//! Tables as they grow, on a terminal.

use super::{Line, Table};

/// Tables over a growing number have short names and many columns.
fn width(table: &Table) -> usize {
    if table.columns.len() > 4 { 26 } else { 38 }
}

pub(super) fn heading(table: &Table) {
    println!("\n{}", table.title);
    print!("  {:<1$}", "", width(table));
    for column in &table.columns {
        print!(" {:>10}", column.name);
    }
    println!();
}

pub(super) fn line(table: &Table, line: &Line) {
    print!("  {:<1$}", line.name, width(table));
    for (column, cell) in table.columns.iter().zip(&line.cells) {
        print!(" {:>10}", cell.map_or_else(|| "-".to_owned(), |value| column.unit.word(value)));
    }
    println!("  {}", line.notes.join(", "));
}
