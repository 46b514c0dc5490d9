//! The store: SQLite with one writer and a few readers. It knows no protocol: what it is told is the mirror of a
//! server, what it answers is what apps show.
//!
//! - [`Store::mirror`] and [`Store::config`] run a closure in a transaction on the writer and answer after the commit;
//!   several closures may share a commit, each stands or falls alone.
//! - [`Store::read`] runs a closure on a [`Snapshot`]: one consistent state, however many queries it makes.
//! - [`Store::changes`] tells what a commit touched.
//! - Bytes of bodies lie in the database up to 64 KiB, larger ones in files named by their SHA-256.

mod account_copy;
mod accounts;
mod backup;
mod blobs;
mod changes;
mod check;
mod columns;
mod connection;
mod disk;
mod error;
#[cfg(test)]
mod faults_tests;
mod fulltext;
mod incoming;
mod journal;
mod lock;
mod mirror;
mod options;
mod readers;
mod salvage;
mod save;
mod schema;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
pub(crate) mod testing;
mod threading;
mod tx;
mod view;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{broadcast, mpsc, oneshot};

pub use accounts::{Account, SyncRecord};
pub use blobs::{Body, BodySource, BodyState, INLINE_LIMIT, PreparedBody, Stream};
pub use changes::Change;
pub use check::CheckReport;
pub use error::StoreError;
pub use incoming::{Claim, Incoming, IncomingFile};
pub use journal::{Acted, MailboxActed, NewMailbox, OpenStep, Operation, Outcome, StepInfo};
pub use mirror::{
    BodySelection, BodyWanted, FlagsOutcome, Gap, GarbageReport, InsertOutcome, Mailbox, MailboxNaming, MailboxState,
    NewMessage, ORPHAN_DAYS, ToIndex, Unindexed,
};
pub use options::{Mode, OpenOptions};
pub use salvage::Salvaged;
pub use save::save_file;
pub use tx::{ConfigTx, JournalTx, MirrorTx, ReplayTx};
pub use view::{CountsChange, Cursor, ListFilter, MessageDetail, MessageRow, Search, Snapshot};

use incoming::Claims;
use lock::StoreLock;
use readers::Readers;
use tx::{Context, Effects};
use writer::{Request, Work, WriteSide};

use crate::mutants::mutant;

/// How many commits a slow listener may fall behind before it is told that it missed some.
const CHANGES_KEPT: usize = 256;

/// An open store. Clones are handles to the same one; it is closed by [`Store::close`] or with the last of them.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    readers: Readers,
    writer: Writer,
    changes: broadcast::Sender<Change>,
    mode: Mode,
    dir: std::path::PathBuf,
    claims: Claims,
    lock: Mutex<Option<StoreLock>>,
    log_on_disk: Arc<AtomicU64>,
}

enum Writer {
    Thread { requests: Mutex<Option<mpsc::Sender<Request>>>, thread: Mutex<Option<std::thread::JoinHandle<()>>> },
    Inline(Mutex<Option<WriteSide>>),
    None,
}

