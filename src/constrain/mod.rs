//! The token mask: which tokens may come next, so that every decode ends in a whole program that parses, whose names are
//! in scope and of the right kind, and that is within its budget. Compiled from the grammar and the profile; what the
//! rules mean to scopes is `roles`, the only part that knows a language.
//!
//! A token is admitted only if the shortest completion still fits what is left of the budget, so no state but that
//! after the end (or one that began with too small a budget) has an empty mask.

mod automaton;
mod cost;
mod network;
mod roles;
mod scope;
mod state;

pub use automaton::Automaton;
pub use state::State;
