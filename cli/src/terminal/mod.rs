//! What people see: text in columns, colours and bars on a terminal, plain text and JSON elsewhere.

mod dates;
mod out;
mod progress;
mod prompt;
mod table;
mod text;

pub(crate) use dates::Dates;
pub(crate) use out::Out;
pub(crate) use progress::Progress;
pub(crate) use prompt::{confirm, password_from_stdin, password_from_terminal};
pub(crate) use table::{Column, Table};
pub(crate) use text::{
    address, addresses, block, bytes, count, flag_letters, milliseconds, one_line, people, shorten, wrap,
};
