//! Keeps the module table of ARCHITECTURE.md true: reads every path that starts with `crate::` and checks that its
//! module may use what it names, directly or through what that may use.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Table = BTreeMap<String, BTreeSet<String>>;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Module and what it may use directly: the rows "| `module` | owns | `may`, `use` |" of ARCHITECTURE.md.
fn table() -> Table {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md is readable");
    let mut rows = Table::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [module, _, uses] = cells[..] else { continue };
        let Some(module) = module.strip_prefix('`').and_then(|rest| rest.split('`').next()) else { continue };
        let uses = uses.split(',').map(|name| name.trim().trim_matches('`').to_owned()).filter(|name| !name.is_empty());
        rows.insert(module.to_owned(), uses.collect());
    }
    assert!(rows.len() >= 12, "the module table of ARCHITECTURE.md was not found: {} rows", rows.len());
    rows
}

/// All that `module` may use: what its row names, and what those may use.
fn reachable(table: &Table, module: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::from([module.to_owned()]);
    let mut todo = vec![module.to_owned()];
    while let Some(next) = todo.pop() {
        for used in table.get(&next).into_iter().flatten() {
            let names: Vec<String> = if used == "all" { table.keys().cloned().collect() } else { vec![used.clone()] };
            todo.extend(names.into_iter().filter(|name| seen.insert(name.clone())));
        }
    }
    seen
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("src is readable") {
        let path = entry.expect("src is readable").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The row that owns a path: the longest prefix of it that is a row.
fn owner(table: &Table, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split("::").collect();
    while !parts.is_empty() {
        let name = parts.join("::");
        if table.contains_key(&name) {
            return Some(name);
        }
        parts.pop();
    }
    None
}

/// The paths after `crate::` in the code of a file, tests and comments left out.
fn uses(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines
        .flat_map(|line| line.match_indices("crate::").map(move |(at, found)| (line, at, at + found.len())))
        .filter(|(line, at, _)| !line[..*at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$')))
        .map(|(line, _, end)| {
            line[end..].chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':')).collect()
        })
        .collect()
}

#[test]
fn modules_use_only_what_the_table_allows() {
    let table = table();
    let folder = root().join("src");
    let mut files = Vec::new();
    sources(&folder, &mut files);
    let (mut wrong, mut checked) = (Vec::new(), 0);
    for file in files {
        let relative = file.strip_prefix(&folder).expect("found below src").with_extension("");
        let parts: Vec<&str> = relative.iter().filter_map(|part| part.to_str()).filter(|part| *part != "mod").collect();
        let module = parts.join("::");
        if matches!(module.as_str(), "lib" | "main") {
            continue;
        }
        let Some(row) = owner(&table, &module) else {
            wrong.push(format!("{module} stands in no row of the table"));
            continue;
        };
        let allowed = reachable(&table, &row);
        for path in uses(&fs::read_to_string(&file).expect("src is readable")) {
            checked += 1;
            match owner(&table, path.trim_end_matches(':')) {
                Some(used) if allowed.contains(&used) => {}
                Some(used) => wrong.push(format!("{module} (row `{row}`) may not use {used}: crate::{path}")),
                None => wrong.push(format!("{module}: crate::{path} is in no row; name the module in the path")),
            }
        }
    }
    assert!(checked > 20, "only {checked} uses were found: the scan is broken");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
