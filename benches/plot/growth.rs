//! Lines over a growing number.

use std::error::Error;

use plotters::prelude::*;

use super::{COLOURS, FONT, GRID, INK, PAPER, Plot, SIZE, YARDSTICK, span, tick};
use crate::table::Table;

pub(super) fn draw(plot: &Plot, table: &Table, over: &str, columns: &[&str]) -> Result<Option<String>, Box<dyn Error>> {
    let series: Vec<(&str, Vec<(f64, f64)>)> = columns.iter().map(|name| (*name, points(table, name))).collect();
    let points: Vec<(f64, f64)> = series.iter().flat_map(|(_, points)| points.clone()).collect();
    let across: Vec<f64> = points.iter().map(|(x, _)| *x).collect();
    let up: Vec<f64> = points.iter().map(|(_, y)| *y).collect();
    if across.len() < 2 {
        return Ok(None);
    }
    let unit = table.columns.iter().find(|column| column.name == columns[0]).map_or("", |column| column.unit.name());
    let mut drawing = String::new();
    {
        let area = SVGBackend::with_string(&mut drawing, SIZE).into_drawing_area();
        area.fill(&PAPER)?;
        let (left, right) = span(&across);
        let (low, high) = span(&up);
        let mut chart = ChartBuilder::on(&area)
            .caption(&plot.title, (FONT, 23).into_font().color(&INK))
            .margin(14)
            .x_label_area_size(46)
            .y_label_area_size(70)
            .build_cartesian_2d((left..right).log_scale(), (low..high).log_scale())?;
        chart
            .configure_mesh()
            .x_desc(over)
            .y_desc(unit)
            .x_label_formatter(&|value| tick(*value))
            .y_label_formatter(&|value| tick(*value))
            .light_line_style(PAPER)
            .bold_line_style(GRID)
            .axis_style(INK)
            .label_style((FONT, 17).into_font().color(&INK))
            .axis_desc_style((FONT, 17).into_font().color(&INK))
            .draw()?;
        for ((name, points), colour) in series.iter().zip(COLOURS.iter().cycle()) {
            let colour = if name.starts_with('/') { &YARDSTICK } else { colour };
            let line = LineSeries::new(points.iter().copied(), colour.stroke_width(2)).point_size(3);
            let colour = *colour;
            chart
                .draw_series(line)?
                .label(*name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 22, y)], colour.stroke_width(3)));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(PAPER)
            .border_style(GRID)
            .label_font((FONT, 17).into_font().color(&INK))
            .draw()?;
        area.present()?;
    }
    Ok(Some(drawing))
}

fn points(table: &Table, name: &str) -> Vec<(f64, f64)> {
    let Some(at) = table.columns.iter().position(|column| column.name == name) else { return Vec::new() };
    let number = |text: &str| text.replace(',', "").parse::<f64>().ok().filter(|number| *number > 0.0);
    let value = |line: &crate::table::Line| line.cells.get(at).copied().flatten().filter(|value| *value > 0.0);
    table.lines.iter().filter_map(|line| Some((number(&line.name)?, value(line)?))).collect()
}
