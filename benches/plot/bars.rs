//! A bar for each row, with its number at the end.

use std::error::Error;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{COLOURS, FONT, GRID, INK, PAPER, Plot, SIZE, YARDSTICK, span, tick};
use crate::table::Table;

/// Of one bar, with the room around it.
const HEIGHT: usize = 26;

/// What isn't bars.
const AROUND: usize = 120;

pub(super) fn draw(
    plot: &Plot,
    table: &Table,
    column: &str,
    what: &str,
    yardstick: Option<&str>,
) -> Result<Option<String>, Box<dyn Error>> {
    let Some(at) = table.columns.iter().position(|known| known.name == column) else { return Ok(None) };
    let unit = table.columns[at].unit;
    let bar = |line: &crate::table::Line| Some((line.name.clone(), line.cells.get(at).copied()??));
    let bars: Vec<(String, f64)> = table.lines.iter().filter_map(bar).filter(|(_, value)| *value > 0.0).collect();
    if bars.is_empty() {
        return Ok(None);
    }
    let values: Vec<f64> = bars.iter().map(|(_, value)| *value).collect();
    let (left, right) = span(&values);
    let count = bars.len() as i32;
    let edge = |place: i32| if place < count { SegmentValue::Exact(place) } else { SegmentValue::Last };
    let line = bars.iter().find(|(name, _)| yardstick == Some(name)).map(|(_, value)| *value);
    let name_of = |place: &SegmentValue<i32>| match place {
        // The first row is on top.
        SegmentValue::CenterOf(at) => {
            bars.get((count - 1 - at) as usize).map_or(String::new(), |(name, _)| name.clone())
        }
        _ => String::new(),
    };
    let mut drawing = String::new();
    {
        let size = (SIZE.0, (bars.len() * HEIGHT + AROUND) as u32);
        let area = SVGBackend::with_string(&mut drawing, size).into_drawing_area();
        area.fill(&PAPER)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(&plot.title, (FONT, 23).into_font().color(&INK))
            .margin(14)
            .x_label_area_size(46)
            .y_label_area_size(270)
            .build_cartesian_2d((left..right * 2.0).log_scale(), (0..count - 1).into_segmented())?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .x_desc(format!("{what}, {} (logarithmic)", unit.name()))
            .x_label_formatter(&|value| tick(*value))
            .y_labels(bars.len())
            .y_label_formatter(&name_of)
            .light_line_style(PAPER)
            .bold_line_style(GRID)
            .axis_style(INK)
            .label_style((FONT, 17).into_font().color(&INK))
            .axis_desc_style((FONT, 17).into_font().color(&INK))
            .draw()?;
        chart.draw_series(bars.iter().enumerate().map(|(row, (name, value))| {
            let place = count - 1 - row as i32;
            let colour = colour_of(name);
            let mut bar =
                Rectangle::new([(left, SegmentValue::Exact(place)), (*value, edge(place + 1))], colour.filled());
            bar.set_margin(4, 4, 0, 0);
            bar
        }))?;
        let style = (FONT, 17).into_font().color(&INK).pos(Pos::new(HPos::Left, VPos::Center));
        chart.draw_series(bars.iter().enumerate().map(|(row, (_, value))| {
            let place = SegmentValue::CenterOf(count - 1 - row as i32);
            EmptyElement::at((*value, place)) + Text::new(unit.word(*value), (6, 0), style.clone())
        }))?;
        if let Some(value) = line {
            let across = [(value, edge(0)), (value, edge(count))];
            chart.draw_series([PathElement::new(across, YARDSTICK.stroke_width(1))])?;
        }
        area.present()?;
    }
    Ok(Some(drawing))
}

fn colour_of(name: &str) -> RGBColor {
    if name.starts_with("herald") {
        COLOURS[0]
    } else if name.starts_with('/') {
        YARDSTICK
    } else {
        COLOURS[3]
    }
}
