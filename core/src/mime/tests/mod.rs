//! Mails of our own writing, of every kind that real ones come in, with what must be read in them.
#![allow(clippy::unwrap_used)]
