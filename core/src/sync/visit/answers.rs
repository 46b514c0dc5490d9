//! What the server said of the mailbox, taken in.

use std::sync::Arc;

use super::{HELD, OCTETS, REFUSALS, ROWS, Step, Visit};
use crate::imap::{Code, Condition, Fetch, Untagged};
use crate::model::UidSet;
use crate::sync::conductor::{Ask, ok};
use crate::sync::gathered::Gathered;
use crate::sync::items::Detail;
use crate::sync::plan::delta::{self, Selected, Verdict};
use crate::sync::{batch, gaps};

impl Visit {
    /// Takes what the server said. Returns whether rows should be flushed.
    pub(in crate::sync) fn data(&mut self, ask: Option<&Ask>, data: Untagged) -> bool {
        // On the way back to the mailbox whatever is told of messages is about the one before.
        if matches!(ask, Some(Ask::Reopen)) && matches!(data, Untagged::Fetch(_) | Untagged::Vanished { .. }) {
            return false;
        }
        match data {
            Untagged::Exists(count) => self.exists = count,
            Untagged::Expunge(_) => self.exists = self.exists.saturating_sub(1),
            Untagged::Vanished { earlier: true, uids } => self.vanishing.add(&uids),
            Untagged::Vanished { earlier: false, uids } => {
                self.exists = self.exists.saturating_sub(u32::try_from(uids.len()).unwrap_or(u32::MAX));
            }
            Untagged::Search { uids, .. } => self.listing.add(&uids),
            Untagged::Fetch(fetch) => self.fetched(*fetch),
            Untagged::Condition(Condition { code: Some(code), .. }) => self.code(code),
            _ => {}
        }
        let full = self.rows.len().max(self.flags.len()) >= ROWS || self.octets >= OCTETS;
        if !full || !matches!(ask, Some(Ask::Open)) || self.is_known_to_continue() {
            return full;
        }
        // Before the mailbox is judged, nothing may be written: the UIDs may mean other messages. Nor can everything be held.
        if self.flags.len() >= HELD || self.octets >= OCTETS {
            self.flags = Vec::new();
            self.octets = 0;
            self.forgot = true;
        }
        false
    }

    /// Whether what was told so far shows that the mailbox goes on where the mirror stands.
    fn is_known_to_continue(&self) -> bool {
        let selected = Selected { exists: Some(self.exists), ..self.selected.clone() };
        self.mirror.uid_validity.is_some() && delta::judge(&self.mirror, &selected) == Verdict::Continues
    }

    /// Figures count as they were when the mailbox was opened: what changed since is asked for by the next run, and would
    /// not be if this one wrote down what it came back to.
    fn code(&mut self, code: Code) {
        let opened = self.selected.exists.is_some();
        match code {
            Code::UidValidity(validity) if opened => self.failed |= self.selected.uid_validity != Some(validity),
            _ if opened => {}
            // What came before it was about the mailbox before (RFC 7162 section 3.2.11).
            Code::Closed => self.forget_told(),
            Code::UidValidity(validity) => self.selected.uid_validity = Some(validity),
            Code::UidNext(next) => self.selected.uid_next = Some(next),
            Code::HighestModSeq(modseq) => self.selected.highest_modseq = Some(modseq),
            Code::UidNotSticky => self.selected.uid_not_sticky = true,
            Code::MailboxId(id) if is_object_id(&id) => self.state.object_id = Some(id),
            _ => {}
        }
    }

    fn forget_told(&mut self) {
        self.selected = Selected::default();
        self.exists = 0;
        self.vanishing = Gathered::default();
        self.rows.clear();
        self.flags.clear();
        self.early.clear();
        self.answered = UidSet::new();
        self.octets = 0;
    }

