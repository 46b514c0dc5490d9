//! From octets to commands.

mod command;
mod cursor;
mod fetch;
mod list;
mod mailbox;
mod search;
mod set;
mod words;

pub(crate) use command::{Command, Notify, NotifyEvents, NotifyFilter, Parsed};
pub(crate) use cursor::Syntax;
pub(crate) use fetch::{Fetch, Item, Section, SectionText};
pub(crate) use list::List;
pub(crate) use mailbox::{NewMail, Qresync, Select, Store, StoreWhat};
pub(crate) use search::{DateOf, Key, Search, SearchReturn, When};
pub(crate) use set::{Set, compact};
