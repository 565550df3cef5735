//! x86: children of search states against a loop in C over the same work, decoding, lowering, and runs on this processor.
//! Prints rates and ratios of this run. `cargo bench --bench x86`.
//! `IOCC_UNICORN` is the path of libunicorn.so.2, for a comparison with Unicorn (`make unicorn` installs one).

use iced_x86::Register;
use iocc::exec::expand::Actions;
use iocc::exec::native;
use iocc::exec::steps::{Batch, Layout, Steps};
use iocc::ir;
use iocc::lang::x86::ast::{Program, Syntax};
use iocc::lang::x86::{self, Frame, Machine};
use rand::{Rng, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

#[path = "common/unicorn.rs"]
mod unicorn;

type Four = Actions<4>;

/// The C loop: all 224 children of a state of four registers and two examples, and their hashes.
const LOOP: &str = r#"
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
typedef struct { int32_t cell[4][2]; } state;
static state children[224];
static uint64_t hashes[224];
static uint64_t row(int cell, const int32_t *v)
{
    uint64_t hash = (uint64_t)(cell + 1) * 0x9E3779B97F4A7C15u, both = (uint32_t)v[0] | (uint64_t)(uint32_t)v[1] << 32;
    hash = (hash ^ both) * 0xD6E8FEB86659FD93u;
    hash ^= hash >> 32;
    return hash * 0xD6E8FEB86659FD93u;
}
#define BLOCK(expression) \
    for (int d = 0; d < 4; d++) \
        for (int s = 0; s < 14; s++) { \
            *to = *from; \
            for (int k = 0; k < 2; k++) { \
                uint32_t old = from->cell[d][k], source = s < 4 ? from->cell[s][k] : s - 4; \
                (void)old; \
                to->cell[d][k] = expression; \
            } \
            to++; \
        }
__attribute__((noinline)) static void expand(const state *from)
{
    state *to = children;
    BLOCK(old + source)
    BLOCK(old - source)
    BLOCK(source)
    BLOCK(old * source)
}
__attribute__((noinline)) static void hash(const state *from)
{
    uint64_t rows[4], whole = 0;
    for (int c = 0; c < 4; c++) whole += rows[c] = row(c, from->cell[c]);
    for (int n = 0; n < 224; n++) {
        int d = n / 14 % 4;
        hashes[n] = whole - rows[d] + row(d, children[n].cell[d]);
    }
}
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + 1e-9 * t.tv_nsec; }
int main(void)
{
    state at = {{{7, 3}, {1, 9}, {8, 2}, {6, 4}}};
    for (int hashed = 0; hashed < 2; hashed++) {
        double best = 1e9;
        for (int try = 0; try < 7; try++) {
            double start = now();
            for (int n = 0; n < 100000; n++) {
                expand(&at);
                if (hashed) hash(&at);
                at = children[(n * 31 + (hashed ? hashes[n % 224] : 0)) % 224];
            }
            double time = now() - start;
            if (time < best) best = time;
        }
        printf("%.6e\n", 224 * 100000 / best);
    }
    fprintf(stderr, "%d\n", at.cell[0][0]);
    return 0;
}
"#;

/// The C loop's children a second, without and with the hash; why not, where gcc is not there.
fn peer() -> Result<[f64; 2], String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (source, program) = (folder.path().join("loop.c"), folder.path().join("loop"));
    std::fs::write(&source, LOOP).map_err(|error| error.to_string())?;
    let built = Command::new("gcc").args(["-O3", "-fwrapv", "-o"]).arg(&program).arg(&source).status();
    if !built.map_err(|error| format!("gcc: {error}"))?.success() {
        return Err("gcc does not compile the loop".into());
    }
    let output = Command::new(&program).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let rates: Vec<f64> = text.lines().filter_map(|line| line.parse().ok()).collect();
    rates.try_into().map_err(|_| "the loop printed something else".into())
}

/// How often a second something happens: the best of some tries of `count` each.
fn rate(count: f64, mut what: impl FnMut()) -> f64 {
    let once = |_| {
        let start = Instant::now();
        what();
        start.elapsed().as_secs_f64()
    };
    count / (0..7).map(once).fold(f64::INFINITY, f64::min)
}

fn expansion() {
    let mut children = vec![[[0; 2]; 4]; Four::COUNT];
    let mut hashes = vec![0_u64; Four::COUNT];
    let mut state = [[7, 3], [1, 9], [8, 2], [6, 4]];
    let count = 224.0 * 100_000.0;
    let plain = rate(count, || {
        for number in 0..100_000_usize {
            Four::children(&state, &mut children);
            state = children[number * 31 % 224];
        }
    });
    let hashed = rate(count, || {
        for number in 0..100_000_usize {
            Four::hashed_children(&state, &mut children, &mut hashes);
            state = children[(number * 31).wrapping_add(hashes[number % 224] as usize) % 224];
        }
    });
    black_box(state);
    println!("children of a state (224, 2 examples): {plain:.2e} a second, with their hashes {hashed:.2e}");
    match peer() {
        Ok([theirs, with_hash]) => println!(
            "  the loop in C (gcc -O3): {theirs:.2e} and {with_hash:.2e}; its time is {:.2} and {:.2} of ours",
            plain / theirs,
            hashed / with_hash
        ),
        Err(why) => println!("  no loop in C to compare with: {why}"),
    }
}

