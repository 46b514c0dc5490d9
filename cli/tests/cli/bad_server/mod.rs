//! Servers that are not there, not who they claim to be, or out of their mind, met by the program itself: each ends in a
//! clear error of its kind, nothing that was here is lost, and memory stays what it was.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod certificates;
mod floods;
mod names;
mod nonsense;
mod reach;
mod victim;
