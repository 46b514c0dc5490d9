//! What to do, decided from plain data: no store, no session, no clock.

pub mod delta;
pub mod flag_windows;
pub mod mailbox_list;
pub mod names;
mod role_names;
pub mod roles;
pub mod windows;
