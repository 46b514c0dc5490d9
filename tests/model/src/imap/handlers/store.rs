//! STORE.

use crate::imap::parse::{Store, StoreWhat, compact};
use crate::imap::reply::{Outcome, bad, no, ok, refused};
use crate::imap::session::Session;
use crate::world::{FlagChange, Flags, Refusal, Stored, Uid};

impl Session {
    pub(crate) async fn store(&mut self, store: &Store) -> Outcome {
        let Some(view) = &self.view else { return bad("no mailbox is selected") };
        if view.read_only {
            if self.profile.quirks.ignores_store_when_read_only {
                return ok("ignored");
            }
            return no("[READ-ONLY] nothing can be changed here");
        }
        if store.unchanged_since.is_some() {
            if view.nomodseq {
                return bad("there are no mod-sequences here");
            }
            self.enable_condstore();
        }
        self.tell_news(false)?;
        let Some(uids) = self.resolve(store.uid, &store.set) else { return bad("no such message") };
        let stored = match &store.what {
            StoreWhat::Flags(flags) => self.store_flags(store, flags, &uids),
            StoreWhat::Labels(labels) => return self.store_labels(store, labels, &uids).await,
        };
        let stored = match stored {
            Ok(stored) => stored,
            Err(refusal) => return refused(refusal, false),
        };
        if let Some(view) = &mut self.view {
            view.knows(&stored);
        }
        if !store.silent || self.enabled.condstore {
            self.echo(&stored, store).await?;
        }
        let gone = stored.stored.len() + stored.modified.len() < uids.len();
        self.stored_reply(store, &stored, gone)
    }

    fn store_flags(&self, store: &Store, flags: &Flags, uids: &[Uid]) -> Result<Stored, Refusal> {
        let by = self.actor();
        let mailbox = self.view.as_ref().map_or(0, |view| view.mailbox);
        let mut flags = flags.clone();
        flags.remove("\\Recent");
        if self.profile.quirks.no_keywords {
            flags = flags.iter().filter(|flag| flag.starts_with('\\')).collect();
        }
        let change = (store.change, &flags);
        self.with(|state, user| state.store(&by, user, mailbox, uids, change, store.unchanged_since))
    }

    /// Tells the flags as they are now; when silent, only the mod-sequence of what changed.
    async fn echo(&mut self, stored: &Stored, store: &Store) -> Result<(), crate::imap::wire::Closed> {
        for chunk in stored.stored.chunks(256) {
            for (number, uid, place) in self.places(chunk) {
                let Some(place) = place else { continue };
                let changed = stored.changed.binary_search(&uid).is_ok();
                if !store.silent {
                    self.say_flags(number, &place, store.uid || self.enabled.qresync);
                } else if changed && self.tells_modseq() {
                    let with_uid =
                        if store.uid || self.enabled.qresync { format!("UID {uid} ") } else { String::new() };
                    self.io.say(format!("* {number} FETCH ({with_uid}MODSEQ ({}))", place.modseq));
                }
            }
            self.io.relief().await?;
        }
        Ok(())
    }

    fn stored_reply(&self, store: &Store, stored: &Stored, gone: bool) -> Outcome {
        if !stored.modified.is_empty() {
            let named = stored.modified.iter().filter_map(|uid| {
                if store.uid { Some(*uid) } else { self.view.as_ref().and_then(|view| view.number(*uid)) }
            });
            let text = format!("[MODIFIED {}] some had changed", compact(named));
            return if gone && !store.uid { no(text) } else { ok(text) };
        }
        if gone && !store.uid {
            return no("[EXPUNGEISSUED] some of the messages are gone");
        }
        ok("stored")
    }

    async fn store_labels(&mut self, store: &Store, labels: &[Vec<u8>], uids: &[Uid]) -> Outcome {
        let by = self.actor();
        let own =
            self.view.as_ref().and_then(|view| self.with_account(|account| account.label_of(view.mailbox)).flatten());
        for (_, _, place) in self.places(uids) {
            let Some(place) = place else { continue };
            let done = self.with(|state, user| {
                let have = state.account(user).map(|account| account.labels_of(&place.message)).unwrap_or_default();
                if store.change == FlagChange::Replace {
                    for label in have.iter().filter(|label| !labels.contains(label) && own.as_ref() != Some(label)) {
                        state.relabel(&by, user, &place, label, false)?;
                    }
                }
                for label in labels {
                    state.relabel(&by, user, &place, label, store.change != FlagChange::Remove)?;
                }
                Ok(())
            });
            if let Err(refusal) = done {
                return refused(refusal, false);
            }
        }
        if !store.silent {
            self.echo_labels(uids, store.uid).await?;
        }
        ok("stored")
    }
}
