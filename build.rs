//! Names the commit for `--version`, and lets the binary find libtorch where it was linked.

use std::path::Path;
use std::process::Command;

/// Weights that are part of the binary as soon as they are there, and what `cfg` then says so.
const SHIPPED: [(&str, &str); 5] = [
    ("shipped_model", "models/restricted-c-robustfill.safetensors"),
    ("shipped_autoassemblet", "models/autoassemblet.safetensors"),
    ("shipped_karel", "models/karel.safetensors"),
    ("shipped_order", "models/x86-order.safetensors"),
    ("shipped_ranker", "models/restricted-c-ranker.safetensors"),
];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=.git/HEAD");
    println!("cargo:rerun-if-changed=.git/refs/heads");
    let commit = Command::new("git")
        .args(["describe", "--always", "--dirty", "--abbrev=10"])
        .output()
        .ok()
        .filter(|output| output.status.success())
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned());
    println!("cargo:rustc-env=IOCC_COMMIT={commit}");

    for (cfg, path) in SHIPPED {
        println!("cargo:rustc-check-cfg=cfg({cfg})");
        // Cargo takes a watched file that is not there for one that always changes.
        if Path::new(path).exists() {
            println!("cargo:rerun-if-changed={path}");
            println!("cargo:rustc-cfg={cfg}");
        }
    }

    println!("cargo:rerun-if-env-changed=LIBTORCH");
    println!("cargo:rerun-if-env-changed=LIBTORCH_USE_PYTORCH");
    if std::env::var_os("CARGO_FEATURE_TORCH").is_some()
        && let Some(directory) = libtorch()
    {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{directory}");
    }
}

/// The folder of libtorch's shared objects: that of `LIBTORCH`, or of the Python that `LIBTORCH_USE_PYTORCH` asks for.
fn libtorch() -> Option<String> {
    if let Ok(root) = std::env::var("LIBTORCH") {
        return Path::new(&root).join("lib").to_str().map(str::to_owned);
    }
    std::env::var_os("LIBTORCH_USE_PYTORCH")?;
    let output = Command::new("python3")
        .args(["-c", "import os, torch; print(os.path.join(os.path.dirname(torch.__file__), 'lib'))"])
        .output()
        .ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
