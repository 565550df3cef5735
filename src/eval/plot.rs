//! Charts of shares as SVG: dots with 95 % intervals over groups, and lines over counts.

use super::Share;
use plotters::coord::types::RangedCoordf64;
use plotters::coord::{CoordTranslate, Shift};
use plotters::prelude::*;

/// A chart and its numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Its file's name, without extension.
    pub file: &'static str,
    /// What it shows.
    pub title: String,
    /// What stands below.
    pub axis: Axis,
    /// One for each method.
    pub series: Vec<Series>,
}

/// What the numbers on the horizontal axis are.
#[derive(Clone, Debug, PartialEq)]
pub enum Axis {
    /// 0, 1, 2, ..: the groups of these names.
    Groups(Vec<String>),
    /// Counts, on a logarithmic scale; what they count.
    Log(String),
}

/// The points of one method.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The method.
    pub name: String,
    /// From left to right.
    pub points: Vec<Point>,
}

/// A share at a place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Where.
    pub x: f64,
    /// What.
    pub share: Share,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Failed<'a> = DrawingAreaErrorKind<<SVGBackend<'a> as DrawingBackend>::ErrorType>;

const SIZE: (u32, u32) = (860, 460);
/// Pixels left of, below and above the plot; the legend takes what `LEGEND` says on the right.
const MARGIN: (i32, i32, i32) = (50, 60, 40);
const LEGEND: i32 = 200;

/// Told apart by people who see few colours, too (after Okabe and Ito).
const COLORS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
    RGBColor(150, 140, 30),
];

fn color(number: usize) -> RGBColor {
    COLORS[number % COLORS.len()]
}

impl Chart {
    /// The places of all points with their names, from left to right.
    pub fn columns(&self) -> Vec<(String, f64)> {
        match &self.axis {
            Axis::Groups(names) => names.iter().enumerate().map(|(at, name)| (name.clone(), at as f64)).collect(),
            Axis::Log(_) => {
                let mut all: Vec<f64> = self.series.iter().flat_map(|it| &it.points).map(|point| point.x).collect();
                all.sort_by(f64::total_cmp);
                all.dedup();
                all.into_iter().map(|x| (x.to_string(), x)).collect()
            }
        }
    }

    /// The chart as SVG.
    pub fn svg(&self) -> String {
        let mut text = String::new();
        {
            let area = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
            self.draw(&area).and_then(|()| area.present()).expect("a text takes all that is drawn");
        }
        text
    }

    fn draw<'a>(&self, area: &Area<'a>) -> Result<(), Failed<'a>> {
        area.fill(&WHITE)?;
        area.draw(&Text::new(self.title.clone(), (MARGIN.0, 12), ("sans-serif", 17)))?;
        let columns = self.columns();
        let scale = Scale::new(self, &columns);
        self.draw_frame(area, &scale, &columns)?;
        for (number, series) in self.series.iter().enumerate() {
            let shift = self.shift(number);
            let places: Vec<(i32, Point)> = series
                .points
                .iter()
                .filter(|point| point.share.of > 0)
                .map(|point| (scale.x(point.x + shift), *point))
                .collect();
            if matches!(self.axis, Axis::Log(_)) {
                let line: Vec<(i32, i32)> =
                    places.iter().map(|(x, point)| (*x, scale.y(percent(point.share)))).collect();
                area.draw(&PathElement::new(line, color(number).stroke_width(2)))?;
            }
            for (x, point) in places {
                dot(area, &scale, x, point.share, number)?;
                let told = matches!(self.axis, Axis::Groups(_)) && self.denominator(point.x).is_some();
                if !told {
                    let low = scale.y(point.share.interval().unwrap_or_default().0);
                    let font = ("sans-serif", 9).into_font().color(&color(number));
                    area.draw(&Text::new(point.share.of.to_string(), (x - 7, low + 3), font))?;
                }
            }
            self.draw_legend(area, number)?;
        }
        Ok(())
    }

    /// Dots of one group stand beside each other.
    fn shift(&self, number: usize) -> f64 {
        let alone = self.series.iter().all(|series| series.points.len() == 1);
        match self.axis {
            Axis::Groups(_) if !alone => (number as f64 + 0.5) / self.series.len() as f64 * 0.7 - 0.35,
            _ => 0.0,
        }
    }

    fn draw_frame<'a>(&self, area: &Area<'a>, scale: &Scale, columns: &[(String, f64)]) -> Result<(), Failed<'a>> {
        for level in (0..=100).step_by(20) {
            let y = scale.y(f64::from(level));
            area.draw(&PathElement::new([(scale.left, y), (scale.right, y)], RGBColor(215, 215, 215)))?;
            area.draw(&Text::new(format!("{level} %"), (6, y - 6), ("sans-serif", 13)))?;
        }
        let room = ((scale.right - scale.left) / columns.len().max(1) as i32).max(1);
        for (number, (name, x)) in columns.iter().enumerate() {
            // Names that would run into each other take turns on two lines.
            let width = name.chars().count() as i32 * 7;
            let line = if width > room { number as i32 % 2 } else { 0 };
            let place = (scale.x(*x) - width / 2, scale.bottom + 8 + 15 * line);
            area.draw(&Text::new(name.clone(), place, ("sans-serif", 13)))?;
            if let (Axis::Groups(_), Some(of)) = (&self.axis, self.denominator(*x)) {
                area.draw(&Text::new(format!("of {of}"), (scale.x(*x) - 14, scale.bottom + 38), ("sans-serif", 11)))?;
            }
        }
        if let Axis::Log(what) = &self.axis {
            let place = ((scale.left + scale.right) / 2 - 40, scale.bottom + 40);
            area.draw(&Text::new(what.clone(), place, ("sans-serif", 13)))?;
        }
        Ok(())
    }

    /// What the shares at a place are of, where that is the same for all methods that are there.
    fn denominator(&self, x: f64) -> Option<usize> {
        let all = self.series.iter().flat_map(|series| &series.points).filter(|point| point.x == x);
        let mut all: Vec<usize> = all.map(|point| point.share.of).collect();
        all.dedup();
        if let [of] = all[..] { Some(of) } else { None }
    }

    fn draw_legend<'a>(&self, area: &Area<'a>, number: usize) -> Result<(), Failed<'a>> {
        let (x, y) = (SIZE.0 as i32 - LEGEND + 14, MARGIN.2 + 8 + 20 * number as i32);
        area.draw(&marker((x, y), number))?;
        area.draw(&Text::new(self.series[number].name.clone(), (x + 10, y - 6), ("sans-serif", 13)))
    }
}