    /// Answers to several FETCH commands may come in one run before the first of them is done (Dovecot does so): what
    /// an answer is for is told by its UID, not by its place.
    fn fetched(&mut self, fetch: Fetch) {
        if self.failed || matches!(self.verdict, Verdict::NewValidity | Verdict::Unusable | Verdict::Stale) {
            return;
        }
        let Some(uid) = fetch.uid else { return };
        self.octets += batch::octets(&fetch);
        // A second answer is news of the flags at most.
        if self.awaited.iter().any(|range| range.contains(uid)) && !self.answered.contains(uid) {
            let tells_flags = fetch.flags.is_some();
            match batch::new_message(fetch) {
                Ok(row) => {
                    self.answered.insert(uid);
                    self.filled += u64::from(self.stage == Step::Filling);
                    self.rows.push(row);
                    // It came before, and tells what was before.
                    if tells_flags {
                        self.early.remove(&uid);
                    }
                }
                // News of flags alone is no answer to it.
                Err(fetch) => self.early.extend(fetch.flags.map(|flags| (uid, (flags, fetch.modseq)))),
            }
        } else if let Some(flags) = fetch.flags {
            self.flags.push((uid, flags, fetch.modseq));
        }
    }

    /// Takes a command's end.
    pub(in crate::sync) fn done(&mut self, ask: Ask, condition: &Condition) {
        if let Some(code) = condition.code.clone() {
            self.code(code);
        }
        self.vanished = self.vanished.union(&self.vanishing.take());
        match ask {
            Ask::Open if !ok(condition) => self.failed = true,
            Ask::Open => {
                self.selected.exists = Some(self.exists);
                self.opened_with = self.exists;
                self.verdict = delta::judge(&self.mirror, &self.selected);
                if self.forgot && self.verdict == Verdict::Continues {
                    self.verdict = Verdict::Compare;
                }
            }
            Ask::Reopen if !ok(condition) => self.failed = true,
            Ask::Search(from) => {
                self.listed = self.listed.union(&self.listing.take());
                self.listed_all = ok(condition) && from.is_none();
            }
            Ask::Changes if !ok(condition) => self.failed = true,
            // An empty answer may come without any data: nothing is unseen then.
            Ask::Unseen => {
                let told = self.listing.take();
                self.unseen = ok(condition).then_some(told);
            }
            Ask::Range(range) => {
                self.awaited.retain(|other| !Arc::ptr_eq(other, &range));
                self.take_early(&range);
                if !ok(condition) {
                    // What arrived is not known then, whatever the counts say.
                    self.range_end = None;
                }
            }
            Ask::Window(window, detail) => {
                self.awaited.retain(|other| !Arc::ptr_eq(other, &window));
                self.take_early(&window);
                let missing = window.difference(&self.answered);
                if !ok(condition) && gaps::is_for_now(condition) {
                    self.refused_for_now(missing, detail);
                } else {
                    self.refusals = 0;
                    self.try_again(missing, detail, ok(condition));
                }
            }
            _ => {}
        }
        if matches!(self.verdict, Verdict::NewValidity | Verdict::Stale) || self.failed {
            self.rows.clear();
            self.flags.clear();
            self.early.clear();
        }
    }

    /// One message may keep a server from giving any that are asked for with it, and one that takes few at a time may say so. But who
    /// gives nothing at all is asked later.
    fn refused_for_now(&mut self, missing: UidSet, detail: Detail) {
        self.refusals += 1;
        if self.refusals >= REFUSALS {
            self.put_off = true;
            self.targets = UidSet::new();
            self.retry.clear();
        } else if missing.len() == 1 {
            self.refused = self.refused.union(&missing);
        } else {
            self.try_again(missing, detail, false);
        }
    }

    /// What was told of the flags of messages that did not come counts for those that are here already.
    fn take_early(&mut self, asked: &UidSet) {
        let of_them = self.early.extract_if(.., |uid, _| asked.contains(*uid));
        self.flags.extend(of_them.map(|(uid, (flags, modseq))| (uid, flags, modseq)));
    }

    /// What was asked for and not answered is asked for again in smaller helpings, then with fewer items.
    fn try_again(&mut self, missing: UidSet, detail: Detail, carried_out: bool) {
        if missing.is_empty() {
            return;
        }
        let alone = missing.len() == 1;
        let next = if alone || carried_out && detail <= Detail::Usual { detail.simpler() } else { Some(detail) };
        match next {
            Some(detail) => {
                let mut rest = missing;
                let helping = if alone { 1 } else { (rest.len() / 4).clamp(1, 64) };
                while !rest.is_empty() {
                    self.retry.push((rest.split_highest(helping), detail));
                }
            }
            None => self.unanswered = self.unanswered.union(&missing),
        }
    }
}

/// Whether a server's id is one (RFC 8474 section 7): anything else would be taken for a name of something.
fn is_object_id(id: &str) -> bool {
    (1..=255).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}
