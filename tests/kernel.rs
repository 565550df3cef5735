//! Sorting kernels are as short as the best known, and they sort.

use iocc::search::kernel::Instructions;
use iocc::synth::kernel::{sort, sorts};
use std::time::{Duration, Instant};

fn found(n: usize, instructions: Instructions) -> (String, usize) {
    let deadline = Instant::now() + Duration::from_secs(4);
    let kernel = sort(n, instructions, Some(deadline)).expect("there are kernels");
    (kernel.program, kernel.length)
}

#[test]
fn kernels_are_as_short_as_the_best_known() {
    for (n, instructions, length) in [
        (2, Instructions::Conditional, 4),
        (3, Instructions::Conditional, 11),
        (4, Instructions::Conditional, 20),
        (5, Instructions::Conditional, 33),
        (2, Instructions::MinMax, 3),
        (3, Instructions::MinMax, 8),
        (4, Instructions::MinMax, 15),
    ] {
        let (text, found) = found(n, instructions);
        assert_eq!(found, length, "{n} registers\n{text}");
        assert_eq!(text.lines().count(), length);
    }
    assert!(sort(6, Instructions::MinMax, None).is_none() && sort(1, Instructions::MinMax, None).is_none());
}

#[test]
fn what_does_not_sort_is_seen() {
    let (text, _) = found(3, Instructions::Conditional);
    assert!(sorts(&text, 3, Instructions::Conditional));
    for missing in 0..text.lines().count() {
        let lines = text.lines().enumerate().filter(|(at, _)| *at != missing);
        let shorter: String = lines.map(|(_, line)| format!("{line}\n")).collect();
        assert!(!sorts(&shorter, 3, Instructions::Conditional), "without line {missing}\n{text}");
    }
}
