//! CREATE, DELETE, RENAME, SUBSCRIBE.

use crate::imap::reply::{Outcome, no, ok, refused};
use crate::imap::session::Session;
use crate::profile::Extension;
use crate::world::{Refusal, name};

impl Session {
    pub(crate) fn create(&mut self, mailbox: &[u8], uses: &[String]) -> Outcome {
        let known = ["\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Junk", "\\Sent", "\\Trash", "\\Important"];
        let uses: Option<Vec<&str>> =
            uses.iter().map(|wanted| known.into_iter().find(|known| known.eq_ignore_ascii_case(wanted))).collect();
        let Some(uses) = uses else { return no("[USEATTR] no such special use") };
        let (raw, by) = (self.raw_name(mailbox), self.actor());
        if !self.in_namespace(&raw) {
            return no("[CANNOT] mailboxes lie below the namespace's prefix");
        }
        if name::decode(&raw).is_none() {
            return no("[CANNOT] the name is no modified UTF-7");
        }
        match self.with(|state, user| state.create(&by, user, &raw, &uses)) {
            Ok(id) if self.profile.has(Extension::ObjectId) => ok(format!("[MAILBOXID (F{id})] created")),
            Ok(_) => ok("created"),
            Err(refusal) => refused(refusal, false),
        }
    }

    pub(crate) fn delete(&mut self, mailbox: &[u8]) -> Outcome {
        let (raw, by) = (self.raw_name(mailbox), self.actor());
        let selected = self.view.as_ref().map(|view| view.mailbox);
        let target = self.with_account(|account| account.mailbox(&raw).map(|found| found.id)).flatten();
        let done = self.with(|state, user| state.delete(&by, user, &raw));
        if done.is_ok() && selected.is_some() && selected == target {
            self.view = None;
        }
        self.settled(done, "deleted")
    }

    pub(crate) fn rename(&mut self, from: &[u8], to: &[u8]) -> Outcome {
        let (from, to, by) = (self.raw_name(from), self.raw_name(to), self.actor());
        if !self.in_namespace(&to) {
            return no("[CANNOT] mailboxes lie below the namespace's prefix");
        }
        let done = self.with(|state, user| state.rename(&by, user, &from, &to));
        self.settled(done, "renamed")
    }

    pub(crate) fn subscribe(&mut self, mailbox: &[u8], on: bool) -> Outcome {
        let (raw, by) = (self.raw_name(mailbox), self.actor());
        let done = self.with(|state, user| state.subscribe(&by, user, &raw, on));
        self.settled(done, if on { "subscribed" } else { "unsubscribed" })
    }

    fn in_namespace(&self, raw: &[u8]) -> bool {
        raw.starts_with(&self.profile.layout.prefix)
    }

    fn settled(&self, done: Result<(), Refusal>, text: &str) -> Outcome {
        match done {
            Ok(()) => ok(text),
            Err(refusal) => refused(refusal, false),
        }
    }
}
