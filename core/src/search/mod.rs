//! The search language: `from:ann subject:"two words" is:unread before:2026-01-01 has:attachment in:inbox -draft`. Pure: a
//! query becomes an expression for the full-text index and conditions for rows; what a server is asked is made of the same
//! terms where servers are known.

mod fulltext;
mod parse;

pub use fulltext::{is_cjk, match_expression};
pub use parse::{Field, InvalidQuery, Query, Term};
