//! EXPUNGE, UID EXPUNGE, COPY and MOVE.

use crate::imap::parse::{Set, compact};
use crate::imap::reply::{Outcome, bad, no, ok, refused};
use crate::imap::session::Session;
use crate::profile::{BrokenMove, Extension};
use crate::world::{Copied, Uid};

impl Session {
    pub(crate) fn expunge(&mut self, set: Option<&Set>) -> Outcome {
        let Some(view) = &self.view else { return bad("no mailbox is selected") };
        if view.read_only {
            return no("[READ-ONLY] nothing can be removed here");
        }
        let (by, mailbox) = (self.actor(), view.mailbox);
        let mut flagged = self.deleted_messages();
        if let Some(set) = set {
            let named = view.by_uid(set, true);
            flagged.retain(|uid| named.binary_search(uid).is_ok());
        }
        match self.with(|state, user| state.expunge(&by, user, mailbox, &flagged)) {
            Ok(modseq) if self.tells_modseq() && !flagged.is_empty() => {
                ok(format!("[HIGHESTMODSEQ {modseq}] expunged"))
            }
            Ok(_) => ok("expunged"),
            Err(refusal) => refused(refusal, false),
        }
    }

    /// The messages of the view that are flagged `\Deleted`.
    pub(crate) fn deleted_messages(&self) -> Vec<Uid> {
        let Some(view) = &self.view else { return Vec::new() };
        self.with_account(|account| {
            let mailbox = account.by_id(view.mailbox)?;
            let flagged = mailbox.deleted_uids();
            Some(flagged.into_iter().filter(|uid| view.number(*uid).is_some()).collect())
        })
        .flatten()
        .unwrap_or_default()
    }

    pub(crate) fn copy(&mut self, uid: bool, set: &Set, mailbox: &[u8]) -> Outcome {
        let Some(view) = &self.view else { return bad("no mailbox is selected") };
        let Some(uids) = self.resolve(uid, set) else { return bad("no such message") };
        let (raw, by, from) = (self.raw_name(mailbox), self.actor(), view.mailbox);
        match self.with(|state, user| state.copy(&by, user, from, &uids, &raw)) {
            Ok(copied) => ok(format!("{}copied", self.copy_code(&copied))),
            Err(refusal) => refused(refusal, true),
        }
    }

    pub(crate) fn move_messages(&mut self, uid: bool, set: &Set, mailbox: &[u8]) -> Outcome {
        let Some(view) = &self.view else { return bad("no mailbox is selected") };
        if view.read_only {
            return no("[READ-ONLY] nothing can be removed here");
        }
        let from = view.mailbox;
        let Some(mut uids) = self.resolve(uid, set) else { return bad("no such message") };
        let (raw, by, broken) = (self.raw_name(mailbox), self.actor(), self.profile.quirks.broken_move);
        let asked = uids.len();
        if let Some(BrokenMove::StopsAfter(count)) = broken {
            uids.truncate(count);
        }
        let done = self.with(|state, user| match broken {
            Some(BrokenMove::KeepsSource) => state.copy(&by, user, from, &uids, &raw),
            Some(BrokenMove::LosesTarget) => {
                state.expunge(&by, user, from, &uids).map(|_| Copied { uidvalidity: 0, pairs: Vec::new() })
            }
            _ => state.move_messages(&by, user, from, &uids, &raw),
        });
        match done {
            Ok(moved) => {
                let code = self.copy_code(&moved);
                if !code.is_empty() {
                    self.io.say(format!("* OK {code}moved"));
                }
                self.tell_news(true)?;
                if uids.len() < asked {
                    return no("[LIMIT] not all of them");
                }
                match &self.view {
                    Some(view) if self.tells_modseq() && asked > 0 => {
                        ok(format!("[HIGHESTMODSEQ {}] moved", view.told()))
                    }
                    _ => ok("moved"),
                }
            }
            Err(refusal) => refused(refusal, true),
        }
    }

    /// UIDs behind a set; `None` where it names a sequence number that does not exist.
    pub(crate) fn resolve(&self, uid: bool, set: &Set) -> Option<Vec<Uid>> {
        let view = self.view.as_ref()?;
        if uid { Some(view.by_uid(set, !self.profile.quirks.no_star_echo)) } else { view.by_number(set) }
    }

    fn copy_code(&self, copied: &Copied) -> String {
        if copied.pairs.is_empty() || !self.profile.has(Extension::UidPlus) {
            return String::new();
        }
        let from = compact(copied.pairs.iter().map(|(old, _)| *old));
        let to = compact(copied.pairs.iter().map(|(_, new)| *new));
        format!("[COPYUID {} {from} {to}] ", copied.uidvalidity)
    }
}
