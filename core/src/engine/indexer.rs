//! The task that makes mail searchable: it reads the bytes that arrived, in small batches, when nobody waits for the
//! store. What is still to be done is written in the store, so that an end at any point costs nothing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};

use crate::mime;
use crate::store::{Body, Store, StoreError, ToIndex, Unindexed};

/// Mails of one batch, and octets of their bodies: whoever comes meanwhile waits for one.
const BATCH_MAILS: u32 = 200;
const BATCH_OCTETS: u64 = 2 * 1024 * 1024;
/// Mails up to this size, in octets, are read for text and structure; larger ones are kept as bytes only.
const MAX_READ: u64 = 32 * 1024 * 1024;
/// How long nobody must have synced before it begins: an application that was just opened syncs first.
const QUIET: Duration = Duration::from_secs(1);
/// How long it waits for that at most. A long first sync becomes searchable while it goes on; a short one is not slowed
/// down.
const PATIENCE: Duration = Duration::from_secs(2);
/// After a failure of the store, which most often is a full disk.
const PAUSE: Duration = Duration::from_secs(30);

/// How many syncs go on.
pub(super) type Syncing = watch::Sender<usize>;

pub(super) struct Indexer {
    store: Store,
    /// One batch at a time, whoever wants it done.
    turn: Mutex<()>,
}

impl Indexer {
    pub(super) fn new(store: Store) -> Arc<Self> {
        Arc::new(Self { store, turn: Mutex::default() })
    }

    /// Works until it is aborted.
    pub(super) async fn run(self: Arc<Self>, mut syncing: watch::Receiver<usize>) {
        // Fails only where the engine is gone, and this task will be soon.
        while syncing.has_changed().is_ok() {
            let _ = tokio::time::timeout(PATIENCE, quiet(&mut syncing)).await;
            let worked = loop {
                match self.batch().await {
                    Ok(true) if *syncing.borrow() == 0 => {}
                    outcome => break outcome,
                }
            };
            match worked {
                Ok(true) => {}
                // A sync that begins or ends may bring something.
                Ok(false) => drop(syncing.changed().await),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// Works now, until nothing is left.
    pub(super) async fn finish(&self) -> Result<(), StoreError> {
        while self.batch().await? {}
        Ok(())
    }

    /// Makes some mails searchable. Returns whether there were any.
    async fn batch(&self) -> Result<bool, StoreError> {
        let _turn = self.turn.lock().await;
        let found = self.store.read(|view| view.unindexed(BATCH_MAILS, BATCH_OCTETS)).await?;
        if found.is_empty() {
            return Ok(false);
        }
        let read = || Ok(found.into_iter().map(to_index).collect::<Vec<_>>());
        let batch = self.store.blocking(read).await?;
        self.store.mirror(move |tx| tx.index(&batch)).await?;
        Ok(true)
    }
}

/// Waits until nobody has synced for a while.
async fn quiet(syncing: &mut watch::Receiver<usize>) {
    while syncing.wait_for(|count| *count == 0).await.is_ok() {
        match tokio::time::timeout(QUIET, syncing.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return,
        }
    }
}

fn to_index(mail: Unindexed) -> ToIndex {
    let had_body = mail.body.is_some();
    // A body whose file is gone is what a check of the store tells; its mail is found by its header until then.
    let raw = mail.body.filter(|body| body.size() <= MAX_READ).and_then(|body| Body::into_bytes(body).ok());
    ToIndex { message: mail.message, had_body, digest: raw.map(|raw| mime::digest(&raw)) }
}
