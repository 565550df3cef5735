//! The functions that every role registers: those of `iocc query`, and the one that does parts. They travel by name.

use crate::part;
use ballista_core::registry::BallistaFunctionRegistry;
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::ScalarUDF;
use datafusion::prelude::SessionConfig;
use std::sync::Arc;

/// All of them.
pub fn all() -> Vec<ScalarUDF> {
    let mut functions = iocc::query::functions();
    functions.push(part::function());
    functions
}

/// A session that knows them, for the client and the scheduler.
pub fn session(config: SessionConfig) -> datafusion::error::Result<SessionState> {
    use datafusion::execution::FunctionRegistry;
    let mut state = SessionStateBuilder::new().with_default_features().with_config(config).build();
    for function in all() {
        state.register_udf(Arc::new(function))?;
    }
    Ok(state)
}

/// What an executor looks functions up in: all that a session knows. Ballista's own default lacks those of arrays.
pub fn registry() -> datafusion::error::Result<BallistaFunctionRegistry> {
    Ok(BallistaFunctionRegistry::from(&session(SessionConfig::new())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the scheduler makes one for each question.
    #[test]
    fn a_session_made_of_another_keeps_them() {
        let own = session(SessionConfig::new()).expect("it takes them");
        for _ in 0..8 {
            let copy = SessionStateBuilder::new_from_existing(own.clone()).build();
            for function in all() {
                assert_eq!(copy.scalar_functions()[function.name()].as_ref(), &function);
            }
        }
    }

    #[test]
    fn executors_know_what_clients_know() {
        let (own, registry) = (session(SessionConfig::new()).expect("it takes them"), registry().expect("the same"));
        for name in own.scalar_functions().keys() {
            assert!(registry.scalar_functions.contains_key(name), "{name}");
        }
    }
}
