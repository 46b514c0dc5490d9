//! How what was done reaches the server once, whatever is cut, killed or unknown.

mod bulk;
mod cuts;
mod damaged_journal;
mod flicker;
mod kill_every_step;
mod mailbox_cuts;
mod only_looking;
mod recovery_copy;
mod recovery_delete;
mod recovery_doubles;
mod recovery_flags;
mod recovery_move;
mod turn_arounds;
