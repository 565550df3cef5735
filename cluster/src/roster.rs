//! Who is there: asked of the scheduler before anything starts, so that what does not fit is told in plain words and not
//! by a job that fails.

use crate::identity::Identity;
use iocc::cli::Failure;
use serde::Deserialize;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

/// How long a scheduler may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// More than this is no answer of a scheduler.
const LONGEST: u64 = 64 << 20;

/// The executors of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster {
    /// Cores that work, of all executors.
    pub cores: usize,
}

#[derive(Deserialize)]
struct State {
    scheduler_id: String,
}

#[derive(Deserialize)]
struct Executor {
    id: String,
    host: String,
    port: u16,
    specification: Specification,
}

#[derive(Deserialize)]
struct Specification {
    vcores: u32,
}

/// Makes sure that a scheduler of this version is there.
pub fn scheduler(address: &str) -> Result<(), Failure> {
    let State { scheduler_id } = ask(address, "/api/state")?;
    let own = Identity::own();
    let other = Identity::of_id(&scheduler_id).ok_or_else(|| no_scheduler(address))?;
    match own.difference(&other) {
        None => Ok(()),
        Some(what) => Err(Failure::new(format!("the scheduler at {address} {what}")).help(SAME)),
    }
}

/// Makes sure that a scheduler and executors of this version are there.
pub fn cluster(address: &str) -> Result<Roster, Failure> {
    scheduler(address)?;
    let executors: Vec<Executor> = ask(address, "/api/executors")?;
    if executors.is_empty() {
        return Err(Failure::new(format!("no executor is connected to the scheduler at {address}"))
            .help("start one with `iocc-cluster executor`"));
    }
    let own = Identity::own();
    for Executor { id, host, port, .. } in &executors {
        let what = match Identity::of_id(id) {
            None => Some("is not of iocc".to_owned()),
            Some(other) => own.difference(&other),
        };
        if let Some(what) = what {
            return Err(Failure::new(format!("the executor at {host}:{port} {what}")).help(SAME));
        }
    }
    Ok(Roster { cores: executors.iter().map(|executor| executor.specification.vcores as usize).sum() })
}

const SAME: &str = "start every scheduler, executor and client from the same build";

fn no_scheduler(address: &str) -> Failure {
    Failure::new(format!("what answers at {address} is no scheduler of iocc"))
        .help("start one with `iocc-cluster scheduler`")
}

/// The answer of a scheduler. Ballista has no client for these questions, and one GET needs no library.
fn ask<T: for<'a> Deserialize<'a>>(address: &str, path: &str) -> Result<T, Failure> {
    let body = get(address, path).map_err(|error| {
        let error = error.to_string();
        let why = error.split(" (os error").next().unwrap_or_default().to_lowercase();
        Failure::new(format!("cannot reach the scheduler at {address}: {why}"))
            .help("start one with `iocc-cluster scheduler`, and give its address as HOST:PORT")
    })?;
    serde_json::from_str(&body).map_err(|_| no_scheduler(address))
}

fn get(address: &str, path: &str) -> io::Result<String> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for socket in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&socket, PATIENCE) {
            Ok(stream) => return exchange(stream, address, path),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn exchange(mut stream: TcpStream, address: &str, path: &str) -> io::Result<String> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // HTTP/1.0: the answer is not cut into chunks, and ends with the connection.
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut bytes = Vec::new();
    stream.take(LONGEST).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn who_is_no_scheduler_is_told() {
        let told = |address: &str| match cluster(address) {
            Err(Failure::Message { message, .. }) => message,
            other => panic!("{other:?}"),
        };
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        assert_eq!(told(&free), format!("cannot reach the scheduler at {free}: connection refused"));
        assert!(told("127.0.0.1").starts_with("cannot reach the scheduler at 127.0.0.1: "));
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap().to_string();
        let other = std::thread::spawn(move || {
            let (mut stream, _) = server.accept().unwrap();
            stream.write_all(b"220 mail.example ESMTP\r\n").unwrap();
        });
        let message = told(&address);
        other.join().unwrap();
        assert!(
            message == format!("what answers at {address} is no scheduler of iocc") || message.contains("cannot reach")
        );
    }
}
