//! NOTIFY (RFC 5465): news of mailboxes that are not selected, and of the selected one outside of commands.

use std::collections::BTreeMap;

use super::list::delimiter_shown;
use crate::imap::parse::{Notify, NotifyEvents, NotifyFilter};
use crate::imap::reply::{Outcome, ok};
use crate::imap::session::Session;
use crate::imap::wire::Closed;
use crate::profile::{Extension, StatusItem};
use crate::world::{Account, Mailbox, name};

/// What a client asked to be told of, and what it was told.
#[derive(Debug)]
pub(crate) struct Watch {
    wanted: Notify,
    told: BTreeMap<u64, (Vec<u8>, u64)>,
}

impl Session {
    pub(crate) fn notify(&mut self, notify: Option<Notify>) -> Outcome {
        let Some(wanted) = notify else {
            self.watch = None;
            return ok("no more news");
        };
        let told = self.with_account(standing).unwrap_or_default();
        if wanted.status {
            let names: Vec<Vec<u8>> = self
                .with_account(|account| {
                    let watched = account.mailboxes().filter(|mailbox| events(&wanted, mailbox, account).is_some());
                    watched.filter(|mailbox| !mailbox.noselect).map(|mailbox| mailbox.name.clone()).collect()
                })
                .unwrap_or_default();
            for raw in names {
                self.say_status(&raw, &self.watched_items());
            }
        }
        self.watch = Some(Watch { wanted, told });
        ok("news will be told")
    }

    /// Tells what NOTIFY asked for. `idle` says that no command is being answered.
    pub(crate) async fn tell_watched(&mut self, idle: bool) -> Result<(), Closed> {
        let Some(mut watch) = self.watch.take() else { return Ok(()) };
        let selected_group = watch.wanted.groups.iter().find_map(|(filter, _)| match filter {
            NotifyFilter::Selected { delayed } => Some(*delayed),
            _ => None,
        });
        if let Some(delayed) = selected_group
            && idle
        {
            self.tell_news(!delayed)?;
        }
        let now = self.with_account(standing).unwrap_or_default();
        let changes = self.changes_since(&watch, &now);
        for (raw, old) in changes.renamed {
            self.say_name("", &raw, Some(&old));
        }
        for raw in changes.removed {
            self.say_name("\\NonExistent", &raw, None);
        }
        for raw in changes.created {
            self.say_name("", &raw, None);
        }
        let items = self.watched_items();
        for raw in changes.touched {
            self.say_status(&raw, &items);
        }
        watch.told = now;
        self.watch = Some(watch);
        self.io.flush().await
    }

    fn watched_items(&self) -> Vec<StatusItem> {
        let mut items = vec![StatusItem::Messages, StatusItem::UidNext, StatusItem::UidValidity, StatusItem::Unseen];
        if self.profile.has(Extension::Condstore) && self.enabled.condstore {
            items.push(StatusItem::HighestModseq);
        }
        items
    }

    fn changes_since(&self, watch: &Watch, now: &BTreeMap<u64, (Vec<u8>, u64)>) -> Changes {
        let selected = self.view.as_ref().map(|view| view.mailbox);
        let mut changes = Changes::default();
        let names_wanted = watch.wanted.groups.iter().any(|(_, events)| events.names);
        if names_wanted {
            let gone = watch.told.iter().filter(|(id, _)| !now.contains_key(id));
            changes.removed = gone.map(|(_, (raw, _))| raw.clone()).collect();
        }
        self.with_account(|account| {
            for (id, (raw, modseq)) in now {
                let old = watch.told.get(id);
                match old {
                    None if names_wanted => changes.created.push(raw.clone()),
                    Some((before, _)) if before != raw && names_wanted => {
                        changes.renamed.push((raw.clone(), before.clone()));
                    }
                    _ => {}
                }
                let wanted = account.by_id(*id).and_then(|mailbox| events(&watch.wanted, mailbox, account));
                let moved = old.is_some_and(|(_, before)| before != modseq);
                if moved && selected != Some(*id) && wanted.is_some_and(|events| events.new || events.flags) {
                    changes.touched.push(raw.clone());
                }
            }
        });
        changes
    }

    fn say_name(&mut self, attribute: &str, raw: &[u8], old: Option<&[u8]>) {
        let delimiter = self.with_account(|account| account.delimiter).flatten();
        self.io.put(format!("* LIST ({attribute}) {} ", delimiter_shown(delimiter)));
        self.put_name(raw);
        if let Some(old) = old {
            self.io.put(" (\"OLDNAME\" (");
            self.put_name(old);
            self.io.put("))");
        }
        self.io.end();
    }
}

#[derive(Debug, Default)]
struct Changes {
    renamed: Vec<(Vec<u8>, Vec<u8>)>,
    removed: Vec<Vec<u8>>,
    created: Vec<Vec<u8>>,
    touched: Vec<Vec<u8>>,
}

fn standing(account: &Account) -> BTreeMap<u64, (Vec<u8>, u64)> {
    account.mailboxes().map(|mailbox| (mailbox.id, (mailbox.name.clone(), mailbox.highest_modseq))).collect()
}

/// The events wanted of a mailbox that is not selected: those of the first group it falls under.
fn events<'a>(wanted: &'a Notify, mailbox: &Mailbox, account: &Account) -> Option<&'a NotifyEvents> {
    let named = |names: &[Vec<u8>]| names.contains(&mailbox.name);
    let group = wanted.groups.iter().find(|(filter, _)| match filter {
        NotifyFilter::Selected { .. } => false,
        NotifyFilter::Inboxes => mailbox.name == b"INBOX",
        NotifyFilter::Personal => true,
        NotifyFilter::Subscribed => account.subscriptions.contains(&mailbox.name),
        NotifyFilter::Subtree(names) => {
            named(names) || names.iter().any(|above| name::is_below(&mailbox.name, above, account.delimiter))
        }
        NotifyFilter::Mailboxes(names) => named(names),
    });
    group.map(|(_, events)| events)
}
