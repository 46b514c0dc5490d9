//! Read-only connections, opened when needed and kept: WAL lets them read while the writer writes.

use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, TransactionBehavior};

use super::connection::open_reader;
use super::{Snapshot, StoreError};

/// More would only wait for the same two or four cores of a phone.
const MOST: usize = 4;

pub(super) struct Readers {
    dir: PathBuf,
    pool: Mutex<Pool>,
    returned: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Connection>,
    lent: usize,
    closed: bool,
}

impl Readers {
    pub(super) fn new(dir: PathBuf) -> Self {
        Self { dir, pool: Mutex::new(Pool::default()), returned: Condvar::new() }
    }

    /// Runs a closure on one consistent state of the store.
    pub(super) fn read<T>(
        &self,
        closure: impl FnOnce(&Snapshot<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let lent = self.lend()?;
        let tx = rusqlite::Transaction::new_unchecked(lent.conn()?, TransactionBehavior::Deferred)?;
        let snapshot = Snapshot::new(&tx, &self.dir);
        closure(&snapshot)
    }

    fn lend(&self) -> Result<Lent<'_>, StoreError> {
        let mut pool = self.lock();
        loop {
            if pool.closed {
                return Err(StoreError::Closed);
            }
            if let Some(conn) = pool.idle.pop() {
                pool.lent += 1;
                return Ok(Lent { readers: self, conn: Some(conn) });
            }
            if pool.lent < MOST {
                pool.lent += 1;
                break;
            }
            pool = self.returned.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
        drop(pool);
        // From here on the guard gives the place back, opened or not.
        let mut lent = Lent { readers: self, conn: None };
        lent.conn = Some(open_reader(&self.dir)?);
        Ok(lent)
    }

    /// Waits for what is being read and closes all connections.
    pub(super) fn close(&self) {
        let mut pool = self.lock();
        pool.closed = true;
        pool.idle.clear();
        self.returned.notify_all();
        while pool.lent > 0 {
            pool = self.returned.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Lent<'a> {
    readers: &'a Readers,
    conn: Option<Connection>,
}

impl Lent<'_> {
    fn conn(&self) -> Result<&Connection, StoreError> {
        self.conn.as_ref().ok_or(StoreError::Closed)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut pool = self.readers.lock();
        pool.lent -= 1;
        if let Some(conn) = self.conn.take().filter(|_| !pool.closed) {
            pool.idle.push(conn);
        }
        self.readers.returned.notify_all();
    }
}
