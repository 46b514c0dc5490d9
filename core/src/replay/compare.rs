//! Whether two messages on the server are the same to the last byte.

use super::ReplayError;
use super::exchange::ask;
use super::run::Run;
use crate::imap::Untagged;
use crate::imap::command::{self, FetchItem, Section};
use crate::model::{MailboxId, Uid, UidSet};
use crate::wire::Literal;

/// Larger ones are not fetched twice only to be compared.
const LARGEST: u64 = 200 << 10;

/// What comparing two messages came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bytes {
    /// They are the same to the last byte.
    Same,
    /// They are not.
    Other,
    /// They are too large to be looked at.
    Large,
    /// The server would not tell.
    Untold,
}

impl Run<'_> {
    /// Whether two messages have the same bytes.
    pub(super) async fn same_bytes(
        &mut self,
        one: (MailboxId, Uid),
        other: (MailboxId, Uid),
        size: Option<u64>,
    ) -> Result<Bytes, ReplayError> {
        if size.is_none_or(|size| size > LARGEST) {
            return Ok(Bytes::Large);
        }
        let (one, other) = (self.bytes_of(one).await?, self.bytes_of(other).await?);
        Ok(match one.zip(other) {
            None => Bytes::Untold,
            Some((one, other)) if one == other => Bytes::Same,
            Some(_) => Bytes::Other,
        })
    }

    async fn bytes_of(&mut self, (mailbox, uid): (MailboxId, Uid)) -> Result<Option<Literal>, ReplayError> {
        let Some(mailbox) = self.store.read(move |view| view.mailbox(mailbox)).await? else { return Ok(None) };
        let whole = FetchItem::BodyPeek { section: Section::Whole, partial: None };
        let fetch = command::uid_fetch(&UidSet::range(uid, uid), &[FetchItem::Uid, whole], None, false)?;
        let answers = ask(self.session, vec![command::examine(&mailbox.naming.raw_name, None)?, fetch]).await?;
        let bytes = answers.into_iter().flat_map(|answer| answer.data).find_map(|data| match data {
            Untagged::Fetch(fetch) if fetch.uid == Some(uid) => fetch.bodies.into_iter().find_map(|body| body.data),
            _ => None,
        });
        Ok(bytes.filter(|bytes| matches!(bytes, Literal::Memory(_))))
    }
}
