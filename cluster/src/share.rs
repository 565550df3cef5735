//! Work that is done in parts: each is one query to the scheduler, whose only task an executor runs. The client keeps some
//! more parts on their way than there are cores, asks again for a part that got lost with its executor, and merges when
//! all are there, as `iocc merge` does.

use crate::part::{self, Fate, Part};
use crate::roster::{self, Roster};
use datafusion::arrow::array::AsArray;
use datafusion::prelude::{SessionContext, lit};
use futures::{StreamExt, stream};
use iocc::cli::{Context, Failure, Shares};
use std::time::Duration;

/// How often a part is tried whose executor or child process ended.
const TRIES: u32 = 4;
/// Before it is tried again.
const PAUSE: Duration = Duration::from_secs(2);
/// Parts on their way for each core: an executor should not wait for the client.
const AHEAD: usize = 2;

/// Why a part is not there.
enum Lost {
    /// It can't be done.
    For(Failure),
    /// Somebody ended; once more.
    Once(String),
}

/// Lets the cluster do all parts of a command.
pub async fn parts(
    session: &SessionContext,
    scheduler: &str,
    arguments: &[String],
    shares: &Shares,
    roster: &Roster,
    context: &Context,
) -> Result<(), Failure> {
    let folder = std::env::current_dir()?;
    let bar = context.progress(u64::from(shares.parts), "parts");
    let all = (0..shares.parts).map(|index| {
        let part = Part { folder: folder.clone(), arguments: arguments.to_vec(), index, of: shares.parts };
        one(session, scheduler, part)
    });
    let mut running = stream::iter(all).buffer_unordered(AHEAD * roster.cores);
    while let Some(done) = running.next().await {
        done?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

/// One part, tried again where it got lost.
async fn one(session: &SessionContext, scheduler: &str, part: Part) -> Result<(), Failure> {
    let mut why = String::new();
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        match ask(session, &part).await {
            Ok(()) => return Ok(()),
            Err(Lost::For(failure)) => return Err(failure),
            Err(Lost::Once(reason)) => why = reason,
        }
    }
    // Where the whole cluster is gone, that is what to tell.
    tokio::task::block_in_place(|| roster::cluster(scheduler))?;
    let message = format!("part {} of {} got lost {TRIES} times: {why}", part.index, part.of);
    Err(Failure::new(message).help("what is whole is kept; the same command goes on from there"))
}

async fn ask(session: &SessionContext, part: &Part) -> Result<(), Lost> {
    let text = serde_json::to_string(part).map_err(|error| Lost::For(Failure::new(error.to_string())))?;
    let lost = |error: datafusion::common::DataFusionError| Lost::Once(iocc::query::Error::from(error).to_string());
    let frame = session.read_empty().and_then(|frame| frame.select(vec![part::function().call(vec![lit(text)])]));
    let batches = frame.map_err(lost)?.collect().await.map_err(lost)?;
    let answer = batches.iter().find(|batch| batch.num_rows() > 0);
    let answer = answer.and_then(|batch| batch.column(0).as_string_opt::<i32>()).map(|column| column.value(0));
    let fate = answer.and_then(|answer| serde_json::from_str(answer).ok());
    match fate {
        Some(Fate::Done) => Ok(()),
        // An executor that was given up for lost may still be at it.
        Some(Fate::Failed(said)) if said.contains("another process is writing it") => Err(Lost::Once(said)),
        Some(Fate::Failed(said)) => Err(Lost::For(told(&said))),
        Some(Fate::Died(said)) => Err(Lost::Once(said)),
        None => Err(Lost::Once("the executor gave no answer".to_owned())),
    }
}

/// What a child said as a failure of ours: its last error, with the help below it.
fn told(said: &str) -> Failure {
    let from = said.rfind("error: ").map_or(0, |at| at + "error: ".len());
    match said[from..].split_once("\nhelp: ") {
        Some((message, help)) => Failure::new(message.trim()).help(help.trim()),
        None => Failure::new(said[from..].trim()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_child_says_is_told_again() {
        let both = |failure| match failure {
            Failure::Message { message, help } => (message, help),
            other => panic!("{other:?}"),
        };
        let said = "warning: old\nerror: out: no space left on device\nhelp: make room";
        assert_eq!(both(told(said)), ("out: no space left on device".into(), Some("make room".into())));
        assert_eq!(both(told("killed")), ("killed".into(), None));
    }
}
