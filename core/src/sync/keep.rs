//! The bytes of mails, put in the store. What they say is read later: arriving must not wait for it.

use std::collections::BTreeMap;

use crate::model::MessageId;
use crate::store::{BodySource, Incoming, IncomingFile, MirrorTx, Snapshot, Store, StoreError};

/// What is here of a section that somebody waits for.
pub(super) enum Begun {
    /// All of it.
    Here,
    /// Nothing, or a beginning: the file that the rest goes to.
    File(IncomingFile),
}

/// Opens the file for a section that is about to arrive, or of which a beginning is here. Where it arrives just now for
/// somebody else, waits for that.
pub(super) async fn begin(store: &Store, message: MessageId, section: &str) -> Result<Begun, StoreError> {
    loop {
        if wait(store, message, section).await? {
            return Ok(Begun::Here);
        }
        let section = section.to_owned();
        let incoming = store.mirror(move |tx| tx.begin_incoming(message, &section)).await?;
        if let Some(file) = store.incoming_file(incoming)? {
            return Ok(Begun::File(file));
        }
    }
}

/// Waits for a section that arrives just now for somebody else. Returns whether it is here.
pub(super) async fn wait(store: &Store, message: MessageId, section: &str) -> Result<bool, StoreError> {
    loop {
        let part = section.to_owned();
        let look = move |view: &Snapshot<'_>| {
            let here = view.body(message, "")?.is_some() || view.body(message, &part)?.is_some();
            Ok((here, view.incoming(message, &part)?))
        };
        match store.read(look).await? {
            (false, Some(incoming)) if store.is_incoming(incoming) => store.incoming_free(incoming).await,
            (here, _) => return Ok(here),
        }
    }
}

/// Makes room for whole mails that are about to be fetched. Those that were removed meanwhile are left out.
pub(super) async fn begin_all(
    store: &Store,
    messages: Vec<MessageId>,
) -> Result<BTreeMap<MessageId, Incoming>, StoreError> {
    if messages.is_empty() {
        return Ok(BTreeMap::new());
    }
    let begin = move |tx: &mut MirrorTx<'_>| {
        let mut begun = BTreeMap::new();
        for message in messages {
            match tx.begin_incoming(message, "") {
                Err(StoreError::NotFound(_)) => continue,
                incoming => begun.insert(message, incoming?),
            };
        }
        Ok(begun)
    };
    store.mirror(begin).await
}

/// Keeps a whole mail. Returns whether it was kept: it is not where the mail was removed meanwhile.
pub(super) async fn whole(store: &Store, message: MessageId, source: BodySource) -> Result<bool, StoreError> {
    let mut body = store.prepare_body(source).await?;
    let _claim = body.take_claim();
    match store.mirror(move |tx| tx.store_body(message, "", body)).await {
        Err(StoreError::NotFound(_)) => Ok(false),
        outcome => outcome.map(|()| true),
    }
}

/// Keeps many whole mails in one transaction: a commit for each would cost more than the mails. Returns how many were kept.
pub(super) async fn batch(store: &Store, bodies: Vec<(MessageId, Vec<u8>)>) -> Result<u64, StoreError> {
    let prepared = store.prepare_bodies(bodies).await?;
    store
        .mirror(move |tx| {
            let mut kept = 0;
            for (message, body) in prepared {
                match tx.store_body(message, "", body) {
                    // Removed meanwhile.
                    Err(StoreError::NotFound(_)) => continue,
                    outcome => outcome?,
                }
                kept += 1;
            }
            Ok(kept)
        })
        .await
}

/// Keeps one section of a mail, or the whole of it where `section` is empty.
pub(super) async fn section(
    store: &Store,
    message: MessageId,
    section: &str,
    source: BodySource,
) -> Result<(), StoreError> {
    if section.is_empty() {
        return whole(store, message, source).await.map(|_| ());
    }
    let (section, mut body) = (section.to_owned(), store.prepare_body(source).await?);
    let _claim = body.take_claim();
    store.mirror(move |tx| tx.store_body(message, &section, body)).await
}
