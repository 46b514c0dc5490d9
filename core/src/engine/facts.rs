//! What is remembered of a server between logins, as JSON in the account's row.

use serde::{Deserialize, Serialize};

use super::body_rules::BodyRules;
use crate::imap::{Capabilities, Session};

/// Facts about one server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Facts {
    /// What it could do after the last login; empty where that is not known.
    pub(super) capabilities: Vec<String>,
    /// Whether it keeps quiet at the login about what it can do after it.
    pub(super) quiet_login: bool,
    /// Whether commands that came right behind a login broke the session once (Cyrus 3.6 takes the next command for a part of an
    /// AUTHENTICATE with an initial response).
    waits_for_login: bool,
    /// The rules by which every body was fetched that they name: only new mail can lack one. Empty where there are none.
    bodies_complete: String,
}

impl Facts {
    pub(super) fn from_json(text: &str) -> Self {
        // Facts are only a shortcut: what cannot be read is learnt again.
        serde_json::from_str(text).unwrap_or_default()
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }

    /// What the server could do after the last login, where that is known.
    pub(super) fn remembered(&self) -> Option<Capabilities> {
        (!self.capabilities.is_empty()).then(|| Capabilities::new(&self.capabilities))
    }

    /// The same, where commands may follow the login at once on the strength of it.
    pub(super) fn remembered_in_flight(&self) -> Option<Capabilities> {
        self.remembered().filter(|_| !self.waits_for_login)
    }

    /// The login broke the session, and commands may have been right behind it.
    pub(super) fn learn_to_wait(&mut self) {
        self.waits_for_login |= self.remembered().is_some();
    }

    /// Takes over what a session has learnt of the server's abilities.
    pub(super) fn learn_abilities(&mut self, session: &Session) {
        if session.is_logged_in() && session.capabilities_known() {
            self.quiet_login = session.is_quiet_at_login();
            let capabilities: Vec<String> = session.capabilities().iter().map(str::to_owned).collect();
            // Another version of it may do better.
            self.waits_for_login &= self.capabilities == capabilities;
            self.capabilities = capabilities;
        }
    }

    /// Whether every body is here that these rules name, but for those of mail that comes now.
    pub(super) fn has_bodies_of(&self, rules: &BodyRules) -> bool {
        !rules.are_none() && self.bodies_complete == rules.text()
    }

    pub(super) fn learn_bodies_of(&mut self, rules: &BodyRules) {
        self.bodies_complete = rules.text();
    }

    pub(super) fn forget_bodies(&mut self) {
        self.bodies_complete.clear();
    }
}
