//! Large literals go from the wire into the store's files for arriving bodies.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::{IncomingFile, StoreError};
use crate::wire::Spool;

/// The [`Spool`] of a session. Whoever asks for something large says before where it shall go; a large literal that
/// nobody announced is read and dropped.
#[derive(Clone, Default)]
pub struct IncomingSpool {
    files: Arc<Mutex<Files>>,
}

#[derive(Default)]
struct Files {
    last: u64,
    expected: VecDeque<IncomingFile>,
    open: BTreeMap<u64, Option<IncomingFile>>,
    failure: Option<StoreError>,
}

impl IncomingSpool {
    /// The next large literal goes to this file, behind those announced before.
    pub(super) fn expect(&self, file: IncomingFile) {
        self.lock().expected.push_back(file);
    }

    /// Takes back the file that was announced first, where the literal turned out to be small.
    pub(super) fn take_expected(&self) -> Option<IncomingFile> {
        self.lock().expected.pop_front()
    }

    /// Takes the file that a literal was written to.
    pub(super) fn take(&self, token: u64) -> Option<IncomingFile> {
        self.lock().open.remove(&token).flatten()
    }

    /// Forgets all files. What was written to them stays for a later run.
    pub(super) fn reset(&self) {
        let mut files = self.lock();
        *files = Files { last: files.last, ..Files::default() };
    }

    /// Why writing failed, where that is what ended the session: the disk is full, say.
    pub(super) fn failure(&self) -> Option<StoreError> {
        self.lock().failure.take()
    }

    fn lock(&self) -> MutexGuard<'_, Files> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Spool for IncomingSpool {
    fn begin(&mut self, _len: u64) -> io::Result<u64> {
        let mut files = self.lock();
        files.last += 1;
        let token = files.last;
        let file = files.expected.pop_front();
        files.open.insert(token, file);
        Ok(token)
    }

    fn write(&mut self, token: u64, bytes: &[u8]) -> io::Result<()> {
        let mut files = self.lock();
        let Some(Some(file)) = files.open.get_mut(&token) else { return Ok(()) };
        if let Err(error) = file.append(bytes) {
            files.failure = Some(error);
            return Err(io::Error::other("the store cannot take the bytes"));
        }
        Ok(())
    }

    fn end(&mut self, _token: u64) -> io::Result<()> {
        Ok(())
    }
}
