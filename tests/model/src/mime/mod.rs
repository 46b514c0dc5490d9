//! A small reader of Internet messages: as much as a server needs to answer FETCH and SEARCH.

mod address;
mod decode;
mod headers;
mod params;
mod part;
mod preview;
#[cfg(test)]
mod tests;

pub(crate) use address::{Address, addresses};
pub(crate) use decode::decoded;
pub(crate) use headers::Headers;
pub(crate) use params::Parameters;
pub(crate) use part::{Body, Part};
pub(crate) use preview::preview;
