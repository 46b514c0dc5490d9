//! Hard problems that no other client has solved, each by its number.

mod appends;
mod number_25;
mod offline;
mod outbox;
mod vanished;
mod waiting;
