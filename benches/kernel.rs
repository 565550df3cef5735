//! Sorting kernels as iocc finds them, assembled by gas within a C++ program, beside `std::sort` and beside the smallest
//! sorting network as g++ -O2 compiles it: nanoseconds to sort one tuple of random values, the least of 400 rounds over
//! 4,096 tuples. Without g++ it says so. `cargo bench --bench kernel`.

use iocc::search::kernel::Instructions;
use iocc::synth::kernel::sort;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The smallest networks, by the number of values.
const NETWORKS: [&[(usize, usize)]; 3] = [
    &[(0, 1), (1, 2), (0, 1)],
    &[(0, 1), (2, 3), (0, 2), (1, 3), (1, 2)],
    &[(0, 1), (2, 3), (0, 2), (1, 4), (0, 1), (2, 3), (1, 2), (3, 4), (2, 3)],
];
/// Time to look for a kernel.
const SEARCH: Duration = Duration::from_secs(10);

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    println!("nanoseconds to sort a tuple of random values");
    println!("  {:<34}{:>8}{:>10}{:>12}{:>22}", "", "kernel", "network", "std::sort", "std::sort / kernel");
    for instructions in [Instructions::Conditional, Instructions::MinMax] {
        for n in 3..=5 {
            let kernel = sort(n, instructions, Some(Instant::now() + SEARCH)).expect("there are kernels");
            let name = format!(
                "{n} values, {} instructions{}",
                kernel.length,
                if vectors(instructions) { ", SSE" } else { "" }
            );
            match measure(n, instructions, &kernel.program, folder.path()) {
                Ok([ours, network, library]) => println!(
                    "  {name:<34}{:>8.2}{:>10.2}{:>12.2}{:>21.1}x",
                    1e9 * ours,
                    1e9 * network,
                    1e9 * library,
                    library / ours
                ),
                Err(why) => println!("  {name:<34}{why}"),
            }
        }
    }
}

fn vectors(instructions: Instructions) -> bool {
    instructions == Instructions::MinMax
}

/// Seconds by the kernel, by the network and by `std::sort`.
fn measure(n: usize, instructions: Instructions, kernel: &str, folder: &Path) -> Result<[f64; 3], String> {
    let network = NETWORKS[n - 3].iter().map(|(low, high)| format!("X({low}, {high}) "));
    let program = folder.join("kernels");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/kernels.cpp");
    let mut compiler = Command::new("g++");
    compiler.args(["-O2", "-msse4.1"]).arg(format!("-DN={n}"));
    compiler.args(vectors(instructions).then_some("-DVECTORS"));
    compiler.arg(format!("-DKERNEL={}", statement(n, instructions, kernel)));
    compiler.arg(format!("-DNETWORK={}", network.collect::<String>())).arg(source).arg("-o").arg(&program);
    let compiled = compiler.output().map_err(|error| format!("no g++: {error}"))?;
    if !compiled.status.success() {
        return Err(format!("g++ refuses it: {}", String::from_utf8_lossy(&compiled.stderr)));
    }
    let run = Command::new(&program).output().map_err(|error| error.to_string())?;
    if !run.status.success() {
        return Err(format!("it does not sort: {}", run.status));
    }
    let text = String::from_utf8_lossy(&run.stdout).into_owned();
    let times: Vec<f64> = text.lines().filter_map(|line| line.parse().ok()).collect();
    times.try_into().map_err(|_| format!("three times were wanted, not `{text}`"))
}

/// The kernel as a C++ statement that sorts `v`: gas gets the text as iocc prints it.
fn statement(n: usize, instructions: Instructions, kernel: &str) -> String {
    const REGISTERS: [&str; 6] = ["eax", "ebx", "ecx", "edx", "esi", "edi"];
    let text: String = kernel.lines().map(|line| format!("\"{}\\n\" ", line.trim().replace('%', "%%"))).collect();
    let each = |one: &dyn Fn(usize) -> String, between: &str| (0..n).map(one).collect::<Vec<_>>().join(between);
    let (ty, register, load, store, beside) = match instructions {
        Instructions::Conditional => ("int", REGISTERS.map(String::from), "", "", REGISTERS[n].to_owned()),
        Instructions::MinMax => {
            let names = std::array::from_fn(|at| format!("xmm{at}"));
            ("__m128i", names, "_mm_cvtsi32_si128", "_mm_cvtsi128_si32", format!("xmm{n}"))
        }
    };
    let declared = each(&|at| format!("register {ty} r{at} asm(\"{}\") = {load}(v[{at}]);", register[at]), " ");
    let operands = each(&|at| format!("\"+{}\"(r{at})", if load.is_empty() { "r" } else { "x" }), ", ");
    let stored = each(&|at| format!("v[{at}] = {store}(r{at});"), " ");
    format!("{declared} asm volatile({text} : {operands} : : \"{beside}\", \"cc\"); {stored}")
}
