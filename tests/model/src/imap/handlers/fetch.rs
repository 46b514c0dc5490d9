//! FETCH.

use std::sync::Arc;

use crate::imap::parse::{Fetch, Item, SectionText, compact};
use crate::imap::reply::{Outcome, bad, no, ok};
use crate::imap::session::Session;
use crate::imap::wire::Closed;
use crate::world::{Content, FlagChange, Flags, InternalDate, Message, Place, Uid};

/// Messages looked up under one lock.
const BATCH: usize = 128;

impl Session {
    pub(crate) async fn fetch(&mut self, mut fetch: Fetch) -> Outcome {
        let Some(view) = &self.view else { return bad("no mailbox is selected") };
        let modseq = fetch.changed_since.is_some() || fetch.items.contains(&Item::Modseq);
        if modseq && view.nomodseq {
            return bad("there are no mod-sequences here");
        }
        if fetch.vanished && !self.enabled.qresync {
            self.violation("VANISHED before QRESYNC was enabled");
            return bad("QRESYNC is not enabled");
        }
        if modseq {
            self.enable_condstore();
        }
        complete(&mut fetch);
        let Some(mut uids) = self.resolve(fetch.uid, &fetch.set) else { return bad("no such message") };
        if fetch.vanished {
            self.say_vanished(&fetch).await?;
        }
        if let Some(since) = fetch.changed_since {
            uids = self.changed(since, uids);
        }
        let mut missing = false;
        let reads = !view_is_read_only(self) && fetch.items.iter().any(marks_seen);
        if reads {
            self.tell_news(false)?;
        }
        for chunk in uids.chunks(BATCH) {
            let newly_seen = if reads { self.mark_seen(chunk) } else { Vec::new() };
            for (number, uid, place) in self.places(chunk) {
                let Some(place) = place.or_else(|| self.profile.quirks.nil_fetch.then(|| nothing(uid))) else {
                    missing = true;
                    continue;
                };
                let with_flags = newly_seen.contains(&uid) && !fetch.items.contains(&Item::Flags);
                self.say_message(number, &place, &fetch.items, with_flags).await?;
            }
        }
        if missing && !fetch.uid {
            return no("[EXPUNGEISSUED] some of the messages are gone");
        }
        ok("fetched")
    }

    async fn say_message(
        &mut self,
        number: u32,
        place: &Place,
        items: &[Item],
        with_flags: bool,
    ) -> Result<(), Closed> {
        self.io.put(format!("* {number} FETCH ("));
        let mut source = super::item::Source::new(place);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.io.put(" ");
            }
            self.put_item(place, &mut source, item).await?;
        }
        if with_flags {
            self.io.put(" ");
            self.put_flags(place);
        }
        self.io.put(")");
        self.io.end();
        self.io.relief().await
    }

    /// Sets `\Seen` on messages whose text is fetched; gives those that had not been seen.
    fn mark_seen(&mut self, uids: &[Uid]) -> Vec<Uid> {
        let unseen: Vec<Uid> = self
            .places(uids)
            .into_iter()
            .filter(|(_, _, place)| place.as_ref().is_some_and(|place| !place.flags.contains("\\Seen")))
            .map(|(_, uid, _)| uid)
            .collect();
        let Some(mailbox) = self.view.as_ref().map(|view| view.mailbox).filter(|_| !unseen.is_empty()) else {
            return unseen;
        };
        let (by, seen) = (self.actor(), Flags::of(["\\Seen"]));
        let stored = self.with(|state, user| state.store(&by, user, mailbox, &unseen, (FlagChange::Add, &seen), None));
        if let (Ok(stored), Some(view)) = (stored, &mut self.view) {
            view.knows(&stored);
        }
        unseen
    }

    fn changed(&self, since: u64, uids: Vec<Uid>) -> Vec<Uid> {
        let Some(view) = &self.view else { return uids };
        let changed = self
            .with_account(|account| account.by_id(view.mailbox).map(|mailbox| mailbox.changed_since(since)))
            .flatten()
            .unwrap_or_default();
        uids.into_iter().filter(|uid| changed.contains(uid)).collect()
    }

    async fn say_vanished(&mut self, fetch: &Fetch) -> Result<(), Closed> {
        let Some(view) = &self.view else { return Ok(()) };
        let since = fetch.changed_since.unwrap_or(0);
        let vanished = self
            .with_account(|account| {
                let mailbox = account.by_id(view.mailbox)?;
                let largest = mailbox.uidnext.saturating_sub(1);
                let wanted = |uid: &Uid| fetch.set.contains(*uid, largest) && !mailbox.contains(*uid);
                Some(match mailbox.vanished_since(since) {
                    Some(vanished) => vanished.into_iter().filter(wanted).collect::<Vec<_>>(),
                    None => (1..=largest).filter(wanted).collect(),
                })
            })
            .flatten()
            .unwrap_or_default();
        if !vanished.is_empty() {
            self.io.say(format!("* VANISHED (EARLIER) {}", compact(vanished)));
        }
        self.io.relief().await
    }

    /// Tells the labels as they are now.
    pub(crate) async fn echo_labels(&mut self, uids: &[Uid], with_uid: bool) -> Result<(), Closed> {
        let mut items = vec![Item::GmLabels];
        if with_uid {
            items.insert(0, Item::Uid);
        }
        for (number, _, place) in self.places(uids) {
            if let Some(place) = place {
                self.say_message(number, &place, &items, false).await?;
            }
        }
        Ok(())
    }
}

/// Adds what goes without saying: UID for a fetch by UID, MODSEQ where changes since one are asked for.
fn complete(fetch: &mut Fetch) {
    if fetch.uid && !fetch.items.contains(&Item::Uid) {
        fetch.items.insert(0, Item::Uid);
    }
    if fetch.changed_since.is_some() && !fetch.items.contains(&Item::Modseq) {
        fetch.items.push(Item::Modseq);
    }
}

fn view_is_read_only(session: &Session) -> bool {
    session.view.as_ref().is_none_or(|view| view.read_only)
}

/// Whether fetching this sets `\Seen`.
fn marks_seen(item: &Item) -> bool {
    match item {
        Item::Body { peek, section, .. } => !peek && section.text != SectionText::Mime,
        Item::Binary { peek, .. } => !peek,
        _ => false,
    }
}

/// What a server tells that has nothing left of a message but will not say so.
fn nothing(uid: Uid) -> Arc<Place> {
    let message = Message {
        email_id: "none".to_owned(),
        thread_id: "none".to_owned(),
        gm_msgid: 0,
        gm_thrid: 0,
        internal_date: InternalDate::utc(0),
        content: Content::Bytes(Arc::from([])),
    };
    Arc::new(Place { uid, flags: Flags::new(), modseq: 1, saved: 0, message: Arc::new(message) })
}
