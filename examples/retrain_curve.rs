//! Accuracy against training size, before and after rounds of retraining: reads the `rounds.jsonl` of the folders that
//! `iocc retrain` wrote and writes `curve.md`, `curve.csv` and `curve.svg`. `make retrain-curve` does all of it.
//!
//!     retrain_curve OUT DIR...
//!
//! Folders whose training sets have the same size are seeds of one point, and are counted together.

use iocc::eval::Share;
use iocc::eval::groups;
use iocc::eval::plot::{Axis, Chart, Point, Series};
use iocc::retrain::{Counts, Round};
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What all runs of one size and round gave together.
#[derive(Default)]
struct Sum {
    runs: usize,
    right: Share,
    solved: Share,
    equal: Share,
    replaced: Counts,
    least: f64,
    most: f64,
}

type Table = BTreeMap<(usize, u32), Sum>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let out = arguments.next().ok_or("usage: retrain_curve OUT DIR...")?;
    let mut table = Table::new();
    for folder in arguments {
        add(&mut table, &folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    if table.is_empty() {
        return Err("usage: retrain_curve OUT DIR...".into());
    }
    let chart = chart(&table);
    let text = markdown(&table);
    std::fs::create_dir_all(&out)?;
    std::fs::write(out.join("curve.svg"), chart.svg())?;
    std::fs::write(out.join("curve.csv"), groups::csv(std::slice::from_ref(&chart)))?;
    std::fs::write(out.join("curve.md"), &text)?;
    print!("{text}");
    Ok(())
}

fn add(table: &mut Table, folder: &Path) -> Result<(), Box<dyn Error>> {
    let text = std::fs::read_to_string(folder.join("rounds.jsonl"))?;
    let rounds = text.lines().map(serde_json::from_str).collect::<Result<Vec<Round>, _>>()?;
    let size = rounds.first().ok_or("there is no round")?.tasks;
    for round in rounds {
        let accuracy = round.accuracy.ok_or("the configuration names no `retrain.tasks`")?;
        let sum = table.entry((size, round.round)).or_default();
        let percent = accuracy.generalises.percent().unwrap_or(0.0);
        (sum.least, sum.most) =
            if sum.runs == 0 { (percent, percent) } else { (sum.least.min(percent), sum.most.max(percent)) };
        sum.runs += 1;
        for (sum, own) in [
            (&mut sum.right, accuracy.generalises),
            (&mut sum.solved, accuracy.solved),
            (&mut sum.equal, accuracy.equivalent),
        ] {
            (sum.count, sum.of) = (sum.count + own.count, sum.of + own.of);
        }
        sum.replaced += round.replaced.unwrap_or_default();
    }
    Ok(())
}

fn chart(table: &Table) -> Chart {
    let last = table.keys().map(|(_, round)| *round).max().unwrap_or(0);
    let series = (0..=last).map(|round| {
        let own = table.iter().filter(|((_, of), _)| *of == round);
        let points = own.map(|((size, _), sum)| Point { x: *size as f64, share: sum.right }).collect();
        Series { name: format!("{round} rounds"), points }
    });
    Chart {
        file: "curve",
        title: "Tasks solved, held-out examples included, by training programs".into(),
        axis: Axis::Log("programs".into()),
        series: series.collect(),
    }
}

fn markdown(table: &Table) -> String {
    let mut text = String::from(
        "| programs | rounds | runs | solved | generalises (95 %; from, to) | equivalent | replaced | mean length | with loops |\n\
         |---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for ((size, round), sum) in table {
        let percent = |share: Share| share.percent().map_or("-".into(), |percent| format!("{percent:.1} %"));
        let (low, high) = sum.right.interval().unwrap_or_default();
        let range = format!("{low:.1} to {high:.1}; {:.1}, {:.1}", sum.least, sum.most);
        let Counts { tasks, replaced, tokens_before, tokens_after, loops_before, loops_after } = sum.replaced;
        let of = |part: u64| part as f64 / tasks.max(1) as f64;
        let change = if tasks == 0 {
            "- | - | -".to_owned()
        } else {
            format!(
                "{:.1} % | {:.1} to {:.1} | {:.1} % to {:.1} %",
                100.0 * of(replaced),
                of(tokens_before),
                of(tokens_after),
                100.0 * of(loops_before),
                100.0 * of(loops_after)
            )
        };
        let (solved, right, equal) = (percent(sum.solved), percent(sum.right), percent(sum.equal));
        writeln!(text, "| {size} | {round} | {} | {solved} | {right} ({range}) | {equal} | {change} |", sum.runs)
            .expect("a string takes all");
    }
    text
}
