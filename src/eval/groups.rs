//! Scores by what their tasks are like: how long the source is, what steers it, and how many candidates it took.

use super::plot::{Axis, Chart, Point, Series};
use super::table::{field, share};
use super::{Score, Share};
use crate::task::AnyTask;
use crate::token::Lexer;
use serde::{Deserialize, Serialize};

/// Source tokens of a group.
const LENGTH: usize = 20;
/// Longer sources are one group.
const LONGEST: usize = 120;

/// What steers a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flow {
    /// Nothing.
    Straight,
    /// Choices alone.
    Choices,
    /// Loops alone.
    Loops,
    /// Both.
    Both,
}

impl Flow {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Straight, Self::Choices, Self::Loops, Self::Both];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Straight => "straight",
            Self::Choices => "if",
            Self::Loops => "loop",
            Self::Both => "loop and if",
        }
    }
}

/// What is known of a task from its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Tokens of the source.
    pub tokens: usize,
    /// What steers it.
    pub flow: Flow,
}

impl Facts {
    /// `None` without a source. In x86 programs any jump counts as a choice.
    pub fn of(task: &AnyTask) -> Option<Self> {
        let lexer = Lexer::of(task.language().name())?;
        let tokens = lexer.tokens(task.source()?);
        let x86 = matches!(task, AnyTask::X86(_));
        let any = |words: &[&str]| tokens.iter().any(|token| words.contains(&token.text));
        let jumps = x86 && tokens.iter().any(|token| token.text.starts_with('j'));
        let loops = any(&["for", "while", "do", "WHILE", "REPEAT"]);
        let flow = match (any(&["if", "switch", "IF", "IFELSE"]) || jumps, loops) {
            (false, false) => Flow::Straight,
            (true, false) => Flow::Choices,
            (false, true) => Flow::Loops,
            (true, true) => Flow::Both,
        };
        Some(Self { tokens: tokens.len(), flow })
    }
}

/// A method's scores, one a task.
pub struct Scored<'a> {
    /// The method.
    pub name: &'a str,
    /// In the order of the tasks.
    pub scores: &'a [Score],
}

/// All charts of a comparison. `facts` has one for each task.
pub fn charts(methods: &[Scored], facts: &[Option<Facts>]) -> Vec<Chart> {
    let by = |group: &dyn Fn(&Facts) -> usize, count: usize| -> Vec<Series> {
        let series = |method: &Scored| {
            let of = |wanted: usize| {
                let pairs = method.scores.iter().zip(facts);
                let own = pairs.filter(|(_, facts)| facts.as_ref().map(group) == Some(wanted));
                Share::of(own.map(|(score, _)| score.right()))
            };
            let points = (0..count).map(|wanted| Point { x: wanted as f64, share: of(wanted) });
            Series { name: method.name.to_owned(), points: points.collect() }
        };
        methods.iter().map(series).collect()
    };
    let lengths = LONGEST / LENGTH;
    let length = |facts: &Facts| (facts.tokens.saturating_sub(1) / LENGTH).min(lengths);
    let names = (0..lengths).map(|group| format!("{}-{}", group * LENGTH + 1, (group + 1) * LENGTH));
    let lengths_axis = Axis::Groups(names.chain([format!("> {LONGEST}")]).collect());
    let flows = Axis::Groups(Flow::ALL.map(|flow| flow.name().to_owned()).to_vec());
    let whole = methods.iter().enumerate().map(|(at, method)| {
        let share = Share::of(method.scores.iter().map(Score::right));
        Series { name: method.name.to_owned(), points: vec![Point { x: at as f64, share }] }
    });
    vec![
        Chart {
            file: "rows",
            title: "Tasks solved, held-out examples included".into(),
            axis: Axis::Groups(methods.iter().map(|method| method.name.to_owned()).collect()),
            series: whole.collect(),
        },
        Chart {
            file: "length",
            title: "By the length of the source, in tokens".into(),
            axis: lengths_axis,
            series: by(&length, lengths + 1),
        },
        Chart {
            file: "control-flow",
            title: "By the control flow of the source".into(),
            axis: flows,
            series: by(&|facts| facts.flow as usize, Flow::ALL.len()),
        },
        Chart {
            file: "candidates",
            title: "By the candidates tried until the program was found".into(),
            axis: Axis::Log("candidates at most".into()),
            series: candidates(methods),
        },
    ]
}

/// Which share is right with a program that was found among the first so many candidates.
fn candidates(methods: &[Scored]) -> Vec<Series> {
    let solved = methods.iter().flat_map(|method| method.scores).filter(|score| score.solved);
    let most = solved.map(|score| score.candidates).max().unwrap_or(1).max(1);
    let mut at: Vec<u64> = (0..63).map(|power| 1 << power).take_while(|count| *count < most).collect();
    at.push(most);
    let series = |method: &Scored| {
        let within = |score: &Score, count| Some(score.right() == Some(true) && score.candidates <= count);
        let share = |count| Share::of(method.scores.iter().map(|score| within(score, count)));
        let points = at.iter().map(|count| Point { x: *count as f64, share: share(*count) });
        Series { name: method.name.to_owned(), points: points.collect() }
    };
    methods.iter().map(series).collect()
}

