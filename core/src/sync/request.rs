//! What a run is given.

use std::sync::Arc;

use super::control::{Budget, Control};
use super::report::Note;
use super::spool::IncomingSpool;
use crate::imap::command::Command;
use crate::imap::{Capabilities, Session};
use crate::model::{AccountId, Clock, MailboxId};
use crate::store::{BodySelection, Store};
use crate::wire::Traffic;

/// What a run shall do.
pub struct Request {
    /// The account.
    pub account: AccountId,
    /// The login, where the session is not logged in yet: sent in the first flight.
    pub login: Option<Command>,
    /// What the server could do after the last login: taken for true until it says otherwise.
    pub remembered: Option<Capabilities>,
    /// Whether it keeps quiet at the login about what it can do after it: then it is asked.
    pub quiet_login: bool,
    /// Whether much is to be expected: no sync has come to its end yet, or bodies that the policy names were never all here.
    pub expects_much: bool,
    /// Only these mailboxes; all where empty.
    pub mailboxes: Vec<MailboxId>,
    /// Nothing but the list of mailboxes.
    pub only_list: bool,
    /// Which bodies to fetch; none where it is `None`.
    pub bodies: Option<BodySelection>,
    /// Whether every body that this policy names was fetched before: then only new mail can lack one.
    pub bodies_complete: bool,
    /// What the run may cost.
    pub limits: Budget,
}

/// What a run works with.
pub struct Means<'s> {
    /// The session, fresh or used before.
    pub session: &'s mut Session,
    /// Where its large literals go.
    pub spool: &'s IncomingSpool,
    /// The mirror.
    pub store: Store,
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// What the session's connections cost.
    pub traffic: Arc<Traffic>,
    /// Who may cancel.
    pub control: Control,
    /// Who is told what happens.
    pub tell: &'s (dyn Fn(Note) + Send + Sync),
}
