//! Which mails make one conversation. Mails are of one thread where a chain of common keys joins them: their own
//! Message-ID, those they answer, or a thread id of the server's. Joining sets by common keys gives the same partition
//! whatever the order of arrival, and cannot run in circles. Subjects join nothing.

use ring::digest::{Context, SHA256};

use super::StoreError;
use crate::model::{Envelope, ThreadId};

/// References beyond this many are not looked at: the oldest and the newest join as well as all.
const MAX_REFERENCES: usize = 100;

/// What a mail is joined with others by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ThreadKeys(Vec<i64>);

impl ThreadKeys {
    /// The keys of a mail. Where the server threads, its word is taken and the headers do not count.
    pub(super) fn of(thread_id: Option<&str>, gm_thrid: Option<u64>, envelope: &Envelope) -> Self {
        let mut keys = match (thread_id, gm_thrid) {
            (Some(id), _) => vec![key("t", id)],
            (None, Some(id)) => vec![key("g", &id.to_string())],
            (None, None) => header_keys(envelope),
        };
        keys.sort_unstable();
        keys.dedup();
        Self(keys)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = i64> {
        self.0.iter().copied()
    }
}

fn header_keys(envelope: &Envelope) -> Vec<i64> {
    let references = &envelope.references;
    let newest = references.iter().rev().take(MAX_REFERENCES - 1);
    let answered = envelope.in_reply_to.iter().take(MAX_REFERENCES);
    let ids = references.first().into_iter().chain(newest).chain(answered).chain(&envelope.message_id);
    ids.filter(|id| !id.is_empty()).map(|id| key("m", id)).collect()
}

/// The first eight bytes of the SHA-256: short enough for a dense index, and the same for ever.
fn key(kind: &str, text: &str) -> i64 {
    let mut hash = Context::new(&SHA256);
    hash.update(kind.as_bytes());
    hash.update(text.as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash.finish().as_ref()[..8]);
    i64::from_be_bytes(bytes)
}

/// Where threads are remembered.
pub(super) trait ThreadBook {
    /// The thread that a key led to when it was last assigned.
    fn thread_of(&mut self, key: i64) -> Result<Option<ThreadId>, StoreError>;
    /// The thread that this one was merged into, if it was.
    fn merged_into(&mut self, thread: ThreadId) -> Result<Option<ThreadId>, StoreError>;
    /// Lets a key lead to a thread.
    fn assign(&mut self, key: i64, thread: ThreadId) -> Result<(), StoreError>;
    /// Makes one thread a part of another: whatever was of the loser is of the winner.
    fn merge(&mut self, loser: ThreadId, winner: ThreadId) -> Result<(), StoreError>;
}

/// Finds the thread of a mail, founds `fresh` where there is none, and merges those that this mail shows to be one.
pub(super) fn join(book: &mut dyn ThreadBook, keys: &ThreadKeys, fresh: ThreadId) -> Result<ThreadId, StoreError> {
    let mut known = Vec::new();
    let mut roots = Vec::new();
    for &key in &keys.0 {
        let thread = book.thread_of(key)?;
        known.push((key, thread));
        if let Some(thread) = thread {
            roots.push(root(book, thread)?);
        }
    }
    roots.sort_unstable();
    roots.dedup();
    // The oldest stays: the fewest rows and the fewest screens have to change.
    let winner = roots.first().copied().unwrap_or(fresh);
    for loser in roots.into_iter().skip(1) {
        book.merge(loser, winner)?;
    }
    for (key, thread) in known {
        if thread != Some(winner) {
            book.assign(key, winner)?;
        }
    }
    Ok(winner)
}

fn root(book: &mut dyn ThreadBook, mut thread: ThreadId) -> Result<ThreadId, StoreError> {
    // Merges lead to ever lower ids, so this ends; a damaged table that says otherwise is not followed.
    while let Some(next) = book.merged_into(thread)?.filter(|next| *next < thread) {
        thread = next;
    }
    Ok(thread)
}

#[cfg(test)]
#[path = "threading_tests.rs"]
mod tests;
