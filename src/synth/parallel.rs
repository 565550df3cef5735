//! Work on many items by all cores, with results in the order of the items.

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

/// How far the fastest thread may be ahead of the slowest item; bounds what waits to be written.
const AHEAD: usize = 4096;
/// Stack of a thread; the parser and the printer follow the nesting of their input.
const STACK: usize = 64 << 20;

/// Gives each item to `work` on one of `threads` threads, each with a worker of its own, and each result to `sink` on
/// the calling thread, in the order of the items. Stops early where `sink` or `worker` fails.
pub fn ordered<T: Send, R: Send, W, E: Send + From<io::Error>>(
    threads: usize,
    items: impl Iterator<Item = T> + Send,
    worker: impl Fn() -> Result<W, E> + Sync,
    work: impl Fn(&mut W, T) -> R + Sync,
    mut sink: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let source = Mutex::new(items.enumerate());
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (sender, receiver) = mpsc::sync_channel(AHEAD);
        for number in 0..threads {
            let sender = sender.clone();
            let (source, stop, worker, work) = (&source, &stop, &worker, &work);
            let body = move || {
                let mut state = match worker() {
                    Ok(state) => state,
                    Err(failure) => {
                        // Where nobody listens any more, the reason is already known.
                        let _ = sender.send(Err(failure));
                        return;
                    }
                };
                while !stop.load(Ordering::Relaxed) {
                    let next = source.lock().map_or(None, |mut source| source.next());
                    let Some((index, item)) = next else { return };
                    if sender.send(Ok((index, work(&mut state, item)))).is_err() {
                        return;
                    }
                }
            };
            std::thread::Builder::new()
                .name(format!("worker {number}"))
                .stack_size(STACK)
                .spawn_scoped(scope, body)
                .map_err(|error| io::Error::other(format!("cannot start a thread: {error}")))?;
        }
        drop(sender);
        let result = in_order(&receiver, &mut sink);
        stop.store(true, Ordering::Relaxed);
        // Dropping the receiver wakes the threads that wait to send.
        drop(receiver);
        result
    })
}

fn in_order<R, E>(
    receiver: &mpsc::Receiver<Result<(usize, R), E>>,
    sink: &mut impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for message in receiver {
        let (index, result) = message?;
        waiting.insert(index, result);
        while let Some(result) = waiting.remove(&next) {
            sink(result)?;
            next += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let mut seen = Vec::new();
        let work = |(): &mut (), item: u64| {
            std::thread::sleep(std::time::Duration::from_micros(if item.is_multiple_of(7) { 900 } else { 10 }));
            item
        };
        ordered(
            4,
            0..200,
            || Ok(()),
            work,
            |item| {
                seen.push(item);
                Ok::<(), io::Error>(())
            },
        )
        .expect("nothing fails");
        assert_eq!(seen, (0..200).collect::<Vec<_>>());
    }

    #[test]
    fn a_failing_sink_stops_endless_work() {
        let sink = |item| if item == 10 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) };
        let result: io::Result<()> = ordered(2, 0.., || Ok(()), |(): &mut (), item: u64| item, sink);
        assert_eq!(result.expect_err("the sink failed").kind(), io::ErrorKind::BrokenPipe);
        let none = || Err::<(), _>(io::Error::other("no model"));
        let result = ordered(2, 0.., none, |(): &mut (), item: u64| item, |_| Ok(()));
        assert_eq!(result.expect_err("no worker").to_string(), "no model");
    }
}
