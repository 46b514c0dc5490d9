//! Bytes of bodies: named by their SHA-256, small ones in the database, large ones in files. A file is written and
//! synced, its folder too, before the row that names it.

use std::fs::File;
use std::io::{Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use ring::digest::{Context, SHA256, digest};
use rusqlite::{Connection, OptionalExtension, params};

use super::incoming::Finished;
use super::{Claim, IncomingFile, MirrorTx, Snapshot, Store, StoreError, disk};
use crate::model::MessageId;

/// Bodies up to this many bytes lie in the database.
pub const INLINE_LIMIT: u64 = 64 * 1024;

pub(super) const BLOBS: &str = "blobs";

/// How much of a mail's body is here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum BodyState {
    /// Nothing.
    #[default]
    None,
    /// Some parts.
    Partial,
    /// The whole mail, byte for byte.
    Full,
}

impl BodyState {
    pub(super) fn from_column(value: i64) -> Self {
        match value {
            0 => Self::None,
            1 => Self::Partial,
            _ => Self::Full,
        }
    }
}

/// Where bytes to be stored come from.
#[derive(Debug)]
pub enum BodySource {
    /// From memory.
    Bytes(Vec<u8>),
    /// From a file that arrived piece by piece and is whole now.
    Incoming(IncomingFile),
}

/// Bytes that are hashed and, where they go to a file, on disk already: what is left is one rename and one row.
#[derive(Debug)]
pub struct PreparedBody {
    hash: [u8; 32],
    size: u64,
    content: Content,
    claim: Option<Claim>,
}

impl PreparedBody {
    /// Where it arrived in a file: nobody else shall fetch it while this lives, which is to be dropped after the commit.
    pub fn take_claim(&mut self) -> Option<Claim> {
        self.claim.take()
    }
}

#[derive(Debug)]
enum Content {
    Inline(Vec<u8>),
    File(PathBuf),
}

/// Bytes of a stored body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// The bytes themselves.
    Bytes(Vec<u8>),
    /// A file that holds them. It may be gone where the mail was removed since.
    File {
        /// Where.
        path: PathBuf,
        /// How many bytes it holds.
        size: u64,
    },
}

/// Bytes that can be read from any place on.
pub trait Stream: Read + Seek + Send {}

impl<T: Read + Seek + Send> Stream for T {}

impl Body {
    /// How many bytes.
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { size, .. } => *size,
        }
    }

    /// The bytes as a stream.
    ///
    /// # Errors
    /// Where the file cannot be opened, or is not as long as it was.
    pub fn open(&self) -> Result<Box<dyn Stream + '_>, StoreError> {
        Ok(match self {
            Self::Bytes(bytes) => Box::new(Cursor::new(bytes.as_slice())),
            Self::File { path, size } => {
                let file = File::open(path)?;
                if file.metadata()?.len() != *size {
                    return Err(StoreError::Damaged);
                }
                Box::new(file)
            }
        })
    }

    /// All bytes in memory.
    ///
    /// # Errors
    /// Where the file cannot be read, or is shorter than it was.
    pub fn into_bytes(self) -> Result<Vec<u8>, StoreError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::File { path, size } => {
                let bytes = std::fs::read(path)?;
                if bytes.len() as u64 == size { Ok(bytes) } else { Err(StoreError::Damaged) }
            }
        }
    }
}

impl Store {
    /// Hashes bytes and puts large ones on disk, away from the writer. To be given to [`MirrorTx::store_body`].
    ///
    /// # Errors
    /// [`StoreError::Full`], [`StoreError::Io`].
    pub async fn prepare_body(&self, source: BodySource) -> Result<PreparedBody, StoreError> {
        let dir = self.dir().to_owned();
        self.blocking(move || prepare(&dir, source)).await
    }

    /// As [`Store::prepare_body`] for many bodies in memory at once.
    ///
    /// # Errors
    /// As [`Store::prepare_body`].
    pub async fn prepare_bodies(
        &self,
        bodies: Vec<(MessageId, Vec<u8>)>,
    ) -> Result<Vec<(MessageId, PreparedBody)>, StoreError> {
        let dir = self.dir().to_owned();
        self.blocking(move || {
            let one = |(message, bytes)| Ok((message, prepare(&dir, BodySource::Bytes(bytes))?));
            bodies.into_iter().map(one).collect()
        })
        .await
    }
}

