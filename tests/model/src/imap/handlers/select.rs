//! SELECT, EXAMINE, CLOSE, UNSELECT.

use std::collections::BTreeSet;

use crate::imap::parse::{Qresync, Select, Set, compact};
use crate::imap::reply::{Outcome, bad, no, ok};
use crate::imap::session::Session;
use crate::imap::view::View;
use crate::imap::wire::Closed;
use crate::profile::Extension;
use crate::world::Uid;

/// What SELECT tells besides the view.
struct Facts {
    view: View,
    first_unseen: Option<Uid>,
    uidnext: Uid,
    highest_modseq: u64,
    id: u64,
}

impl Session {
    pub(crate) async fn select(&mut self, select: Select) -> Outcome {
        if select.qresync.is_some() && !self.enabled.qresync {
            self.violation("QRESYNC before it was enabled");
            return bad("QRESYNC is not enabled");
        }
        if self.profile.quirks.old_status_of_selected {
            self.old_status.clear();
        }
        if self.view.take().is_some() && self.profile.has(Extension::Qresync) {
            self.io.say("* OK [CLOSED] the other mailbox");
        }
        if select.condstore || select.qresync.is_some() {
            self.enable_condstore();
        }
        let raw = self.raw_name(&select.mailbox);
        let facts = self.facts(&raw, select.examine);
        self.opened_in_vain = facts.is_none();
        let Some(facts) = facts else {
            return no("[NONEXISTENT] no such mailbox");
        };
        self.say_facts(&facts);
        let (uidvalidity, read_only) = (facts.view.uidvalidity, facts.view.read_only);
        self.view = Some(facts.view);
        if self.profile.quirks.old_status_of_selected {
            self.keep_status(&raw);
        }
        if let Some(known) = select.qresync.filter(|known| known.uidvalidity == uidvalidity) {
            self.resynchronise(&known).await?;
        }
        ok(if read_only { "[READ-ONLY] selected" } else { "[READ-WRITE] selected" })
    }

    fn facts(&self, raw: &[u8], examine: bool) -> Option<Facts> {
        self.with(|state, user| {
            let mailbox = state.account_mut(user)?.mailbox_mut(raw).filter(|mailbox| !mailbox.noselect)?;
            let read_only = examine || mailbox.read_only;
            let facts = Facts {
                view: View::new(mailbox, read_only),
                first_unseen: mailbox.first_unseen(),
                uidnext: mailbox.uidnext,
                highest_modseq: mailbox.highest_modseq,
                id: mailbox.id,
            };
            if !read_only {
                mailbox.recent_from = mailbox.uidnext;
            }
            Some(facts)
        })
    }

    fn say_facts(&mut self, facts: &Facts) {
        let quirks = self.profile.quirks.clone();
        self.say_keywords(&facts.view.keywords, facts.view.read_only);
        self.io.say(format!("* {} EXISTS", facts.view.exists()));
        let recent = if quirks.recent { facts.view.recent() } else { 0 };
        self.io.say(format!("* {recent} RECENT"));
        if let Some(number) = facts.first_unseen.and_then(|uid| facts.view.number(uid)) {
            self.io.say(format!("* OK [UNSEEN {number}] first unseen"));
        }
        self.io.say(format!("* OK [UIDVALIDITY {}] valid", facts.view.uidvalidity));
        if !quirks.no_uidnext_at_select {
            self.io.say(format!("* OK [UIDNEXT {}] next", facts.uidnext));
        }
        if quirks.uid_not_sticky {
            self.io.say("* NO [UIDNOTSTICKY] they do not last");
        }
        if self.profile.has(Extension::Condstore) {
            if facts.view.nomodseq {
                self.io.say("* OK [NOMODSEQ] no mod-sequences here");
            } else {
                self.io.say(format!("* OK [HIGHESTMODSEQ {}] highest", facts.highest_modseq));
            }
        }
        if self.profile.has(Extension::ObjectId) {
            self.io.say(format!("* OK [MAILBOXID (F{})] identity", facts.id));
        }
    }

    /// Tells what changed since the client last looked (RFC 7162 section 3.2.5).
    async fn resynchronise(&mut self, known: &Qresync) -> Result<(), Closed> {
        let Some(view) = self.view.as_ref().filter(|view| !view.nomodseq) else { return Ok(()) };
        let answer = self.with_account(|account| {
            let mailbox = account.by_id(view.mailbox)?;
            let largest = mailbox.uidnext.saturating_sub(1);
            let wanted = |uid: Uid| known.known.as_ref().is_none_or(|set| set.contains(uid, largest));
            let vanished: Vec<Uid> = match mailbox.vanished_since(known.modseq) {
                Some(vanished) => vanished.into_iter().filter(|uid| wanted(*uid)).collect(),
                None => {
                    let matched = matched(known, view);
                    (matched + 1..=largest).filter(|uid| wanted(*uid) && !mailbox.contains(*uid)).collect()
                }
            };
            let changed: BTreeSet<Uid> =
                mailbox.changed_since(known.modseq).into_iter().filter(|uid| wanted(*uid)).collect();
            Some((vanished, changed))
        });
        let Some((vanished, changed)) = answer.flatten() else { return Ok(()) };
        if !vanished.is_empty() {
            self.io.say(format!("* VANISHED (EARLIER) {}", compact(vanished)));
        }
        let changed: Vec<Uid> = changed.into_iter().collect();
        for chunk in changed.chunks(256) {
            for (number, _, place) in self.places(chunk) {
                if let Some(place) = place {
                    self.say_flags(number, &place, true);
                }
            }
            self.io.relief().await?;
        }
        Ok(())
    }

    pub(crate) fn close(&mut self, expunge: bool) -> Outcome {
        let Some(view) = &self.view else { return bad("no mailbox is selected") };
        if expunge && !view.read_only {
            let (by, mailbox) = (self.actor(), view.mailbox);
            let flagged = self.deleted_messages();
            if let Err(refusal) = self.with(|state, user| state.expunge(&by, user, mailbox, &flagged)) {
                return crate::imap::reply::refused(refusal, false);
            }
        }
        self.view = None;
        ok("closed")
    }
}

/// The largest UID up to which the client's pairs of numbers and UIDs still hold.
fn matched(known: &Qresync, view: &View) -> Uid {
    let Some((numbers, uids)) = &known.matches else { return 0 };
    fn members(set: &Set, largest: u32) -> impl Iterator<Item = u32> {
        set.ranges(largest).flat_map(|(first, last)| first..=last)
    }
    let pairs = members(numbers, view.exists()).zip(members(uids, view.uids.last().copied().unwrap_or(0)));
    pairs.take_while(|(number, uid)| view.number(*uid) == Some(*number)).last().map_or(0, |(_, uid)| uid)
}
