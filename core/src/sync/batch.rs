//! From FETCH answers to rows, and rows to the store without waiting for each commit.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use crate::imap::Fetch;
use crate::mime;
use crate::model::{Flags, Timestamp};
use crate::store::{NewMessage, StoreError};
use crate::wire::Literal;

/// How many transactions may be on their way to the writer: enough that network and disk work side by side, few enough
/// that memory stays small.
const WRITES_UNDER_WAY: usize = 4;

/// A new message as a FETCH tells it. The answer comes back where it lacks what a row cannot do without: a UID and a header.
/// One that is all NIL (RFC 2180 section 4.1.3) says nothing about a message.
pub(super) fn new_message(fetch: Fetch) -> Result<NewMessage, Box<Fetch>> {
    let header = fetch.bodies.iter().find(|body| body.section.starts_with("HEADER"));
    let says_nothing = fetch.flags.is_none() && fetch.size.is_none() && fetch.internal_date.is_none();
    let (Some(uid), Some(Literal::Memory(bytes)), false) =
        (fetch.uid, header.and_then(|header| header.data.as_ref()), says_nothing)
    else {
        return Err(Box::new(fetch));
    };
    let envelope = mime::envelope(bytes);
    Ok(NewMessage {
        uid,
        flags: fetch.flags.unwrap_or_default(),
        modseq: fetch.modseq,
        internal_date: fetch.internal_date.map(Timestamp::clamped),
        size: fetch.size,
        email_id: fetch.email_id,
        thread_id: fetch.thread_id,
        gm_msgid: fetch.gm_msgid,
        gm_thrid: fetch.gm_thrid,
        envelope,
        structure: fetch.structure,
        preview: fetch.preview,
    })
}

/// How much memory the row of a FETCH takes, in octets, about.
pub(super) fn octets(fetch: &Fetch) -> usize {
    /// What a part of a structure takes, its few short strings included.
    const PART: usize = 300;
    let held = |data: &Option<Literal>| if let Some(Literal::Memory(bytes)) = data { bytes.len() } else { 0 };
    let bodies: usize = fetch.bodies.iter().map(|body| held(&body.data)).sum();
    let parts = fetch.structure.as_ref().map_or(0, |structure| structure.walk().count());
    let flags = fetch.flags.iter().flat_map(Flags::keywords).map(|word| 64 + word.as_str().len());
    bodies + PART * parts + flags.sum::<usize>()
}

type Write<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

/// Transactions handed to the store, in order, and not yet answered.
pub(super) struct Writes<T> {
    under_way: VecDeque<Write<T>>,
    finished: Vec<T>,
}

impl<T> Default for Writes<T> {
    fn default() -> Self {
        Self { under_way: VecDeque::new(), finished: Vec::new() }
    }
}

impl<T> Writes<T> {
    /// Hands a transaction over. Waits only where too many are under way.
    pub(super) async fn push(
        &mut self,
        write: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<(), StoreError> {
        let mut write: Write<T> = Box::pin(write);
        // The first poll puts it into the writer's queue, so that those pushed later stay behind it.
        let at_once = poll_fn(|context| match write.as_mut().poll(context) {
            Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
            Poll::Pending => Poll::Ready(None),
        })
        .await;
        match at_once {
            // Ready at once means run inline: nothing is ever under way then.
            Some(outcome) => self.finished.push(outcome?),
            None => self.under_way.push_back(write),
        }
        if self.under_way.len() > WRITES_UNDER_WAY {
            self.wait_for_oldest().await?;
        }
        Ok(())
    }

    /// Waits until everything handed over is committed, and gives what the transactions returned.
    pub(super) async fn drain(&mut self) -> Result<Vec<T>, StoreError> {
        while !self.under_way.is_empty() {
            self.wait_for_oldest().await?;
        }
        Ok(std::mem::take(&mut self.finished))
    }

    async fn wait_for_oldest(&mut self) -> Result<(), StoreError> {
        if let Some(oldest) = self.under_way.pop_front() {
            self.finished.push(oldest.await?);
        }
        Ok(())
    }
}
