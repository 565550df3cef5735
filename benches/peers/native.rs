//! The peers, as programs of their own: `peers.c` is compiled by gcc, run, and prints what it measured. What is not
//! installed gives a reason instead.

use crate::common::Task;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

const HARNESS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/peers.c");

/// What a peer took for each program, in seconds; or why there is none.
pub type Times = Result<Vec<f64>, String>;

/// libtcc in memory: from source to ten runs, each program several times in a row, or the whole list several times.
pub fn libtcc(tasks: &[&Task], folder: &Path, in_a_row: bool) -> Times {
    let program = build(folder, "libtcc", &["-DTCC"], &["-ltcc", "-ldl", "-lpthread"])
        .map_err(|why| format!("no libtcc (Debian: libtcc-dev): {why}"))?;
    if in_a_row {
        return few_inputs(&program, tasks, folder, 9);
    }
    let mut least = few_inputs(&program, tasks, folder, 1)?;
    for _ in 1..5 {
        let again = few_inputs(&program, tasks, folder, 1)?;
        least.iter_mut().zip(again).for_each(|(least, again)| *least = least.min(again));
    }
    Ok(least)
}

/// `gcc -O0 -shared` and dlopen: from source to ten runs.
pub fn gcc(tasks: &[&Task], folder: &Path) -> Times {
    let program = build(folder, "gcc", &["-DGCC"], &["-ldl"])?;
    few_inputs(&program, tasks, folder, 1)
}

/// Functions compiled by `gcc -O2`, called in a loop on all inputs. `sums` has what our runs gave, as
/// [`checksum`] counts it.
pub fn limit(tasks: &[&Task], sums: &[u32], folder: &Path) -> Times {
    let mut text = String::new();
    for (number, task) in tasks.iter().enumerate() {
        let _ = writeln!(text, "{}", task.source.replace("func_1", &format!("f_{number}")));
    }
    let names: Vec<String> = (0..tasks.len()).map(|number| format!("f_{number}")).collect();
    let _ = writeln!(text, "int *(*const functions[])(int *) = {{{}}};", names.join(", "));
    let _ = writeln!(text, "const int count = {};", tasks.len());
    let source = folder.join("functions.c");
    std::fs::write(&source, text).map_err(|error| error.to_string())?;
    let source = source.to_string_lossy().into_owned();
    let program = build(folder, "limit", &["-DLIMIT", &source], &[])?;
    let output = run(&program, &[])?;
    let mut times = Vec::new();
    for (line, sum) in output.lines().zip(sums) {
        let (time, theirs) = line.split_once(' ').ok_or("two numbers a line are expected")?;
        if theirs.parse() != Ok(*sum) {
            return Err("gcc's function gives something else than ours".to_owned());
        }
        times.push(time.parse::<f64>().map_err(|error| error.to_string())? * 1e-9);
    }
    Ok(times)
}

/// What `peers.c` prints of arrays after all runs.
pub fn checksum(rows: &[i32]) -> u32 {
    (1u32..).zip(rows).fold(0, |sum, (place, value)| sum.wrapping_add((*value as u32).wrapping_mul(place)))
}

fn few_inputs(program: &str, tasks: &[&Task], folder: &Path, tries: u32) -> Times {
    let mut list = String::new();
    for task in tasks {
        let numbers: Vec<String> = task.rows.iter().map(i32::to_string).collect();
        let _ = writeln!(list, "{}\n{}\n{}", task.source.len(), task.source, numbers.join(" "));
    }
    let file = folder.join("list");
    std::fs::write(&file, list).map_err(|error| error.to_string())?;
    let output = run(program, &[&file.to_string_lossy(), &folder.to_string_lossy(), &tries.to_string()])?;
    let mut times = Vec::new();
    for (line, task) in output.lines().zip(tasks) {
        let mut words = line.split(' ');
        let time = words.next().and_then(|word| word.parse::<f64>().ok()).ok_or("a number is expected")?;
        let rows: Vec<i32> = words.filter_map(|word| word.parse().ok()).collect();
        if rows != task.outputs {
            return Err(format!("it gives other outputs for {}", task.source));
        }
        times.push(time * 1e-9);
    }
    if times.len() == tasks.len() { Ok(times) } else { Err("it stopped early".to_owned()) }
}

/// Compiles the harness; where it lies.
fn build(folder: &Path, name: &str, before: &[&str], after: &[&str]) -> Result<String, String> {
    let program = folder.join(name).to_string_lossy().into_owned();
    let mut gcc = Command::new("gcc");
    gcc.args(["-O2", "-w", "-o", &program]).args(before).arg(HARNESS).args(after);
    finish(gcc).map(|_| program)
}

fn run(program: &str, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(arguments);
    finish(command)
}

/// What a command printed; where it failed, the last line of what it said.
fn finish(mut command: Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().find(|line| line.contains("error")).or(said.lines().last()).unwrap_or("it fails").to_owned())
}
