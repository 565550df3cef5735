//! Plots: shares of tasks against what varies, networks beside plain search, solved and right on unseen states.

use crate::experiments::Point;
use plotters::prelude::*;
use std::error::Error;
use std::path::Path;

/// What of a point a line shows.
type Count = fn(&Point) -> usize;

/// Draws one experiment.
pub fn draw(path: &Path, varies: &str, points: &[(usize, Point)]) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(path, (640, 400)).into_drawing_area();
    area.fill(&WHITE)?;
    // Values stand at even distances; pools differ by powers of ten.
    let last = points.len().saturating_sub(1) as f64;
    let mut chart = ChartBuilder::on(&area)
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(50)
        .build_cartesian_2d(-0.2..last + 0.2, 0.0..105.0)?;
    let label = |at: &f64| {
        let near = (at - at.round()).abs() < 1e-6;
        near.then(|| points.get(at.round() as usize)).flatten().map_or(String::new(), |point| point.0.to_string())
    };
    chart
        .configure_mesh()
        .x_desc(varies)
        .y_desc("% of the tasks")
        .x_labels(points.len() * 2)
        .x_label_formatter(&label)
        .draw()?;
    let lines: [(&str, RGBColor, Count); 4] = [
        ("networks: solved", BLUE, |point| point.networks.solved),
        ("networks: right on unseen states", CYAN, |point| point.networks.right),
        ("plain search: solved", RED, |point| point.plain.solved),
        ("plain search: right on unseen states", MAGENTA, |point| point.plain.right),
    ];
    for (name, color, what) in lines {
        let place = |(at, (_, point)): (usize, &(usize, Point))| {
            (at as f64, 100.0 * what(point) as f64 / point.tasks.max(1) as f64)
        };
        let line: Vec<(f64, f64)> = points.iter().enumerate().map(place).collect();
        chart
            .draw_series(LineSeries::new(line.clone(), color.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
        chart.draw_series(line.into_iter().map(|at| Circle::new(at, 3, color.filled())))?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerLeft)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()?;
    area.present()?;
    Ok(())
}
