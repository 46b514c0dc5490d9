//! What a sync learns of a server, at what cost, and what it does not believe.

mod body_rules;
mod compression;
mod false_answers;
mod first_sync;
mod floods;
mod grounds;
mod lies;
mod lists;
mod meanwhile;
mod moves;
mod moving_ground;
mod names;
mod opened_meanwhile;
mod plain;
mod rebinding;
mod resync;
mod upgrades;
