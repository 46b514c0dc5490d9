//! Faults on order.

mod script;

pub use script::{Act, Rewrite, Rule, Script};
