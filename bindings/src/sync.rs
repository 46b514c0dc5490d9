//! A sync that is under way.

use std::sync::Arc;

use postrider::api::{self, CoreError, SyncEvent, SyncSummary};

use crate::runtime::Runtime;

/// A sync that is under way. Dropping it leaves the sync to itself; `cancel` ends it.
#[derive(uniffi::Object)]
pub struct SyncHandle {
    handle: Arc<api::SyncHandle>,
    runtime: Arc<Runtime>,
}

impl SyncHandle {
    pub(crate) fn new(handle: api::SyncHandle, runtime: Arc<Runtime>) -> Arc<Self> {
        Arc::new(Self { handle: Arc::new(handle), runtime })
    }
}

#[uniffi::export]
impl SyncHandle {
    /// What happens next; nothing when the sync has ended. Whoever does not ask for long misses some of the progress.
    ///
    /// # Errors
    /// `Closed`.
    pub async fn next_event(&self) -> Result<Option<SyncEvent>, CoreError> {
        let handle = Arc::clone(&self.handle);
        self.runtime.run(async move { Ok(handle.next_event().await) }).await
    }

    /// Waits for the end. A sync that was cancelled or used up its limits succeeds, and is not complete. To stop waiting
    /// does not end the sync.
    ///
    /// # Errors
    /// Whatever ended it.
    pub async fn outcome(&self) -> Result<SyncSummary, CoreError> {
        let handle = Arc::clone(&self.handle);
        self.runtime.run(async move { handle.wait().await }).await
    }

    /// Ends the sync at its next step; what it did stays.
    ///
    /// # Errors
    /// None.
    pub fn cancel(&self) -> Result<(), CoreError> {
        self.handle.cancel();
        Ok(())
    }
}
