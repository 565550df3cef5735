//! `iocc train`: trains a ranker or a neural network on a corpus; the latter needs the feature `torch`.

use super::file::model_kind;
use super::{Context, Failure};
use crate::rank;
use crate::store;
use std::path::PathBuf;

/// Arguments of `iocc train`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The training configuration
    #[arg(value_name = "CONFIG.toml")]
    config: PathBuf,
    /// Continue from the last checkpoint
    #[arg(long)]
    resume: bool,
    /// Do not train: write the weights of the best checkpoint, in half precision, with a description beside them
    #[arg(long, value_name = "FILE.safetensors")]
    export: Option<PathBuf>,
}

/// Trains what the configuration describes: a ranker, or a neural network.
pub fn run(args: &Args, context: &Context) -> Result<u8, Failure> {
    let text = std::fs::read_to_string(&args.config).map_err(|error| Failure::file(&args.config, &error))?;
    if model_kind(&text).as_deref() == Some(rank::KIND) {
        ranker(&text, args, context)
    } else {
        network(&text, args, context)
    }
}

/// Trains a ranker.
fn ranker(text: &str, args: &Args, context: &Context) -> Result<u8, Failure> {
    let config = rank::Config::from_toml(text).map_err(|message| Failure::config(&args.config, &message))?;
    let mut trainer = rank::Trainer::new(config, args.resume || args.export.is_some())?;
    if let Some(file) = &args.export {
        let (ranker, mut made) = trainer.finish()?;
        made["command"] = format!("iocc train {}", args.config.display()).into();
        made["commit"] = env!("IOCC_COMMIT").into();
        let (weights, sidecar) = ranker.to_bytes(made);
        store::write_described(file, &weights, &sidecar)?;
        return Ok(0);
    }
    context.note(&trainer.describe());
    let bar = context.progress(trainer.len() as u64, "tasks");
    bar.set_position(trainer.done() as u64);
    bar.reset_eta();
    trainer.run(|done, metrics| {
        bar.set_position(done as u64);
        if let Some(rank::Metrics { loss, first, ranked, any, seconds, .. }) = metrics {
            let said = format!("loss {loss:.4}, right: first {first:.2} %, ranked {ranked:.2} %, any {any:.2} %");
            if bar.is_hidden() {
                context.note(&format!("{done} tasks: {said}, {seconds:.0} s"));
            }
            bar.set_message(said);
        }
        true
    })?;
    bar.finish();
    Ok(0)
}

/// Trains a neural network.
#[cfg(not(feature = "torch"))]
fn network(_text: &str, _args: &Args, _context: &Context) -> Result<u8, Failure> {
    Err(Failure::no_torch())
}

/// Trains a neural network.
#[cfg(feature = "torch")]
fn network(text: &str, args: &Args, context: &Context) -> Result<u8, Failure> {
    use crate::model::{Trainer, TrainingConfig};
    let config = TrainingConfig::from_toml(text).map_err(|message| Failure::config(&args.config, &message))?;
    if let Some(file) = &args.export {
        return export(&config, args, file, context);
    }
    let mut trainer = Trainer::new(config, args.resume)?;
    context.note(&trainer.describe());
    let bar = context.progress(trainer.steps(), "steps");
    bar.set_position(trainer.steps_done());
    bar.reset_eta();
    let watched = !bar.is_hidden();
    trainer.run(|metrics| {
        bar.set_position(metrics.step);
        bar.set_message(format!(
            "loss {:.3}, {:.0} programs/s{}",
            metrics.loss,
            metrics.programs_per_second,
            metrics.validation_loss.map(|loss| format!(", validation {loss:.3}")).unwrap_or_default()
        ));
        if let (false, Some(loss)) = (watched, metrics.validation_loss) {
            context.note(&format!(
                "step {}: loss {:.4}, validation {loss:.4}, {:.0} programs/s, {:.0} s",
                metrics.step, metrics.loss, metrics.programs_per_second, metrics.seconds
            ));
        }
    })?;
    bar.finish();
    Ok(0)
}

#[cfg(feature = "torch")]
fn export(
    config: &crate::model::TrainingConfig,
    args: &Args,
    file: &std::path::Path,
    context: &Context,
) -> Result<u8, Failure> {
    use crate::model::Model;
    use crate::model::checkpoint::{self, State};
    let none = || Failure::no_checkpoint(&config.output);
    let best = checkpoint::best::<State>(&config.output)?.ok_or_else(none)?;
    let state = checkpoint::read_state::<State>(&best)?;
    let made = serde_json::json!({
        "command": format!("iocc train {}", args.config.display()),
        "commit": env!("IOCC_COMMIT"),
        "seed": state.config.seed,
        "config": state.config,
        "training_tasks": state.tasks,
        "steps": state.step,
        "minutes": (state.seconds / 6.0).round() / 10.0,
        "validation_loss": state.validation_loss,
        "validation_accuracy": state.validation_accuracy,
    });
    Model::load(&best).and_then(|model| model.export(file, made))?;
    context.note(&format!("{}: step {}, validation {:.4}", file.display(), state.step, state.validation_loss));
    Ok(0)
}
