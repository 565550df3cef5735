//! The client: takes a command line of `iocc`, looks whether the cluster fits, and lets it do the work.

use crate::roster::{self, Roster};
use crate::{functions, share};
use ballista::prelude::{SessionConfigExt, SessionContextExt};
use ballista_core::config::BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK;
use datafusion::prelude::{SessionConfig, SessionContext};
use iocc::cli::query::{self, Printer};
use iocc::cli::{self, Cli, Command, Context, Failure};
use iocc::query::{Error, allowed, configure, register, stream};
use std::ffi::OsString;
use tokio::runtime::Runtime;

/// Arguments of the client.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scheduler's address
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50050")]
    scheduler: String,
    /// What to do: `gen`, `exec`, `query` or `eval` with all that `iocc` takes after them
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    command: Vec<OsString>,
}

/// Partitions of a question for each core: what gets lost with an executor is one of them.
const PARTITIONS: usize = 4;

/// Lets the cluster do it; gives the exit code.
pub fn run(args: Args) -> u8 {
    let Cli { options, command } = match cli::parse(std::iter::once("iocc".into()).chain(args.command.clone())) {
        Ok(cli) => cli,
        Err(code) => return code,
    };
    let context = options.context();
    let done = context.start().and_then(|()| match &command {
        Command::Query(question) => ask(question, &args.scheduler, &context),
        work => share(work, &args, &context),
    });
    done.unwrap_or_else(|failure| context.fail(&failure))
}

/// A question, whose answer is printed as `iocc query` prints it.
fn ask(question: &query::Args, scheduler: &str, context: &Context) -> Result<u8, Failure> {
    let roster = roster::cluster(scheduler)?;
    let mut printer = Printer::new(question.format, context);
    Runtime::new()?.block_on(async {
        let session = session(scheduler, &roster).await?;
        register(&session, &question.corpus)?;
        let frame = session.sql_with_options(&question.sql, allowed()).await.map_err(Error::from)?;
        stream(frame, &mut |batch| printer.write(batch)).await?;
        printer.finish()?;
        Ok(0)
    })
}

/// Work that is done in parts and merged.
fn share(work: &Command, args: &Args, context: &Context) -> Result<u8, Failure> {
    // What is wrong with the command itself is told first, and needs no cluster.
    let shares = work.shares()?;
    if !shares.done {
        let roster = roster::cluster(&args.scheduler)?;
        std::fs::create_dir_all(&shares.folder).map_err(|error| Failure::file(&shares.folder, &error))?;
        let text = |argument: &OsString| argument.clone().into_string();
        let arguments = args.command.iter().map(text).collect::<Result<Vec<_>, _>>();
        let arguments = arguments.map_err(|argument| {
            Failure::new(format!("{}: not Unicode, which arguments of a cluster's must be", argument.display()))
        })?;
        Runtime::new()?.block_on(async {
            let session = session(&args.scheduler, &roster).await?;
            share::parts(&session, &args.scheduler, &arguments, &shares, &roster, context).await
        })?;
    }
    let mut merge: Vec<OsString> = vec!["iocc".into(), "merge".into(), shares.folder.into()];
    merge.extend(context.json.then(|| "--json".into()));
    match cli::parse(merge) {
        Ok(Cli { command, .. }) => command.run(context),
        Err(code) => Err(Failure::Told(code)),
    }
}

/// A session of the scheduler's.
async fn session(scheduler: &str, roster: &Roster) -> Result<SessionContext, Failure> {
    let config = configure(SessionConfig::new_with_ballista(), PARTITIONS * roster.cores)
        .set_usize(BALLISTA_SCHEDULER_MAX_PARTITIONS_PER_TASK, 1);
    let told = |error| Failure::from(Error::from(error));
    let state = functions::session(config).map_err(told)?;
    let session = SessionContext::remote_with_state(&format!("df://{scheduler}"), state).await.map_err(told)?;
    // What was registered before is lost on the way.
    functions::all().into_iter().for_each(|function| session.register_udf(function));
    Ok(session)
}
