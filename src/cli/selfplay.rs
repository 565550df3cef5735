//! `iocc selfplay`: trains networks for x86 on tasks that they make themselves (AutoAssemblet), exports them, and tells
//! what they solve, with the feature `torch`; trains the order in which beams take states of x86 on such tasks without it.

use super::file::model_kind;
use super::{Context, Failure};
use crate::selfplay::{OrderConfig, OrderMetrics, order};
use crate::store::Dtype;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `iocc selfplay`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run's configuration
    #[arg(value_name = "CONFIG.toml")]
    config: PathBuf,
    /// Continue from the last checkpoint
    #[arg(long)]
    resume: bool,
    /// Do not train: write the weights of the best checkpoint, in half precision, with a description beside them
    #[arg(long, value_name = "FILE.safetensors", conflicts_with_all = ["resume", "measure"])]
    export: Option<PathBuf>,
    /// Do not train: solve N fresh tasks of each length with the best checkpoint, without exhaustive search, and by
    /// exhaustive search beside it
    #[arg(long, value_name = "N", conflicts_with = "resume")]
    measure: Option<usize>,
}

/// Trains, exports or measures.
pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
    let text = std::fs::read_to_string(&args.config).map_err(|error| Failure::file(&args.config, &error))?;
    if model_kind(&text).as_deref() == Some(order::KIND) {
        ordered(&text, args, context)
    } else {
        networks(&text, args, context)
    }
}

/// Trains an order, or exports it.
fn ordered(text: &str, args: &Args, context: &Context) -> Result<u8, Failure> {
    let config = OrderConfig::from_toml(text).map_err(|message| Failure::config(&args.config, &message))?;
    if args.measure.is_some() {
        let help = "solve tasks with it: `iocc eval --tasks TASKS.jsonl --methods enumerate,default --order FILE`";
        return Err(Failure::new("--measure: an order of states solves nothing by itself").help(help));
    }
    let path = config.weights();
    if let Some(file) = &args.export {
        if !path.exists() {
            return Err(Failure::no_checkpoint(&config.output).help("train first, without this option"));
        }
        let (order, made) = order::load(&path)?;
        order::save(file, &order, Dtype::F16, made)?;
        return Ok(0);
    }
    if path.exists() {
        let done = || Failure::new(format!("{}: it was trained before", path.display()));
        return if args.resume { Ok(0) } else { Err(done().help("name another `output`, or export it")) };
    }
    let bar = context.progress(config.tasks() as u64, "tasks");
    let (order, metrics) = order::train(&config, |done| bar.set_position(done as u64))?;
    bar.finish();
    let OrderMetrics { tasks, steps, loss, first } = metrics;
    let made = json!({
        "command": format!("iocc selfplay {}", args.config.display()),
        "commit": env!("IOCC_COMMIT"),
        "seed": config.seed,
        "config": config,
        "tasks": tasks,
        "validation": { "steps": steps, "loss": loss, "first": first },
    });
    order::save(&path, &order, Dtype::F32, made)?;
    context.note(&format!(
        "{tasks} tasks; of {steps} other steps {first:.1} % come first among {} (loss {loss:.3})",
        config.others + 1
    ));
    Ok(0)
}

/// Trains, exports or measures networks.
#[cfg(not(feature = "torch"))]
fn networks(_text: &str, _args: &Args, _context: &Context) -> Result<u8, Failure> {
    Err(Failure::no_torch())
}

#[cfg(feature = "torch")]
use present::networks;

#[cfg(feature = "torch")]
mod present {
    use super::*;
    use crate::model::checkpoint;
    use crate::selfplay::{Case, Config, Learner, Metrics, PoolConfig, State, Trainer, measure};
    use std::io::Write;
    use std::path::Path;

    /// Tasks that are measured are drawn with this seed, which no run's pool has.
    const MEASURED: u64 = 0x4155_544f;

    /// Trains, exports or measures networks.
    pub fn networks(text: &str, args: &Args, context: &Context) -> Result<u8, Failure> {
        let config = Config::from_toml(text).map_err(|message| Failure::config(&args.config, &message))?;
        match (&args.export, args.measure) {
            (Some(file), _) => export(&config, args, file, context),
            (None, Some(tasks)) => table(&config, tasks, context),
            (None, None) => train(config, args, context),
        }
    }

