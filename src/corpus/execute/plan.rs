//! What a folder of shards is run from.

use super::Executed;
use crate::corpus::manifest::Job;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What shards are run from; two folders of one plan have the same bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunPlan {
    /// Fuel of each run.
    pub fuel: u64,
    /// The version of iocc.
    pub commit: String,
    /// The shards that are run, by name, with their sizes.
    pub inputs: BTreeMap<String, u64>,
}

impl RunPlan {
    /// By this version of iocc.
    pub fn new(fuel: u64, inputs: BTreeMap<String, u64>) -> Self {
        Self { fuel, commit: env!("IOCC_COMMIT").to_owned(), inputs }
    }

    /// What differs apart from the names of the inputs.
    fn apart(&self, made: &Self) -> Option<String> {
        let resized = self.inputs.iter().find_map(|(name, bytes)| {
            made.inputs.get(name).filter(|made| *made != bytes).map(|made| (name, *made, *bytes))
        });
        if made.fuel != self.fuel {
            Some(format!("shards that were run with fuel {}", made.fuel))
        } else if made.commit != self.commit {
            Some(format!("shards that were run with another version of iocc ({})", made.commit))
        } else {
            resized.map(|(name, made, bytes)| format!("a run of another `{name}`, of {made} bytes and not {bytes}"))
        }
    }
}

impl Job for RunPlan {
    const NAME: &'static str = "exec";
    type Counts = Executed;

    fn files(&self) -> Vec<String> {
        self.inputs.keys().cloned().collect()
    }

    fn difference(&self, made: &Self) -> Option<String> {
        let other = || {
            let name = self.inputs.keys().chain(made.inputs.keys());
            let name =
                name.into_iter().find(|name| self.inputs.contains_key(*name) != made.inputs.contains_key(*name))?;
            Some(format!("a run of other inputs: only one of the two has `{name}`"))
        };
        self.apart(made).or_else(other)
    }

    /// A folder takes the shards of further inputs beside those that it has.
    fn admit(&mut self, made: &Self) -> Result<(), String> {
        if let Some(what) = self.apart(made) {
            return Err(what);
        }
        self.inputs.extend(made.inputs.iter().map(|(name, bytes)| (name.clone(), *bytes)));
        Ok(())
    }
}
