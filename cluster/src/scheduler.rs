//! The scheduler: Ballista's, which knows iocc's functions.

use crate::functions;
use crate::identity::Identity;
use ballista_core::config::TaskSchedulingPolicy;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::start_server;
use iocc::cli::Failure;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

/// Arguments of the scheduler.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:50050")]
    listen: SocketAddr,
    /// The name under which executors reach this machine [default: the address listened on]
    #[arg(long, value_name = "HOST")]
    name: Option<String>,
}

/// Seconds without a heartbeat after which an executor is given up, and its work done by others; executors tell that
/// they are there every second.
const SILENCE: u64 = 5;

/// Runs until it is stopped.
pub fn run(args: &Args) -> Result<u8, Failure> {
    let Args { listen, name } = args;
    let config = SchedulerConfig {
        scheduler_id: Identity::own().to_id(),
        external_host: name.clone().unwrap_or_else(|| listen.ip().to_string()),
        bind_host: listen.ip().to_string(),
        bind_port: listen.port(),
        // An executor that has to ask for work is silent while it is busy, and so passes for lost.
        scheduling_policy: TaskSchedulingPolicy::PushStaged,
        executor_timeout_seconds: SILENCE,
        expire_dead_executor_interval_seconds: 1,
        no_executors_grace_period_seconds: 2 * SILENCE,
        override_session_builder: Some(Arc::new(functions::session)),
        ..SchedulerConfig::default()
    };
    // Before anything is told: who reads "listening" may connect.
    drop(std::net::TcpListener::bind(listen).map_err(|error| taken(&listen.to_string(), &error))?);
    let runtime = tokio::runtime::Runtime::new()?;
    writeln!(std::io::stdout().lock(), "listening on {listen}")?;
    let served = runtime.block_on(async {
        let cluster = BallistaCluster::new_from_config(&config).await?;
        start_server(cluster, *listen, Arc::new(config)).await
    });
    served.map_err(|error| Failure::new(format!("the scheduler stopped: {error}")))?;
    Ok(0)
}

/// An address that can't be listened on.
pub fn taken(address: &str, error: &std::io::Error) -> Failure {
    let why = error.to_string();
    let why = why.split(" (os error").next().unwrap_or_default().to_lowercase();
    Failure::new(format!("cannot listen on {address}: {why}")).help("choose another address or port")
}
