//! Lists that tell when they change: first a whole page, then what differs.

use std::sync::Arc;

use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::task::JoinHandle;

use super::{Core, CoreError, ListFilter, MessageRow};
use crate::model::{MailboxId, PlaceId};

/// One change of an observed list. They are meant to be applied in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListDiff {
    /// The whole list, in place of what was there.
    Reset {
        /// The messages, newest first.
        messages: Vec<MessageRow>,
    },
    /// A message came.
    Insert {
        /// Where it stands now, counted from 0.
        index: u32,
        /// The message.
        message: Box<MessageRow>,
    },
    /// A message went.
    Remove {
        /// Where it stood, counted from 0.
        index: u32,
        /// Which it was.
        id: PlaceId,
    },
    /// A message changed in its place.
    Update {
        /// Where it stands, counted from 0.
        index: u32,
        /// The message as it is now.
        message: Box<MessageRow>,
    },
}

/// Who wants to know. Called from one task, never twice at once; it should return soon.
pub trait ListObserver: Send + Sync {
    /// Takes changes that belong together, in order.
    fn changed(&self, diffs: Vec<ListDiff>);
    /// The list cannot be observed any more: its mailbox is gone ([`CoreError::NotFound`]), the store failed, or the core
    /// was closed ([`CoreError::Closed`]). Nothing is told after it.
    fn failed(&self, error: CoreError);
}

/// An observation. It ends with this handle, or with the core.
pub struct Subscription {
    task: JoinHandle<()>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Core {
    /// Observes the newest messages of a mailbox: as many as `window` says. First comes a [`ListDiff::Reset`], then what
    /// changes, several changes at a time.
    ///
    /// # Errors
    /// [`CoreError::NotFound`].
    pub async fn observe(
        &self,
        mailbox: MailboxId,
        filter: ListFilter,
        window: u32,
        observer: Arc<dyn ListObserver>,
    ) -> Result<Subscription, CoreError> {
        // Listening begins before looking, so that nothing falls between.
        let mut changes = self.store().changes();
        let mut shown = self.messages(mailbox, filter, None, window).await?.messages;
        observer.changed(vec![ListDiff::Reset { messages: shown.clone() }]);
        // An observation shall not keep the store open.
        let (core, mut closed) = (self.weak(), self.closed());
        let task = tokio::spawn(async move {
            loop {
                let change = tokio::select! {
                    change = changes.recv() => change,
                    _ = closed.wait_for(|closed| *closed) => {
                        return observer.failed(CoreError::closed("the core was closed"));
                    }
                };
                match change {
                    Ok(change) if !change.mailboxes.contains(&mailbox) => continue,
                    // Missed some, or not: the list itself tells what it is now.
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return observer.failed(CoreError::closed("the core was closed")),
                }
                // The list is read once for all that has happened by now.
                while !matches!(changes.try_recv(), Err(TryRecvError::Empty | TryRecvError::Closed)) {}
                let Some(core) = Self::upgrade(&core) else {
                    return observer.failed(CoreError::closed("the core was closed"));
                };
                match core.messages(mailbox, filter, None, window).await {
                    Ok(page) => {
                        let diffs = diff(&shown, &page.messages);
                        shown = page.messages;
                        if !diffs.is_empty() {
                            observer.changed(diffs);
                        }
                    }
                    Err(error) => return observer.failed(error),
                }
            }
        });
        Ok(Subscription { task })
    }
}

/// What makes one list of another. Both are in the same order, so that one walk from each end of what they share suffices.
fn diff(before: &[MessageRow], now: &[MessageRow]) -> Vec<ListDiff> {
    let kept = |id: PlaceId, rows: &[MessageRow]| rows.iter().any(|row| row.id == id);
    let mut list: Vec<&MessageRow> = before.iter().collect();
    let mut diffs = Vec::new();
    for index in (0..list.len()).rev() {
        if !kept(list[index].id, now) {
            let gone = list.remove(index);
            diffs.push(ListDiff::Remove { index: index as u32, id: gone.id });
        }
    }
    for (index, row) in now.iter().enumerate() {
        match list.get(index) {
            Some(there) if there.id == row.id => {
                if **there != *row {
                    diffs.push(ListDiff::Update { index: index as u32, message: Box::new(row.clone()) });
                }
            }
            _ => {
                // One that moved within the list goes first.
                if let Some(old) = list.iter().position(|other| other.id == row.id) {
                    list.remove(old);
                    diffs.push(ListDiff::Remove { index: old as u32, id: row.id });
                }
                list.insert(index, row);
                diffs.push(ListDiff::Insert { index: index as u32, message: Box::new(row.clone()) });
            }
        }
    }
    diffs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::api::BodyState;
    use crate::model::{MailboxId, MessageId, ThreadId, Timestamp};

    fn row(id: i64, size: u64) -> MessageRow {
        MessageRow {
            id: PlaceId(id),
            mailbox_id: MailboxId(1),
            mailbox: String::new(),
            uid: None,
            message: MessageId(id),
            thread_id: ThreadId(id),
            subject: String::new(),
            from: Vec::new(),
            to: Vec::new(),
            date: Timestamp(0),
            flags: Vec::new(),
            size,
            has_attachments: false,
            preview: String::new(),
            body: BodyState::None,
            pending: Vec::new(),
        }
    }

    proptest! {
        #[test]
        fn applying_the_diffs_gives_the_new_list(
            before in prop::collection::btree_map(0i64..30, 0u64..3, 0..20),
            now in prop::collection::vec((0i64..30, 0u64..3), 0..20),
        ) {
            let before: Vec<MessageRow> = before.into_iter().map(|(id, size)| row(id, size)).collect();
            let mut seen = std::collections::BTreeSet::new();
            let now: Vec<MessageRow> =
                now.into_iter().filter(|(id, _)| seen.insert(*id)).map(|(id, size)| row(id, size)).collect();
            let mut list = before.clone();
            for change in diff(&before, &now) {
                match change {
                    ListDiff::Reset { messages } => list = messages,
                    ListDiff::Insert { index, message } => list.insert(index as usize, *message),
                    ListDiff::Remove { index, id } => prop_assert_eq!(list.remove(index as usize).id, id),
                    ListDiff::Update { index, message } => list[index as usize] = *message,
                }
            }
            prop_assert_eq!(list, now);
        }
    }
}
