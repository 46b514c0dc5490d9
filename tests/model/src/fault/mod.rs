//! Faults on order: in the byte stream ([`Link`]), in a server's responses ([`Script`]), or nothing but faults
//! ([`Scripted`]).

mod link;
mod script;
mod scripted;

pub use link::{Chunks, Flow, Link, LinkControl};
pub(crate) use script::Play;
pub use script::{Act, Lines, Rewrite, Rule, Script};
pub use scripted::{Scripted, Step, Transcript};