impl MirrorTx<'_> {
    /// Stores bytes of a mail: of one section, or of the whole mail where `section` is empty. What was stored of that
    /// section before is replaced, a beginning of it is done with.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the mail is gone; [`StoreError::Full`], [`StoreError::Io`].
    pub fn store_body(&mut self, message: MessageId, section: &str, body: PreparedBody) -> Result<(), StoreError> {
        let state = if section.is_empty() { 2 } else { 1 };
        let sql = "UPDATE messages SET body_state = max(body_state, ?2) WHERE id = ?1";
        if self.prepare(sql)?.execute(params![message.0, state])? == 0 {
            return Err(StoreError::NotFound("message"));
        }
        let blob = self.insert_blob(body)?;
        let sql = "INSERT INTO parts (message, section, blob) VALUES (?1, ?2, ?3)
                   ON CONFLICT (message, section) DO UPDATE SET blob = excluded.blob";
        self.prepare(sql)?.execute(params![message.0, section, blob])?;
        self.drop_incoming(message, section)?;
        if section.is_empty() {
            self.to_be_indexed(message)?;
        }
        self.change().messages.insert(message);
        self.touch_places_of(message)
    }

    fn insert_blob(&mut self, body: PreparedBody) -> Result<i64, StoreError> {
        let sql = "SELECT id, data IS NULL FROM blobs WHERE hash = ?1";
        let known: Option<(i64, bool)> =
            self.prepare(sql)?.query_row([&body.hash[..]], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let data = match body.content {
            Content::Inline(bytes) => Some(bytes),
            Content::File(path) => {
                let placed = place_file(self.dir(), &body.hash, &path)?;
                self.file_placed(placed);
                None
            }
        };
        if let Some((id, _)) = known {
            return Ok(id);
        }
        let sql = "INSERT INTO blobs (hash, size, data) VALUES (?1, ?2, ?3)";
        self.prepare(sql)?.execute(params![&body.hash[..], body.size as i64, data])?;
        Ok(self.conn().last_insert_rowid())
    }
}

impl Snapshot<'_> {
    /// Bytes of a mail: of one section, or of the whole mail where `section` is empty. `None` where they are not here.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn body(&self, message: MessageId, section: &str) -> Result<Option<Body>, StoreError> {
        let sql = "SELECT hash, size, data FROM blobs
                   WHERE id = (SELECT blob FROM parts WHERE message = ?1 AND section = ?2)";
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query(params![message.0, section])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        if let Some(bytes) = row.get::<_, Option<Vec<u8>>>(2)? {
            return Ok(Some(Body::Bytes(bytes)));
        }
        let path = file_path(self.dir(), row.get_ref(0)?.as_blob().map_err(|_| StoreError::Damaged)?);
        Ok(Some(Body::File { path, size: row.get::<_, i64>(1)? as u64 }))
    }

    /// Which sections of a mail are here; the empty one is the whole mail.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn sections(&self, message: MessageId) -> Result<Vec<String>, StoreError> {
        let mut statement = self.prepare("SELECT section FROM parts WHERE message = ?1 ORDER BY section")?;
        let rows = statement.query_map([message.0], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Deletes the rows of blobs that no part names, and returns the files to be removed after the commit.
pub(super) fn remove_unused(conn: &Connection, dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let sql = "DELETE FROM blobs WHERE id NOT IN (SELECT blob FROM parts) RETURNING hash, data IS NULL";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([])?;
    let mut files = Vec::new();
    while let Some(row) = rows.next()? {
        if row.get(1)? {
            files.push(file_path(dir, row.get_ref(0)?.as_blob().map_err(|_| StoreError::Damaged)?));
        }
    }
    Ok(files)
}

pub(super) fn file_path(dir: &Path, hash: &[u8]) -> PathBuf {
    use std::fmt::Write as _;
    let mut name = String::with_capacity(2 * hash.len());
    for byte in hash {
        let _ = write!(name, "{byte:02x}");
    }
    dir.join(BLOBS).join(name)
}

fn prepare(dir: &Path, source: BodySource) -> Result<PreparedBody, StoreError> {
    match source {
        BodySource::Bytes(bytes) => {
            let mut hash = [0; 32];
            hash.copy_from_slice(digest(&SHA256, &bytes).as_ref());
            let size = bytes.len() as u64;
            if size <= INLINE_LIMIT {
                return Ok(PreparedBody { hash, size, content: Content::Inline(bytes), claim: None });
            }
            let path = new_path(dir, &hash);
            if let Err(error) = disk::write_synced(&path, &bytes) {
                // On a full disk, what is useless must not stay.
                let _ = std::fs::remove_file(&path);
                return Err(error.into());
            }
            Ok(PreparedBody { hash, size, content: Content::File(path), claim: None })
        }
        BodySource::Incoming(incoming) => {
            let size = incoming.offset();
            let Finished { path, hash, claim } = incoming.finish()?;
            let (hash, size) = match hash {
                Some(hash) => (hash, size),
                None => hash_file(&path)?,
            };
            let content =
                if size <= INLINE_LIMIT { Content::Inline(std::fs::read(&path)?) } else { Content::File(path) };
            Ok(PreparedBody { hash, size, content, claim: Some(claim) })
        }
    }
}

/// A name that no other body has that is being prepared, not even of the same bytes: a file that is renamed while another
/// still writes it would get its name before it is whole.
fn new_path(dir: &Path, hash: &[u8]) -> PathBuf {
    static PREPARED: AtomicU64 = AtomicU64::new(0);
    let number = PREPARED.fetch_add(1, Ordering::Relaxed);
    file_path(dir, hash).with_extension(format!("{number}.new"))
}

/// SHA-256 and length of a file.
pub(super) fn hash_file(path: &Path) -> Result<([u8; 32], u64), StoreError> {
    let mut file = File::open(path)?;
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 64 * 1024];
    let mut size = 0;
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        context.update(&buffer[..count]);
        size += count as u64;
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    Ok((hash, size))
}

fn place_file(dir: &Path, hash: &[u8], from: &Path) -> Result<PathBuf, StoreError> {
    let to = file_path(dir, hash);
    disk::rename(from, &to)?;
    Ok(to)
}

#[cfg(test)]
#[path = "blobs_tests.rs"]
mod tests;
