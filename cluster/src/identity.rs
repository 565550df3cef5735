//! What a scheduler or an executor tells of itself: its version of iocc and the functions that it has. It travels as the
//! role's id, which is the one thing that Ballista passes on to everybody.

use ballista_core::ids::new_instance_id;
use iocc::cli::VERSION;

/// What stands in front of ids of iocc.
const MARK: &str = "iocc";

/// The version and the functions of a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// As `--version` tells it.
    pub version: String,
    /// Names of functions, sorted.
    pub functions: Vec<String>,
}

impl Identity {
    /// That of this program.
    pub fn own() -> Self {
        let mut functions: Vec<String> =
            crate::functions::all().iter().map(|function| function.name().to_owned()).collect();
        functions.sort();
        Self { version: VERSION.to_owned(), functions }
    }

    /// An id that tells it and is nobody else's.
    pub fn to_id(&self) -> String {
        [MARK, &self.version, &self.functions.join(","), &new_instance_id()].join(";")
    }

    /// What an id tells; `None` where it is not of iocc.
    pub fn of_id(id: &str) -> Option<Self> {
        let mut parts = id.split(';');
        let (mark, version, functions) = (parts.next()?, parts.next()?, parts.next()?);
        let functions = functions.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        (mark == MARK).then(|| Self { version: version.to_owned(), functions })
    }

    /// Why a role with the identity `other` can't work with this one, as in "the executor is ..."; `None` where it can.
    pub fn difference(&self, other: &Self) -> Option<String> {
        if other.version != self.version {
            return Some(format!("is iocc {}, and this is iocc {}", other.version, self.version));
        }
        let missing: Vec<String> = self
            .functions
            .iter()
            .filter(|name| !other.functions.contains(name))
            .map(|name| format!("`{name}`"))
            .collect();
        (!missing.is_empty()).then(|| format!("does not have the function {}", missing.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_tell_versions_and_functions() {
        let own = Identity::own();
        assert_eq!(Identity::of_id(&own.to_id()), Some(own.clone()));
        assert_ne!(own.to_id(), own.to_id());
        assert_eq!(own.difference(&own), None);
        assert_eq!(Identity::of_id("c0ffee"), None);
        let old = Identity { version: "0.0.9".to_owned(), ..own.clone() };
        assert!(own.difference(&old).is_some_and(|text| text.starts_with("is iocc 0.0.9, and this is iocc ")));
        let poor = Identity { functions: vec!["execute".to_owned()], ..own.clone() };
        assert!(
            own.difference(&poor).is_some_and(|text| text.contains("does not have the function `behaviour_hash`, "))
        );
        // More functions do no harm.
        assert_eq!(poor.difference(&own), None);
    }
}
