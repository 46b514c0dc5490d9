//! How a store is opened.

use std::path::Path;
use std::sync::Arc;

use super::StoreError;
use super::blobs::BLOBS;
use super::incoming::INCOMING;
use crate::model::Clock;

/// Where transactions run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// On a thread of the store's own; reads on tokio's threads for blocking work. For apps.
    Threaded,
    /// On the caller's thread, at once. For simulations, which must not depend on threads.
    Inline,
}

/// How a store is opened.
#[derive(Clone)]
pub struct OpenOptions {
    /// Where transactions run.
    pub mode: Mode,
    /// Where rows get their times from.
    pub clock: Arc<dyn Clock>,
    /// Only read. Works while another process has the store open for writing, and takes no lock.
    pub read_only: bool,
}

pub(super) fn make_folders(dir: &Path) -> Result<(), StoreError> {
    std::fs::create_dir_all(dir)?;
    for name in [BLOBS, INCOMING] {
        std::fs::create_dir_all(dir.join(name))?;
    }
    Ok(())
}
