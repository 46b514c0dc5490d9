//! Connections, logins, and cores that begin and end.

mod api;
mod cut_sessions;
mod cuts;
mod kept;
mod kill_every_write;
mod lifecycle;
mod observed;
mod second_logins;
mod tokens;
