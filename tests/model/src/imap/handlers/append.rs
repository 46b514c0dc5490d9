//! APPEND and REPLACE.

use crate::imap::parse::{NewMail, Set, compact};
use crate::imap::reply::{Outcome, bad, no, ok, refused};
use crate::imap::session::Session;
use crate::profile::Extension;
use crate::world::{Actor, Content, NewMessage, Refusal, Uid};

impl Session {
    pub(crate) fn append(&mut self, mailbox: &[u8], mails: Vec<NewMail>) -> Outcome {
        let (raw, by) = (self.raw_name(mailbox), self.actor());
        match self.append_all(&by, &raw, mails) {
            Ok((uidvalidity, uids)) if self.profile.has(Extension::UidPlus) => {
                ok(format!("[APPENDUID {uidvalidity} {}] appended", compact(uids)))
            }
            Ok(_) => ok("appended"),
            Err(refusal) => refused(refusal, true),
        }
    }

    /// Either all are appended or none.
    fn append_all(&self, by: &Actor, raw: &[u8], mails: Vec<NewMail>) -> Result<(u32, Vec<Uid>), Refusal> {
        let drop_keywords = self.profile.quirks.no_keywords;
        self.with(|state, user| {
            let account = state.account(user).ok_or(Refusal::NoUser)?;
            let wanted: u64 = mails.iter().map(|mail| mail.octets.len() as u64).sum();
            if account.quota.is_some_and(|quota| account.used() + wanted > quota) && account.mailbox(raw).is_some() {
                return Err(Refusal::OverQuota);
            }
            let mut outcome = (0, Vec::new());
            for mail in mails {
                let mut flags = mail.flags;
                if drop_keywords {
                    flags = flags.iter().filter(|flag| flag.starts_with('\\')).collect();
                }
                let content = Content::Bytes(mail.octets.into());
                let (uidvalidity, uid) =
                    state.append(by, user, raw, NewMessage { content, flags, internal_date: mail.date })?;
                outcome.0 = uidvalidity;
                outcome.1.push(uid);
            }
            Ok(outcome)
        })
    }

    pub(crate) fn replace(&mut self, uid: bool, target: &Set, mailbox: &[u8], mail: NewMail) -> Outcome {
        let Some(view) = &self.view else { return bad("no mailbox is selected") };
        if view.read_only {
            return no("[READ-ONLY] nothing can be replaced here");
        }
        let (raw, by, selected) = (self.raw_name(mailbox), self.actor(), view.mailbox);
        let uids = match self.resolve(uid, target) {
            Some(uids) if uids.len() == 1 => uids,
            Some(uids) if uids.is_empty() && uid => return no("[NONEXISTENT] no such message"),
            _ => return bad("REPLACE takes one message"),
        };
        match self.append_all(&by, &raw, vec![mail]) {
            Ok((uidvalidity, new)) => {
                if self.profile.has(Extension::UidPlus) {
                    self.io.say(format!("* OK [APPENDUID {uidvalidity} {}] appended", compact(new)));
                }
                if let Err(refusal) = self.with(|state, user| state.expunge(&by, user, selected, &uids)) {
                    return refused(refusal, false);
                }
                self.tell_news(true)?;
                ok("replaced")
            }
            Err(refusal) => refused(refusal, true),
        }
    }
}