/// A dot with its interval.
fn dot<'a>(area: &Area<'a>, scale: &Scale, x: i32, share: Share, number: usize) -> Result<(), Failed<'a>> {
    let Some((low, high)) = share.interval() else { return Ok(()) };
    let (low, high) = (scale.y(low), scale.y(high));
    area.draw(&PathElement::new([(x, low), (x, high)], color(number)))?;
    for end in [low, high] {
        area.draw(&PathElement::new([(x - 3, end), (x + 3, end)], color(number)))?;
    }
    area.draw(&marker((x, scale.y(percent(share))), number))
}

/// The dot of a method: filled, and hollow where the colours begin anew.
fn marker(at: (i32, i32), number: usize) -> Circle<(i32, i32), i32> {
    let hollow = number / COLORS.len() % 2 == 1;
    let style = if hollow { color(number).stroke_width(2) } else { color(number).filled() };
    Circle::new(at, 4, style)
}

fn percent(share: Share) -> f64 {
    share.percent().unwrap_or(0.0)
}

/// From shares and places to pixels.
struct Scale {
    left: i32,
    right: i32,
    bottom: i32,
    plane: Cartesian2d<RangedCoordf64, RangedCoordf64>,
    logarithmic: bool,
}

impl Scale {
    fn new(chart: &Chart, columns: &[(String, f64)]) -> Self {
        let logarithmic = matches!(chart.axis, Axis::Log(_));
        let (left, right) = (MARGIN.0, SIZE.0 as i32 - LEGEND);
        let (top, bottom) = (MARGIN.2, SIZE.1 as i32 - MARGIN.1);
        let ends = |x: Option<&(String, f64)>| x.map_or(1.0, |(_, x)| *x);
        let (first, last) = (ends(columns.first()), ends(columns.last()));
        let range = if logarithmic { first.ln() - 0.2..last.ln() + 0.2 } else { -0.5..columns.len() as f64 - 0.5 };
        let plane = Cartesian2d::new(range, 0.0..100.0, (left..right, bottom..top));
        Self { left, right, bottom, plane, logarithmic }
    }

    fn x(&self, x: f64) -> i32 {
        self.plane.translate(&(if self.logarithmic { x.ln() } else { x }, 0.0)).0
    }

    fn y(&self, percent: f64) -> i32 {
        self.plane.translate(&(0.0, percent)).1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(axis: Axis) -> Chart {
        let point = |x: f64, count| Point { x, share: Share { count, of: 40 } };
        let series = |name: &str| Series { name: name.into(), points: vec![point(1.0, 10), point(2.0, 30)] };
        Chart { file: "f", title: "a < b".into(), axis, series: vec![series("one"), series("two")] }
    }

    #[test]
    fn a_chart_shows_names_denominators_and_dots() {
        let groups = Axis::Groups(["zero", "first", "second"].map(str::to_owned).to_vec());
        for axis in [groups, Axis::Log("candidates".into())] {
            let svg = chart(axis.clone()).svg();
            assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
            assert!(svg.contains("a &lt; b"), "the title is not escaped");
            // Four points and two dots of the legend.
            assert_eq!(svg.matches("<circle").count(), 6);
            assert!(svg.contains("one") && svg.contains("two"));
            // Both methods share the denominator of a group; counts have it at each dot.
            let denominators = svg.lines().filter(|line| ["of 40", "40"].contains(line)).count();
            assert_eq!(denominators, if matches!(axis, Axis::Groups(_)) { 2 } else { 4 });
            let told = if let Axis::Log(what) = &axis { what } else { "second" };
            assert!(svg.contains(told));
        }
    }

    #[test]
    fn higher_shares_stand_higher() {
        let chart = chart(Axis::Log("n".into()));
        let scale = Scale::new(&chart, &chart.columns());
        assert!(scale.y(75.0) < scale.y(25.0) && scale.y(0.0) == scale.bottom);
        assert!(scale.left < scale.x(1.0) && scale.x(1.0) < scale.x(2.0) && scale.x(2.0) < scale.right);
    }
}
