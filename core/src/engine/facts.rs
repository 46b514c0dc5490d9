//! What is remembered of a server between logins, as JSON in the account's row.

use serde::{Deserialize, Serialize};

use crate::imap::Capabilities;

/// Facts about one server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Facts {
    /// What it could do after the last login; empty where that is not known.
    pub(super) capabilities: Vec<String>,
    /// Whether it does not say so at the login by itself.
    pub(super) quiet_login: bool,
    /// The body policy under which every body was fetched that it names: only new mail can lack one.
    pub(super) bodies_complete: String,
}

impl Facts {
    pub(super) fn from_json(text: &str) -> Self {
        // Facts are only a shortcut: what cannot be read is learnt again.
        serde_json::from_str(text).unwrap_or_default()
    }

    pub(super) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| "{}".to_owned())
    }

    pub(super) fn remembered(&self) -> Option<Capabilities> {
        (!self.capabilities.is_empty()).then(|| Capabilities::new(&self.capabilities))
    }
}
