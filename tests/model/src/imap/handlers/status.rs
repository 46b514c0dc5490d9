//! STATUS.

use crate::imap::reply::{Outcome, no, ok};
use crate::imap::session::Session;
use crate::profile::StatusItem;
use crate::world::Mailbox;

impl Session {
    pub(crate) fn status(&mut self, mailbox: &[u8], items: &[StatusItem]) -> Outcome {
        let raw = self.raw_name(mailbox);
        let there = self.with_account(|account| account.mailbox(&raw).filter(|found| !found.noselect).is_some());
        if there != Some(true) {
            return no("[NONEXISTENT] no such mailbox");
        }
        self.say_status(&raw, items);
        ok("done")
    }

    pub(crate) fn say_status(&mut self, raw: &[u8], items: &[StatusItem]) {
        if items.contains(&StatusItem::HighestModseq) {
            self.enable_condstore();
        }
        let mut values = Vec::new();
        for item in items.iter().filter(|item| !self.profile.quirks.status_omits.contains(item)) {
            let Some(value) = self.status_value(raw, *item) else { continue };
            let key = (raw.to_vec(), *item);
            let value = self.old_status.get(&key).copied().unwrap_or(value);
            let value = self.profile.quirks.status_lies.get(&key).copied().unwrap_or(value);
            let shown = match item {
                StatusItem::MailboxId => format!("(F{value})"),
                StatusItem::AppendLimit if value == u64::MAX => "NIL".to_owned(),
                _ => value.to_string(),
            };
            values.push(format!("{} {shown}", item.word()));
        }
        self.io.put("* STATUS ");
        self.put_name(raw);
        self.io.put(format!(" ({})", values.join(" ")));
        self.io.end();
    }

    /// From now on STATUS answers what holds of a mailbox now.
    pub(crate) fn keep_status(&mut self, raw: &[u8]) {
        for item in [StatusItem::Messages, StatusItem::UidNext, StatusItem::Unseen, StatusItem::HighestModseq] {
            if let Some(value) = self.status_value(raw, item) {
                self.old_status.insert((raw.to_vec(), item), value);
            }
        }
    }

    /// What holds of a mailbox.
    pub(crate) fn status_value(&self, raw: &[u8], item: StatusItem) -> Option<u64> {
        let limit = self.profile.append_limit.unwrap_or(u64::MAX);
        let recent = self.profile.quirks.recent;
        self.with_account(|account| account.mailbox(raw).map(|mailbox| value(mailbox, item, limit, recent))).flatten()
    }
}

fn value(mailbox: &Mailbox, item: StatusItem, limit: u64, recent: bool) -> u64 {
    match item {
        StatusItem::Messages => mailbox.exists() as u64,
        StatusItem::Recent if recent => mailbox.recent() as u64,
        StatusItem::Recent => 0,
        StatusItem::UidNext => mailbox.uidnext.into(),
        StatusItem::UidValidity => mailbox.uidvalidity.into(),
        StatusItem::Unseen => mailbox.unseen() as u64,
        StatusItem::Deleted => mailbox.deleted() as u64,
        StatusItem::Size => mailbox.size(),
        StatusItem::HighestModseq if mailbox.nomodseq => 0,
        StatusItem::HighestModseq => mailbox.highest_modseq,
        StatusItem::MailboxId => mailbox.id,
        StatusItem::AppendLimit => limit,
    }
}