/// Programs of four instructions of AutoAssemblet's set.
fn programs(count: usize) -> Vec<Program> {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
    let registers = ["%eax", "%ebx", "%ecx", "%edx"];
    let mut line = || {
        let operation = ["addl", "subl", "movl", "imull"][rng.random_range(0..4)];
        let source = match rng.random_range(0..14) {
            number @ 0..4 => registers[number].to_owned(),
            number => format!("${}", number - 4),
        };
        format!("{operation} {source}, {}\n", registers[rng.random_range(0..4)])
    };
    let text = |_| (0..4).map(|_| line()).collect::<String>();
    let texts: Vec<String> = (0..count).map(text).collect();
    texts.iter().map(|text| x86::parse(text, Syntax::Att).expect("they are in the subset")).collect()
}

fn code() {
    let programs = programs(20_000);
    let instructions = 4.0 * programs.len() as f64;
    let bytes: Vec<Vec<u8>> =
        programs.iter().map(|program| x86::encode(program, 0).expect("they are sound").0).collect();
    let all = bytes.concat();
    // As much as stays in the cache.
    let some = bytes[..2_000].concat();
    let decoded = rate(4.0 * 2_000.0, || {
        black_box(x86::decode(&some, 0)).expect("it was just encoded");
    });
    let lowered = rate(instructions, || {
        for program in &programs {
            let program = x86::lower(program, Frame::of_slots(4)).expect("they are in the subset");
            assert_eq!(ir::verify(&program), Ok(()));
            black_box(program);
        }
    });
    let whole = x86::decode(&all, 0).expect("it was just encoded");
    let lowered_whole = rate(instructions, || {
        let program = x86::lower(&whole, Frame::of_slots(4)).expect("it is in the subset");
        assert_eq!(ir::verify(&program), Ok(()));
        black_box(program);
    });
    println!(
        "instructions decoded to the checked tree: {decoded:.2e} a second; lowered to verified IR: {lowered_whole:.2e}"
    );
    println!("  where each program of four is lowered by itself: {lowered:.2e}");
    let mut machines = vec![Machine::new(4); 2 * programs.len()];
    let native = rate(programs.len() as f64, || {
        let jobs = machines.iter_mut().enumerate().map(|(number, machine)| (number / 2, machine)).collect();
        native::run_all(&programs.iter().collect::<Vec<_>>(), jobs).expect("they can be checked");
    });
    println!("fresh programs of 4 instructions, 2 states, whole machines on this processor: {native:.2e} a second");
    let batch = short(&programs);
    match emulated(&programs, &bytes) {
        Ok(theirs) => println!("  by Unicorn: {theirs:.2e} a second; ours are {:.0} times as many", batch / theirs),
        Err(why) => println!("  no Unicorn to compare with: {why}"),
    }
    let one = &programs[0];
    let mut machines = vec![Machine::new(4); 20_000];
    let many = rate(machines.len() as f64, || {
        native::run(one, &mut machines).expect("it can be checked");
    });
    println!("runs of one program on this processor: {many:.2e} a second");
}

/// Fresh programs a second by Unicorn, on two states each; it must leave what this processor leaves.
fn emulated(programs: &[Program], bytes: &[Vec<u8>]) -> Result<f64, String> {
    let mut unicorn = unicorn::Unicorn::load()?;
    let named = [Register::EAX, Register::EBX, Register::ECX, Register::EDX];
    let start = [3, -7, 1 << 20, 0x7fff_fff1];
    for (program, code) in programs.iter().zip(bytes).take(200) {
        let mut machines = [Machine::new(4)];
        named.iter().zip(start).for_each(|(register, value)| machines[0].set_register(*register, value.into()));
        native::run(program, &mut machines).map_err(|error| error.to_string())?;
        let mut states = [start];
        unicorn.run(code, &mut states)?;
        assert_eq!(states[0], named.map(|register| machines[0].register(register) as i32));
    }
    let mut result = Ok(());
    let rate = rate(programs.len() as f64, || {
        for code in bytes {
            let mut states = [[3, 7, 1, 9], [8, 2, 6, 4]];
            let ran = unicorn.run(code, &mut states);
            black_box(states);
            result = result.clone().and(ran);
        }
    });
    result.map(|()| rate)
}

/// Programs of 4 instructions on 2 states, from decoded instructions and from steps; gives the native rate.
fn short(programs: &[Program]) -> f64 {
    let (layout, rows) = (Layout::of_slots(0), [7, 3, 1, 9, 8, 2, 6, 4]);
    let mut steps = Steps::default();
    let read = |steps: &mut Steps| {
        steps.clear();
        for program in programs {
            steps.read(program, &layout).expect("they fit");
        }
    };
    read(&mut steps);
    let count = programs.len() as f64;
    let mut batch = Batch::new(layout.clone(), &rows, 1_000);
    let mut sum = 0_i32;
    let mut add = |_: usize, outputs: &[i32], _: &[bool]| sum = sum.wrapping_add(outputs[0]);
    let here = rate(count, || batch.run(&steps, &mut add));
    let mut again = Steps::default();
    let from_instructions = rate(count, || {
        read(&mut again);
        batch.run(&again, &mut add);
    });
    println!("  by steps: {from_instructions:.2e} from decoded instructions, {here:.2e} from steps");
    let mut batch = native::batch::Batch::new(layout.clone(), &rows).expect("there is a native engine");
    let native = rate(count, || batch.run(&steps, &mut add).expect("they run"));
    let from_instructions = rate(count, || {
        read(&mut again);
        batch.run(&again, &mut add).expect("they run");
    });
    println!("  by steps' machine code: {from_instructions:.2e} from decoded instructions, {native:.2e} from steps");
    black_box(sum);
    native
}

fn main() {
    expansion();
    code();
}
