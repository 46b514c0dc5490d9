//! Bodies on their way in: what arrived of a section is appended to a file, so that a cut download goes on at the byte
//! where it stopped. A file's length tells how far it came: appended bytes reach a disk before the length that counts
//! them, and [`IncomingFile::sync`] makes both certain.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256};
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::watch;

use super::{MirrorTx, Snapshot, Store, StoreError, disk};
use crate::model::{AccountId, MessageId};

pub(super) const INCOMING: &str = "incoming";

/// A body that is being fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incoming {
    /// Names the file.
    pub id: i64,
    /// How many bytes of it are here: where to go on.
    pub offset: u64,
}

/// Which bodies are being fetched now: two who append to one file would spoil it.
#[derive(Clone, Default)]
pub(super) struct Claims {
    open: watch::Sender<BTreeSet<i64>>,
}

/// A body is claimed for as long as this lives.
pub struct Claim {
    claims: Claims,
    id: i64,
}

impl Claims {
    fn claim(&self, id: i64) -> Option<Claim> {
        let claimed = self.open.send_if_modified(|open| open.insert(id));
        claimed.then(|| Claim { claims: self.clone(), id })
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.claims.open.send_modify(|open| {
            open.remove(&self.id);
        });
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Claim").field(&self.id).finish()
    }
}

/// The file that a body is appended to. Only one is open of each body.
pub struct IncomingFile {
    claim: Claim,
    file: File,
    path: PathBuf,
    offset: u64,
    /// The digest of what is here, where all of it was appended through this value: reading it back would cost more.
    digest: Option<Box<Context>>,
}

impl fmt::Debug for IncomingFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IncomingFile").field("path", &self.path).field("offset", &self.offset).finish_non_exhaustive()
    }
}

impl IncomingFile {
    /// How many bytes are here.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Io`]. What was written of them is taken back.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        if let Err(error) = disk::append(&mut self.file, &self.path, bytes) {
            // Resuming must not count bytes that are only partly there.
            self.file.set_len(self.offset)?;
            return Err(error.into());
        }
        self.offset += bytes.len() as u64;
        if let Some(digest) = &mut self.digest {
            digest.update(bytes);
        }
        Ok(())
    }

    /// Starts anew, where what is here turned out to be of no use.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn restart(&mut self) -> Result<(), StoreError> {
        self.file.set_len(0)?;
        self.offset = 0;
        self.digest = Some(Box::new(Context::new(&SHA256)));
        Ok(())
    }

    /// Puts what is here on disk.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Io`].
    pub fn sync(&mut self) -> Result<(), StoreError> {
        Ok(disk::sync(&self.file, &self.path)?)
    }

    /// Reads what is here.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn read_back(&self) -> Result<Vec<u8>, StoreError> {
        Ok(std::fs::read(&self.path)?)
    }

    /// Ends it: everything is on disk. Where it lies, and the SHA-256 of all of it where that is known.
    pub(super) fn finish(mut self) -> Result<Finished, StoreError> {
        self.sync()?;
        let hash = self.digest.and_then(|digest| digest.finish().as_ref().try_into().ok());
        Ok(Finished { path: self.path, hash, claim: self.claim })
    }
}

/// A body all of which has arrived.
pub(super) struct Finished {
    pub(super) path: PathBuf,
    pub(super) hash: Option<[u8; 32]>,
    pub(super) claim: Claim,
}

impl Store {
    /// Whether somebody fetches this body just now.
    pub fn is_incoming(&self, incoming: Incoming) -> bool {
        self.claims().open.borrow().contains(&incoming.id)
    }

    /// Waits until nobody fetches this body any more.
    pub async fn incoming_free(&self, incoming: Incoming) {
        // The sender lives in the store: it cannot go away meanwhile.
        let _ = self.claims().open.subscribe().wait_for(|open| !open.contains(&incoming.id)).await;
    }

    /// Opens the file of a body that is being fetched, for appending; `None` where another fetches it just now. Quick: no
    /// more than opening a file.
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::ReadOnly`], [`StoreError::Io`].
    pub fn incoming_file(&self, incoming: Incoming) -> Result<Option<IncomingFile>, StoreError> {
        let Some(claim) = self.claims().claim(incoming.id) else { return Ok(None) };
        let path = path_of(self.dir(), incoming.id);
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        let offset = file.metadata()?.len();
        let digest = (offset == 0).then(|| Box::new(Context::new(&SHA256)));
        Ok(Some(IncomingFile { claim, file, path, offset, digest }))
    }
}

impl MirrorTx<'_> {
    /// Begins to fetch a section of a mail, or goes on with one of which a beginning is here.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the mail is gone.
    pub fn begin_incoming(&mut self, message: MessageId, section: &str) -> Result<Incoming, StoreError> {
        if let Some(incoming) = self.incoming(message, section)? {
            return Ok(incoming);
        }
        let sql = "INSERT INTO incoming (message, section) SELECT id, ?2 FROM messages WHERE id = ?1";
        if self.prepare(sql)?.execute(params![message.0, section])? == 0 {
            return Err(StoreError::NotFound("message"));
        }
        let id = self.conn().last_insert_rowid();
        // A power cut may have taken an earlier row with this id, and left its file.
        match std::fs::remove_file(path_of(self.dir(), id)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(Incoming { id, offset: 0 }),
        }
    }

    /// Gives up a beginning.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn drop_incoming(&mut self, message: MessageId, section: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM incoming WHERE message = ?1 AND section = ?2 RETURNING id";
        let id: Option<i64> = self.prepare(sql)?.query_row(params![message.0, section], |row| row.get(0)).optional()?;
        if let Some(id) = id {
            self.remove_file(path_of(self.dir(), id));
        }
        Ok(())
    }
}

impl Snapshot<'_> {
    /// How much of a section is here already, where fetching it was begun.
    ///
    /// # Errors
    /// Where the database or the file cannot be read.
    pub fn incoming(&self, message: MessageId, section: &str) -> Result<Option<Incoming>, StoreError> {
        let sql = "SELECT id FROM incoming WHERE message = ?1 AND section = ?2";
        let id: Option<i64> = self.prepare(sql)?.query_row(params![message.0, section], |row| row.get(0)).optional()?;
        let Some(id) = id else { return Ok(None) };
        let offset = match std::fs::metadata(path_of(self.dir(), id)) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error.into()),
        };
        Ok(Some(Incoming { id, offset }))
    }
}

pub(super) fn path_of(dir: &Path, id: i64) -> PathBuf {
    dir.join(INCOMING).join(id.to_string())
}

pub(super) fn files_of_account(conn: &Connection, dir: &Path, account: AccountId) -> Result<Vec<PathBuf>, StoreError> {
    let sql = "SELECT id FROM incoming WHERE message IN (SELECT id FROM messages WHERE account = ?1)";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([account.0], |row| Ok(path_of(dir, row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
