//! Large literals go from the wire into the store's files for arriving bodies.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::imap::{Untagged, parse};
use crate::model::Uid;
use crate::store::{IncomingFile, StoreError};
use crate::wire::{Frame, Spool};

/// A literal may be so many octets longer than twice the size that the server told of the mail: some servers guess it. What
/// is longer still is not that mail, and would fill the disk.
const SIZE_DOUBT: u64 = 1024 * 1024;

/// The [`Spool`] of a session. Whoever asks for something large says before where it shall go; a large literal that
/// nobody announced is read and dropped.
#[derive(Clone, Default)]
pub struct IncomingSpool {
    files: Arc<Mutex<Files>>,
}

#[derive(Default)]
struct Files {
    last: u64,
    expected: BTreeMap<Uid, Expected>,
    open: BTreeMap<u64, Option<IncomingFile>>,
    failure: Option<StoreError>,
}

struct Expected {
    file: IncomingFile,
    /// How long the file may become, in octets.
    limit: u64,
}

impl IncomingSpool {
    /// A large literal of this message, whose size the server told, goes to this file; one that is far larger than the
    /// message is read and dropped. By its UID: answers need not come in the order of the commands.
    pub(super) fn expect(&self, uid: Uid, file: IncomingFile, size: Option<u64>) {
        let limit = size.map_or(u64::MAX, |size| size.saturating_mul(2).saturating_add(SIZE_DOUBT));
        self.lock().expected.insert(uid, Expected { file, limit });
    }

    /// Takes back the file that was announced for a message, where the literal turned out to be small.
    pub(super) fn take_expected(&self, uid: Uid) -> Option<IncomingFile> {
        self.lock().expected.remove(&uid).map(|expected| expected.file)
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
    fn begin(&mut self, len: u64, before: &[u8]) -> io::Result<u64> {
        let uid = match parse::untagged(&Frame { text: before.to_vec(), literals: Vec::new() }) {
            Untagged::Fetch(fetch) => fetch.uid,
            _ => None,
        };
        let mut files = self.lock();
        files.last += 1;
        let token = files.last;
        let expected = uid.and_then(|uid| files.expected.remove(&uid));
        let fitting = expected.filter(|expected| len <= expected.limit.saturating_sub(expected.file.offset()));
        files.open.insert(token, fitting.map(|expected| expected.file));
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