    fn train(config: Config, args: &Args, context: &Context) -> Result<u8, Failure> {
        let mut trainer = Trainer::new(config, args.resume)?;
        context.note(&trainer.describe());
        let bar = context.progress(trainer.steps(), "steps");
        bar.set_position(trainer.steps_done());
        bar.reset_eta();
        let watched = !bar.is_hidden();
        trainer.run(|metrics| {
            let said = describe(metrics);
            bar.set_position(metrics.step);
            if !watched && metrics.validation.is_some() {
                context.note(&format!("step {}: {said}, {:.0} s", metrics.step, metrics.seconds));
            }
            bar.set_message(said);
        })?;
        bar.finish();
        Ok(0)
    }

    fn describe(metrics: &Metrics) -> String {
        let percent = |name: &str, share: Option<f64>| share.map(|share| format!("{name} {:.1} %", 100.0 * share));
        let parts = [
            metrics.imitation_loss.map(|loss| format!("imitation {loss:.3}")),
            percent("imitated", metrics.imitation_accuracy),
            percent("attempts", metrics.success),
            metrics.entropy.map(|entropy| format!("entropy {entropy:.2}")),
            percent("validation", metrics.validation),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn best(config: &Config) -> Result<PathBuf, Failure> {
        let none = || Failure::no_checkpoint(&config.output).help("train first, without this option");
        checkpoint::best::<State>(&config.output)?.ok_or_else(none)
    }

    fn export(config: &Config, args: &Args, file: &Path, context: &Context) -> Result<u8, Failure> {
        let path = best(config)?;
        let State { step, seconds, success, by_length, .. } = checkpoint::read_state(&path)?;
        let made = json!({
            "command": format!("iocc selfplay {}", args.config.display()),
            "commit": env!("IOCC_COMMIT"),
            "steps": step,
            "processor_minutes": (seconds / 6.0).round() / 10.0,
            "greedy_success": success,
            "greedy_success_by_length": by_length,
        });
        Learner::load(&path)?.export(file, made)?;
        context.note(&format!("{}: step {step}, {:.1} % by the likeliest moves", file.display(), 100.0 * success));
        Ok(0)
    }

    fn table(config: &Config, tasks: usize, context: &Context) -> Result<u8, Failure> {
        let path = best(config)?;
        let State { step, seconds, .. } = checkpoint::read_state(&path)?;
        let learner = Learner::load(&path)?;
        let mut out = std::io::stdout().lock();
        if !context.json {
            let (way, evaluations) = (config.solve.way, config.solve.evaluations);
            context.note(&format!(
                "{}: step {step}, {seconds:.0} s of processor time; {way:?}, at most {evaluations} states a task",
                path.display()
            ));
            writeln!(
                out,
                "| instructions | networks | states a task | seconds a task | plain search | seconds a task |"
            )?;
            writeln!(out, "|---|---|---|---|---|---|")?;
        }
        for length in config.pool.steps[0]..=config.pool.steps[1] {
            let pool = PoolConfig { tasks, steps: [length, length], ..config.pool.clone() };
            let cases = measure(&learner, &pool, MEASURED, &config.solve, true)
                .map_err(|error| Failure::new(error.to_string()))?;
            let count = |what: &dyn Fn(&Case) -> bool| cases.iter().filter(|case| what(case)).count();
            let mean = |what: &dyn Fn(&Case) -> f64| cases.iter().map(what).sum::<f64>() / tasks.max(1) as f64;
            let solved = [count(&|case| case.program.is_some()), count(&|case| case.plain.is_some_and(|it| it.0))];
            let evaluations = mean(&|case| case.evaluations as f64);
            let seconds = [mean(&|case| case.seconds), mean(&|case| case.plain.map_or(0.0, |it| it.1))];
            if context.json {
                let record = json!({
                    "instructions": length, "tasks": tasks, "networks": solved[0], "evaluations": evaluations,
                    "seconds": seconds[0], "plain": solved[1], "plain_seconds": seconds[1],
                });
                writeln!(out, "{record}")?;
                continue;
            }
            let [networks, plain] = solved.map(|solved| 100.0 * solved as f64 / tasks.max(1) as f64);
            writeln!(
                out,
                "| {length} | {networks:.1} % | {evaluations:.0} | {:.4} | {plain:.1} % | {:.4} |",
                seconds[0], seconds[1]
            )?;
        }
        Ok(0)
    }
}