impl Store {
    /// Opens the store in a folder, which is made where it is missing, and brings it to the current schema.
    ///
    /// # Errors
    /// [`StoreError::InUse`] where another process or handle has it, [`StoreError::TooNew`], [`StoreError::Damaged`],
    /// [`StoreError::ReadOnly`], [`StoreError::Full`], [`StoreError::Io`].
    pub fn open(dir: &Path, options: OpenOptions) -> Result<Self, StoreError> {
        let changes = broadcast::Sender::new(CHANGES_KEPT);
        let (writer, lock, log_on_disk) = if options.read_only {
            view::check_readable(dir)?;
            (Writer::None, None, Arc::default())
        } else {
            options::make_folders(dir)?;
            let lock = StoreLock::acquire(dir)?;
            let conn = connection::open_writer(dir)?;
            if schema::version(&conn)? == 0 && account_copy::names_any(dir) {
                // Emptied or gone: a new one in its place would hide that it was lost.
                return Err(StoreError::Damaged);
            }
            schema::migrate(&conn)?;
            // Without it the store is as good: the next change, or the next start, tries again.
            let _ = account_copy::refresh(dir, &conn);
            let side = WriteSide::new(conn, dir.to_owned(), options.clock, changes.clone());
            let log_on_disk = side.log_on_disk();
            (Writer::start(side, options.mode), Some(lock), log_on_disk)
        };
        let readers = Readers::new(dir.to_owned());
        let (dir, claims, lock) = (dir.to_owned(), Claims::default(), Mutex::new(lock));
        let inner = Inner { readers, writer, changes, mode: options.mode, dir, claims, lock, log_on_disk };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Writes the mirror: runs the closure in a transaction and answers after the commit. It survives the process;
    /// a power cut may take the last commits, which sync then makes again, unless [`Store::flush`] came between.
    ///
    /// # Errors
    /// The closure's own failure, which undoes what it wrote and nothing else; or that of the commit.
    pub async fn mirror<T, F>(&self, closure: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut MirrorTx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.write(false, move |conn, context| {
            let mut tx = MirrorTx::new(conn, context);
            let value = closure(&mut tx)?;
            Ok((value, tx.into_effects()))
        })
        .await
    }

    /// Writes configuration: as [`Store::mirror`], and on disk, power cut or not, once it is answered.
    ///
    /// # Errors
    /// As [`Store::mirror`].
    pub async fn config<T, F>(&self, closure: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut ConfigTx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.write(true, move |conn, context| {
            let mut tx = ConfigTx::new(conn, context);
            let value = closure(&mut tx)?;
            Ok((value, tx.into_effects()))
        })
        .await
    }

    /// Writes what the user asks for: as [`Store::config`].
    ///
    /// # Errors
    /// As [`Store::mirror`].
    pub async fn journal<T, F>(&self, closure: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut JournalTx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.write(!mutant!("ack_not_synced"), move |conn, context| {
            let mut tx = JournalTx::new(conn, context);
            let value = closure(&mut tx)?;
            Ok((value, tx.into_effects()))
        })
        .await
    }

    /// Writes how far operations have come: as [`Store::config`].
    ///
    /// # Errors
    /// As [`Store::mirror`].
    pub async fn replay<T, F>(&self, closure: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut ReplayTx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.write(!mutant!("begin_not_synced"), move |conn, context| {
            let mut tx = ReplayTx::new(conn, context);
            let value = closure(&mut tx)?;
            Ok((value, tx.into_effects()))
        })
        .await
    }

    /// Reads: runs the closure on one consistent state. In [`Mode::Threaded`] it runs on a thread for blocking work.
    ///
    /// # Errors
    /// The closure's own failure, or that of opening a connection.
    pub async fn read<T, F>(&self, closure: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Snapshot<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let store = self.clone();
        self.blocking(move || store.inner.readers.read(closure)).await
    }

    /// As [`Store::read`], on the caller's own thread.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn read_blocking<T>(
        &self,
        closure: impl FnOnce(&Snapshot<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.inner.readers.read(closure)
    }

    /// What commits touch, from now on.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.changes.subscribe()
    }

    /// Puts everything committed so far on disk: at the end of a sync, and before the app is suspended.
    ///
    /// # Errors
    /// [`StoreError::Closed`], [`StoreError::Io`], [`StoreError::Full`].
    pub async fn flush(&self) -> Result<(), StoreError> {
        match &self.inner.writer {
            Writer::Inline(side) => inline(side)?.as_mut().ok_or(StoreError::Closed)?.flush(),
            Writer::Thread { .. } => self.ask(Request::Flush).await,
            Writer::None => Ok(()),
        }
    }

