//! One corpus of what several machines made: every shard is there, once, of one job, and as its manifest says.

use super::manifest::{Job, Manifest, Shard};
use super::{Error, Reason};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Numbers that a message names at most.
const NAMED: usize = 8;

/// Checks that the folders `parts` have all shards of one job and brings them together in `folder`, which may be one of
/// them; `None` where no folder has a manifest of such a job. Nothing is written before everything is checked.
pub fn merge<J: Job>(parts: &[PathBuf], folder: &Path) -> Result<Option<Manifest<J>>, Error> {
    let mut found: Vec<(PathBuf, PathBuf, Manifest<J>)> = Vec::new();
    for part in distinct(parts) {
        let manifests = Manifest::all(&part)?;
        found.extend(manifests.into_iter().map(|(path, manifest)| (part.clone(), path, manifest)));
    }
    let Some((_, first, Manifest { job, .. })) = found.first().cloned() else { return Ok(None) };
    for (_, path, manifest) in &found {
        if let Some(what) = job.difference(&manifest.job) {
            let message = format!("{} is of another job: its folder holds {what}", path.display());
            return Err(Reason::Other(message).of(&first));
        }
    }
    if let Some(part) = parts.iter().find(|part| !found.iter().any(|(folder, ..)| same(folder, part))) {
        return Err(Reason::Other(format!("has no {} of iocc", Manifest::<J>::file(None))).of(part));
    }
    let shards = assign(&job, &found)?;
    for (folder, shard) in shards.values() {
        if !shard.is_whole(folder) {
            let message = "not as its manifest says; let the part that it belongs to be done again".to_owned();
            return Err(Reason::Other(message).of(&folder.join(&shard.file)));
        }
    }
    let mut whole = Manifest::new(job);
    fs::create_dir_all(folder).map_err(|error| Reason::Io(error).of(folder))?;
    for (number, (from, shard)) in shards {
        place(&from, folder, &shard.file)?;
        whole.add(number, shard);
    }
    whole.write(folder, None)?;
    Ok(Some(whole))
}

/// The folders, each once.
fn distinct(parts: &[PathBuf]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for part in parts {
        if !folders.iter().any(|known| same(known, part)) {
            folders.push(part.clone());
        }
    }
    folders
}

fn same(one: &Path, other: &Path) -> bool {
    one == other || one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}

type Placed<C> = BTreeMap<u32, (PathBuf, Shard<C>)>;

/// Where each shard is, which must be one folder.
fn assign<J: Job>(job: &J, found: &[(PathBuf, PathBuf, Manifest<J>)]) -> Result<Placed<J::Counts>, Error> {
    let mut shards: Placed<J::Counts> = BTreeMap::new();
    for (folder, path, manifest) in found {
        for (number, shard) in &manifest.shards {
            match shards.get(number) {
                Some((other, known)) if other != folder => {
                    let message = format!("shard {number} ({}) is in {} too", known.file, other.display());
                    return Err(Reason::Other(message).of(path));
                }
                Some((_, known)) if known.hash != shard.hash => {
                    let message = format!("shard {number} has another hash than in another manifest of this folder");
                    return Err(Reason::Other(message).of(path));
                }
                Some(_) => {}
                None => drop(shards.insert(*number, (folder.clone(), shard.clone()))),
            }
        }
    }
    let all = job.files().len() as u32;
    let missing: Vec<String> = (0..all).filter(|number| !shards.contains_key(number)).map(|n| n.to_string()).collect();
    if missing.is_empty() {
        return Ok(shards);
    }
    let more = if missing.len() > NAMED { ", ..." } else { "" };
    let named = missing.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let message = format!("{} of {all} shards are missing: {named}{more} (counted from 0)", missing.len());
    let folder = found.first().map_or(Path::new("."), |(folder, ..)| folder);
    Err(Reason::Other(message).of(folder))
}

/// Puts a shard into `folder`: by a second name where the file system allows that, else by a copy.
fn place(from: &Path, folder: &Path, file: &str) -> Result<(), Error> {
    let (source, target) = (from.join(file), folder.join(file));
    if same(from, folder) {
        return Ok(());
    }
    let temporary = folder.join(format!(".{file}.tmp"));
    let _ = fs::remove_file(&temporary);
    let brought = fs::hard_link(&source, &temporary)
        .or_else(|_| fs::copy(&source, &temporary).map(drop))
        .and_then(|()| fs::rename(&temporary, &target));
    // Where both names are of one file already, renaming leaves them both.
    let _ = fs::remove_file(&temporary);
    brought.map_err(|error| Reason::Io(error).of(&target))
}
