//! Manifests: what a folder of shards was made from, by which version of iocc, and which shards are whole. A manifest is
//! rewritten after each shard, so that a run that was killed goes on where it stopped. One of several machines has a
//! manifest of its own beside the others', so that none of them writes over what another knows; [`super::merge`] makes
//! one of them all.

use super::generate::Part;
use super::shard::fingerprint;
use super::{Error, Reason};
use crate::store;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::ops::AddAssign;
use std::path::{Path, PathBuf};

/// The manifest's file name in a corpus that was generated.
pub const FILE: &str = "manifest.json";

/// What shards are made from; two folders of one job have the same bytes.
pub trait Job: Clone + PartialEq + Serialize + DeserializeOwned {
    /// What the names of its manifests begin with.
    const NAME: &'static str;
    /// What is counted of each shard.
    type Counts: Clone + Default + AddAssign + Serialize + DeserializeOwned;

    /// The names of all shards, in order.
    fn files(&self) -> Vec<String>;

    /// What a folder holds that was made from another job, as in "the folder holds ..."; `None` where it is the same.
    fn difference(&self, made: &Self) -> Option<String>;

    /// Takes in what a folder was made from before, if it can be made more of; or says how the two differ.
    fn admit(&mut self, made: &Self) -> Result<(), String> {
        self.difference(made).map_or(Ok(()), Err)
    }
}

/// A shard that is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard<C> {
    /// Its file's name.
    pub file: String,
    /// Its tasks.
    pub rows: u64,
    /// Its size.
    pub bytes: u64,
    /// The hash of its bytes, 16 hexadecimal digits.
    pub hash: String,
    /// What was counted.
    pub counts: C,
}

impl<C> Shard<C> {
    /// Whether the folder has it as it was written.
    pub fn is_whole(&self, folder: &Path) -> bool {
        fingerprint(&folder.join(&self.file)).is_ok_and(|found| found.bytes == self.bytes && found.hash == self.hash)
    }
}

/// What stands in a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = ""))]
pub struct Manifest<J: Job> {
    /// What was asked for.
    #[serde(flatten)]
    pub job: J,
    /// The sum over the shards that are there.
    pub counts: J::Counts,
    /// The shards that are there, by number.
    pub shards: BTreeMap<u32, Shard<J::Counts>>,
}

impl<J: Job> Manifest<J> {
    /// One without shards.
    pub fn new(job: J) -> Self {
        Self { job, counts: J::Counts::default(), shards: BTreeMap::new() }
    }

    /// The name of a manifest, of all shards or of a part.
    pub fn file(part: Option<Part>) -> String {
        match part {
            None => format!("{}.json", J::NAME),
            Some(Part { index, of }) => format!("{}-{index:05}-of-{of:05}.json", J::NAME),
        }
    }

    /// The manifest of a folder; `None` where it has none.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(Self::file(None));
        if path.exists() { Self::parse(&path).map(Some) } else { Ok(None) }
    }

    fn parse(path: &Path) -> Result<Self, Error> {
        let text = fs::read_to_string(path).map_err(|error| Reason::Io(error).of(path))?;
        let broken = |why: &str| Reason::Other(format!("not a manifest of iocc: {why}")).of(path);
        let manifest: Self = serde_json::from_str(&text).map_err(|error| broken(&error.to_string()))?;
        let files = manifest.job.files();
        match manifest.shards.iter().find(|(number, shard)| files.get(**number as usize) != Some(&shard.file)) {
            Some((number, shard)) => Err(broken(&format!("`{}` is not the name of shard {number}", shard.file))),
            None => Ok(manifest),
        }
    }

    /// The manifests of a folder, of parts too, sorted by name; none where there is no folder.
    pub fn all(folder: &Path) -> Result<Vec<(PathBuf, Self)>, Error> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Reason::Io(error).of(folder)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| Reason::Io(error).of(folder))?.path();
            if path.file_name().and_then(|name| name.to_str()).is_some_and(Self::is_named) {
                paths.push(path);
            }
        }
        paths.sort();
        paths.into_iter().map(|path| Self::parse(&path).map(|manifest| (path, manifest))).collect()
    }

    fn is_named(name: &str) -> bool {
        let Some(rest) = name.strip_prefix(J::NAME).and_then(|rest| rest.strip_suffix(".json")) else { return false };
        let digits = |text: &str| text.len() >= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
        let part = |rest: &str| rest.split_once("-of-").is_some_and(|(index, of)| digits(index) && digits(of));
        rest.is_empty() || rest.strip_prefix('-').is_some_and(part)
    }

    /// What the folder holds of the job and is whole. A part knows of its own shards alone; the whole takes in those
    /// of parts.
    pub fn resume(mut job: J, folder: &Path, part: Option<Part>) -> Result<Self, Error> {
        let own = folder.join(Self::file(part));
        let known: Vec<Self> = Self::all(folder)?
            .into_iter()
            .filter(|(path, _)| part.is_none() || *path == own)
            .map(|(_, manifest)| manifest)
            .collect();
        for manifest in &known {
            job.admit(&manifest.job).map_err(|what| {
                Reason::Other(format!("the folder holds {what}; remove it or choose another folder")).of(folder)
            })?;
        }
        let numbers: BTreeMap<String, u32> = job.files().into_iter().zip(0..).collect();
        let mut kept = Self::new(job);
        for shard in known.into_iter().flat_map(|manifest| manifest.shards.into_values()) {
            if let Some(number) = numbers.get(&shard.file)
                && shard.is_whole(folder)
            {
                kept.add(*number, shard);
            }
        }
        Ok(kept)
    }

    /// Adds a shard.
    pub fn add(&mut self, number: u32, shard: Shard<J::Counts>) {
        self.shards.insert(number, shard);
        self.counts = J::Counts::default();
        for shard in self.shards.values() {
            self.counts += shard.counts.clone();
        }
    }

    /// Writes the manifest, whole or not at all. That of all shards takes the place of those of parts.
    pub fn write(&self, folder: &Path, part: Option<Part>) -> Result<(), Error> {
        let path = folder.join(Self::file(part));
        let mut text = serde_json::to_string_pretty(self).expect("a manifest is plain data");
        text.push('\n');
        store::replace(&path, text.as_bytes()).map_err(|error| Reason::Io(error).of(&path))?;
        if part.is_none() && self.shards.len() == self.job.files().len() {
            for (other, _) in Self::all(folder)?.into_iter().filter(|(other, _)| *other != path) {
                fs::remove_file(&other).map_err(|error| Reason::Io(error).of(&other))?;
            }
        }
        Ok(())
    }
}
