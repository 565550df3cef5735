//! iocc on many machines: a scheduler, executors, and a client that shares the work of `iocc gen`, `exec`, `query` and
//! `eval` among them. Ballista carries the work; what is done is done by the same code as in `iocc`.
//!
//! | module | owns |
//! |---|---|
//! | `identity` | what a role tells of itself, and how two roles differ |
//! | `roster` | who is there, and whether they fit |
//! | `functions` | what every role registers |
//! | `part` | a part of the work, in a child process |
//! | `scheduler`, `executor`, `client` | the roles |
//! | `share` | the client's work that is done in parts |

mod client;
mod executor;
mod functions;
mod identity;
mod part;
mod roster;
mod scheduler;
mod share;

use clap::{Parser, Subcommand};
use iocc::cli::{Context, VERSION, on_large_stack, parse};
use std::process::ExitCode;

/// iocc on many machines.
#[derive(Debug, Parser)]
#[command(name = "iocc-cluster", version = VERSION, max_term_width = 100, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    role: Role,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// Knows the executors and hands work to them; one a cluster
    Scheduler(scheduler::Args),
    /// Does work; one a machine
    Executor(executor::Args),
    /// Lets a cluster do what `iocc` would do alone
    Client(client::Args),
    /// What executors start for each part
    #[command(hide = true)]
    Part(part::Args),
}

fn main() -> ExitCode {
    on_large_stack(|| {
        let Cli { role } = match parse(std::env::args_os()) {
            Ok(cli) => cli,
            Err(code) => return code,
        };
        let context = Context::plain(false);
        let result = match role {
            Role::Scheduler(args) => context.start().and_then(|()| scheduler::run(&args)),
            Role::Executor(args) => executor::run(&args),
            Role::Client(args) => return client::run(args),
            Role::Part(args) => return part::run(args),
        };
        result.unwrap_or_else(|failure| context.fail(&failure))
    })
}
