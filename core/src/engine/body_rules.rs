//! Which bodies a sync fetches ahead, and how that is remembered.

use crate::account::{AccountSettings, BodyPolicy};
use crate::model::Timestamp;
use crate::store;

/// A policy with its figures. Written down by [`BodyRules::text`]: rules with other figures are other rules.
pub(super) struct BodyRules {
    policy: BodyPolicy,
    recent_days: u32,
    recent_bytes: u64,
}

impl BodyRules {
    pub(super) fn new(policy: BodyPolicy, settings: &AccountSettings) -> Self {
        Self { policy, recent_days: settings.recent_days, recent_bytes: settings.recent_bytes }
    }

    /// Whether no body is fetched ahead.
    pub(super) fn are_none(&self) -> bool {
        self.policy == BodyPolicy::None
    }

    /// The mails that the rules name as of now.
    pub(super) fn selection(&self, now: Timestamp) -> Option<store::BodySelection> {
        match self.policy {
            BodyPolicy::None => None,
            BodyPolicy::Recent => Some(store::BodySelection {
                since: Some(Timestamp(now.0 - i64::from(self.recent_days) * 86_400)),
                max_size: Some(self.recent_bytes),
            }),
            BodyPolicy::All => Some(store::BodySelection::default()),
        }
    }

    /// The rules as they are remembered.
    pub(super) fn text(&self) -> String {
        match self.policy {
            BodyPolicy::None => "none".to_owned(),
            BodyPolicy::Recent => format!("recent {} days, {} octets", self.recent_days, self.recent_bytes),
            BodyPolicy::All => "all".to_owned(),
        }
    }
}