    /// Finishes what is waiting, writes everything to disk and releases every lock. All handles are then
    /// [`StoreError::Closed`]; the folder can be opened again.
    ///
    /// # Errors
    /// As [`Store::flush`]. The store is closed even so.
    pub async fn close(&self) -> Result<(), StoreError> {
        let store = self.clone();
        self.blocking(move || {
            store.inner.readers.close();
            Ok(())
        })
        .await?;
        let outcome = match &self.inner.writer {
            Writer::Inline(side) => inline(side)?.take().ok_or(StoreError::Closed)?.close(),
            Writer::Thread { .. } => self.ask(Request::Close).await,
            Writer::None => Ok(()),
        };
        self.inner.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
        outcome
    }

    async fn write<T, F>(&self, durable: bool, closure: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Connection, &Context) -> Result<(T, Effects), StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Work::new(durable, closure, reply));
        match &self.inner.writer {
            Writer::Inline(side) => {
                inline(side)?.as_mut().ok_or(StoreError::Closed)?.run([job as Box<dyn writer::Job>]);
            }
            Writer::Thread { .. } => {
                let requests = self.inner.writer.requests()?;
                requests.send(Request::Write(job)).await.map_err(|_| StoreError::Closed)?;
            }
            Writer::None => return Err(StoreError::ReadOnly),
        }
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    async fn ask(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<(), StoreError>>) -> Request,
    ) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        let requests = self.inner.writer.requests()?;
        requests.send(request(reply)).await.map_err(|_| StoreError::Closed)?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Runs what blocks: on a thread made for it, or here where nothing may depend on threads.
    ///
    /// # Errors
    /// Those of the closure; [`StoreError::Internal`] where it panicked.
    pub async fn blocking<T: Send + 'static>(
        &self,
        closure: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        match self.inner.mode {
            Mode::Inline => closure(),
            Mode::Threaded => tokio::task::spawn_blocking(closure)
                .await
                .unwrap_or_else(|_| Err(StoreError::Internal("a reader panicked".to_owned()))),
        }
    }

    /// How many octets of the write-ahead log no power cut can take any more: a simulation takes the others away. Where SQLite
    /// has begun the log anew it may be too many, never too few.
    pub fn log_on_disk(&self) -> u64 {
        self.inner.log_on_disk.load(Ordering::Relaxed)
    }

    fn dir(&self) -> &Path {
        &self.inner.dir
    }

    fn claims(&self) -> &Claims {
        &self.inner.claims
    }
}

impl Writer {
    fn start(side: WriteSide, mode: Mode) -> Self {
        match mode {
            Mode::Inline => Self::Inline(Mutex::new(Some(side))),
            Mode::Threaded => {
                let (requests, thread) = writer::start(side);
                Self::Thread { requests: Mutex::new(Some(requests)), thread: Mutex::new(Some(thread)) }
            }
        }
    }

    fn requests(&self) -> Result<mpsc::Sender<Request>, StoreError> {
        match self {
            Self::Thread { requests, .. } => {
                requests.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(StoreError::Closed)
            }
            _ => Err(StoreError::Closed),
        }
    }
}

fn inline(side: &Mutex<Option<WriteSide>>) -> Result<std::sync::MutexGuard<'_, Option<WriteSide>>, StoreError> {
    // Jobs catch their own panics; one that came through would have left a transaction open.
    side.lock().map_err(|_| StoreError::Internal("the inline writer panicked".to_owned()))
}

impl Drop for Inner {
    /// Waits for the writer to finish what it was given, so that the folder can be opened again at once.
    fn drop(&mut self) {
        if let Writer::Thread { requests, thread } = &mut self.writer {
            requests.get_mut().unwrap_or_else(PoisonError::into_inner).take();
            let thread = thread.get_mut().unwrap_or_else(PoisonError::into_inner).take();
            // Where a closure held the last handle, this is the writer's own thread, which ends by itself.
            if let Some(thread) = thread.filter(|thread| thread.thread().id() != std::thread::current().id()) {
                // A panic of the thread was answered to whoever waited for it.
                let _ = thread.join();
            }
        }
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
