//! Pictures of tables, as SVG that is legible on light and dark pages alike: each has its own background.
//!
//! The same table gives the same bytes.

mod bars;
mod growth;

use plotters::prelude::RGBColor;

use crate::table::Table;

const SIZE: (u32, u32) = (860, 440);
const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(31, 35, 40);
const GRID: RGBColor = RGBColor(222, 226, 230);
const PAPER: RGBColor = RGBColor(255, 255, 255);

/// Told apart by those who see few colours, too.
const COLOURS: [RGBColor; 5] =
    [RGBColor(0, 114, 178), RGBColor(86, 180, 233), RGBColor(213, 94, 0), RGBColor(230, 159, 0), RGBColor(0, 158, 115)];

/// What everything is held against.
const YARDSTICK: RGBColor = RGBColor(110, 110, 110);

/// A picture of one table.
#[derive(Debug, Clone)]
pub(crate) struct Plot {
    pub(crate) id: &'static str,
    pub(crate) title: String,
    pub(crate) table: &'static str,
    pub(crate) shape: Shape,
}

#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// Columns over what the rows are called, which are numbers; both axes logarithmic.
    Growth { over: &'static str, columns: &'static [&'static str] },
    /// One column, a bar for each row, logarithmic; the yardstick's row is a line across as well.
    Bars { column: &'static str, what: &'static str, yardstick: Option<&'static str> },
}

impl Plot {
    /// Nothing where there is nothing to see.
    pub(crate) fn draw(&self, table: &Table) -> Option<String> {
        let drawn = match &self.shape {
            Shape::Growth { over, columns } => growth::draw(self, table, over, columns),
            Shape::Bars { column, what, yardstick } => bars::draw(self, table, column, what, *yardstick),
        };
        match drawn {
            Ok(drawing) => drawing,
            Err(error) => {
                println!("  no picture {}: {error}", self.id);
                None
            }
        }
    }
}

/// The ends of a logarithmic axis that has room for all of these.
fn span(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    (least / 1.6, most * 1.6)
}

/// A number on an axis, where it is a 1, 2 or 5 of its size: more of them would run into one another.
fn tick(value: f64) -> String {
    let size = 10_f64.powf((value * 1.000_001).log10().floor());
    let leading = (value / size).round();
    if ![1.0, 2.0, 5.0].contains(&leading) || (value / size - leading).abs() > 0.01 {
        return String::new();
    }
    if value >= 1.0 { crate::table::grouped(value) } else { format!("{}", (value * 1000.0).round() / 1000.0) }
}