/// The numbers of a chart as a Markdown table with counts and 95 % intervals, one row a method.
pub fn markdown(chart: &Chart) -> String {
    let columns = chart.columns();
    let mut text = format!(
        "## {}\n\n| method | {} |\n|---|",
        chart.title,
        columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" | ")
    );
    text.push_str(&"---:|".repeat(columns.len()));
    text.push('\n');
    for series in &chart.series {
        let cell = |x: f64| {
            let point = series.points.iter().find(|point| point.x == x);
            point.map_or_else(String::new, |point| match point.share.interval() {
                Some((low, high)) => format!("{}, {low:.1} to {high:.1}", share(point.share)),
                None => "-".to_owned(),
            })
        };
        let cells: Vec<String> = columns.iter().map(|(_, x)| cell(*x)).collect();
        text.push_str(&format!("| {} | {} |\n", series.name, cells.join(" | ")));
    }
    text
}

/// The numbers of charts for a spreadsheet, a line a point.
pub fn csv(charts: &[Chart]) -> String {
    let mut text = String::from("chart,method,at,right,of,percent,low,high\n");
    for chart in charts {
        let names = chart.columns();
        for series in &chart.series {
            for Point { x, share } in &series.points {
                let name = names.iter().find(|(_, at)| at == x).map_or("", |(name, _)| name);
                let percent = share.percent().map_or_else(String::new, |percent| format!("{percent:.3}"));
                let (low, high) = share
                    .interval()
                    .map_or_else(Default::default, |(low, high)| (format!("{low:.3}"), format!("{high:.3}")));
                let Share { count, of } = share;
                let (method, at) = (field(&series.name), field(name));
                text.push_str(&format!("{},{method},{at},{count},{of},{percent},{low},{high}\n", chart.file));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::parse_json;

    fn facts(body: &str) -> Facts {
        let line = serde_json::json!({
            "source": format!("int * func_1(int a[]) {{ {body} return a; }}"),
            "examples": [{"input": [0, 0, 0, 0, 0], "output": [0, 0, 0, 0, 0]}],
        });
        Facts::of(&parse_json(&line.to_string(), "t").expect("a task")).expect("a source")
    }

    #[test]
    fn control_flow_is_read_off_the_source() {
        assert_eq!(facts("a[0] = 1;"), Facts { tokens: 21, flow: Flow::Straight });
        assert_eq!(facts("if (a[0]) a[1] = 1;").flow, Flow::Choices);
        let each = "for (int p_0 = 0; p_0 < 5; p_0++)";
        assert_eq!(facts(&format!("{each} a[p_0] = 1;")).flow, Flow::Loops);
        assert_eq!(facts(&format!("{each} if (a[p_0]) a[p_0] = 1;")).flow, Flow::Both);
    }

    #[test]
    fn charts_count_every_task_once() {
        let score = |right: bool, candidates: u64| Score {
            solved: true,
            generalises: Some(right),
            candidates,
            ..Score::default()
        };
        let scores =
            [score(true, 1), score(false, 2), score(true, 5), Score { generalises: Some(false), ..Score::default() }];
        let facts = [(10, Flow::Straight), (20, Flow::Straight), (21, Flow::Both), (500, Flow::Both)]
            .map(|(tokens, flow)| Some(Facts { tokens, flow }));
        let charts = charts(&[Scored { name: "m", scores: &scores }], &facts);
        let shares = |chart: usize| -> Vec<(usize, usize)> {
            charts[chart].series[0].points.iter().map(|point| (point.share.count, point.share.of)).collect()
        };
        assert_eq!(shares(0), [(2, 4)]);
        assert_eq!(shares(1), [(1, 2), (1, 1), (0, 0), (0, 0), (0, 0), (0, 0), (0, 1)]);
        assert_eq!(shares(2), [(1, 2), (0, 0), (0, 0), (1, 2)]);
        assert_eq!(charts[3].series[0].points.iter().map(|point| point.x).collect::<Vec<_>>(), [1.0, 2.0, 4.0, 5.0]);
        assert_eq!(shares(3), [(1, 4), (1, 4), (1, 4), (2, 4)]);
        assert!(markdown(&charts[2]).contains("| m | 50.0 % (1/2), 9.5 to 90.5 | - | - | 50.0 % (1/2), 9.5 to 90.5 |"));
        assert!(csv(&charts).contains("length,m,21-40,1,1,100.000,20.655,100.000\n"));
    }
}
