//! An executor: Ballista's, which has iocc's functions. What runs programs of a corpus is a child process ([`crate::part`]);
//! questions run programs by the interpreter, which makes no machine code.

use crate::identity::Identity;
use crate::scheduler::taken;
use crate::{functions, roster};
use ballista_core::config::TaskSchedulingPolicy;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use iocc::cli::{Context, Failure, Options};
use std::io::Write;
use std::net::{IpAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

/// Arguments of an executor.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The scheduler's address
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:50050")]
    scheduler: String,
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    listen: IpAddr,
    /// The name under which others reach this machine [default: the address listened on]
    #[arg(long, value_name = "HOST")]
    name: Option<String>,
    /// The port for results; the next one takes work
    #[arg(long, value_name = "PORT", default_value_t = 50051, value_parser = clap::value_parser!(u16).range(1..=65_534))]
    port: u16,
    /// Cores to work on [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    cores: Option<u16>,
    /// The folder for answers to questions until they are fetched [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
}

/// Runs until it is stopped.
pub fn run(args: &Args) -> Result<u8, Failure> {
    let Args { scheduler, listen, name, port, cores, work } = args;
    let context: Context = Options { threads: *cores, ..Options::default() }.context();
    context.start()?;
    let failure = || Failure::new(format!("{scheduler}: not HOST:PORT"));
    let (host, scheduler_port) = scheduler.rsplit_once(':').ok_or_else(failure)?;
    let scheduler_port = scheduler_port.parse().map_err(|_| failure())?;
    roster::scheduler(scheduler)?;
    for port in [*port, *port + 1] {
        drop(TcpListener::bind((*listen, port)).map_err(|error| taken(&format!("{listen}:{port}"), &error))?);
    }
    // Held until the end, when the folder goes.
    let temporary = tempfile::tempdir()?;
    let work = work.as_deref().unwrap_or(temporary.path());
    std::fs::create_dir_all(work).map_err(|error| Failure::file(work, &error))?;
    let registry = functions::registry().map_err(|error| Failure::from(iocc::query::Error::from(error)))?;
    let config = ExecutorProcessConfig {
        executor_id: Identity::own().to_id(),
        bind_host: listen.to_string(),
        external_host: Some(name.clone().unwrap_or_else(|| listen.to_string())),
        port: *port,
        grpc_port: *port + 1,
        scheduler_host: host.to_owned(),
        scheduler_port,
        vcores: context.threads,
        task_scheduling_policy: TaskSchedulingPolicy::PushStaged,
        work_dir: Some(work.display().to_string()),
        executor_heartbeat_interval_seconds: 1,
        // Answers that nobody fetched.
        job_data_ttl_seconds: 3_600,
        job_data_clean_up_interval_seconds: 600,
        override_function_registry: Some(Arc::new(registry)),
        ..ExecutorProcessConfig::default()
    };
    let runtime = tokio::runtime::Runtime::new()?;
    writeln!(std::io::stdout().lock(), "working for {scheduler} on {} cores", context.threads)?;
    runtime
        .block_on(start_executor_process(Arc::new(config)))
        .map_err(|error| Failure::new(format!("the executor stopped: {error}")))?;
    Ok(0)
}
