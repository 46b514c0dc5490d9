//! The one writer: closures come in through a bounded queue, several share a commit, and each is answered after it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::blobs::BLOBS;
use super::connection::{BUSY_TIMEOUT, DATABASE};
use super::tx::{Context, Effects};
use super::{Change, StoreError, account_copy, disk};
use crate::model::Clock;

/// How many closures wait before callers have to.
const QUEUE: usize = 64;
/// How many closures share one commit at most.
const BATCH: usize = 64;
/// How large the log may become, in octets. SQLite's own checkpoints begin much earlier.
const LOG_LIMIT: u64 = 12 << 20;
/// How long readers are waited for then: longer than any screen's query takes.
const PATIENCE: Duration = Duration::from_millis(200);

/// What the writer is asked for.
pub(super) enum Request {
    Write(Box<dyn Job>),
    Flush(oneshot::Sender<Result<(), StoreError>>),
    Close(oneshot::Sender<Result<(), StoreError>>),
}

/// One closure to be run in a savepoint.
pub(super) trait Job: Send {
    /// Whether it must be on disk before it is answered.
    fn durable(&self) -> bool;
    /// Runs it; keeps the closure's own result.
    fn run(&mut self, conn: &Connection, context: &Context) -> Result<Effects, StoreError>;
    /// Answers the caller: with the closure's own failure if there was one, else with how the commit went.
    fn answer(self: Box<Self>, commit: Result<(), StoreError>);
}

/// A closure with the channel that its result goes to.
pub(super) struct Work<T, F> {
    durable: bool,
    closure: Option<F>,
    result: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Work<T, F>
where
    F: FnOnce(&Connection, &Context) -> Result<(T, Effects), StoreError>,
{
    pub(super) fn new(durable: bool, closure: F, reply: oneshot::Sender<Result<T, StoreError>>) -> Self {
        Self { durable, closure: Some(closure), result: None, reply }
    }
}

impl<T, F> Job for Work<T, F>
where
    T: Send,
    F: FnOnce(&Connection, &Context) -> Result<(T, Effects), StoreError> + Send,
{
    fn durable(&self) -> bool {
        self.durable
    }

    fn run(&mut self, conn: &Connection, context: &Context) -> Result<Effects, StoreError> {
        let closure = self.closure.take().ok_or_else(|| StoreError::Internal("a closure ran twice".to_owned()))?;
        // A fault in one closure must not take the writer, and with it every account, down.
        let outcome = catch_unwind(AssertUnwindSafe(|| closure(conn, context)))
            .unwrap_or_else(|_| Err(StoreError::Internal("a transaction panicked".to_owned())));
        match outcome {
            Ok((value, effects)) => {
                self.result = Some(Ok(value));
                Ok(effects)
            }
            Err(error) => {
                self.result = Some(Err(error.clone()));
                Err(error)
            }
        }
    }

    fn answer(self: Box<Self>, commit: Result<(), StoreError>) {
        let Self { result, reply, .. } = *self;
        let answer = match (result, commit) {
            (Some(Err(error)), _) | (_, Err(error)) => Err(error),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (None, Ok(())) => Err(StoreError::Internal("a closure was not run".to_owned())),
        };
        // Whoever asked may have gone; the write stands.
        let _ = reply.send(answer);
    }
}

/// The writing connection and what belongs to it.
pub(super) struct WriteSide {
    conn: Connection,
    dir: PathBuf,
    clock: Arc<dyn Clock>,
    changes: broadcast::Sender<Change>,
    synchronous: Option<&'static str>,
    unflushed: bool,
    /// Whether the copy of the accounts is older than what is configured.
    copy_is_old: bool,
    /// How many octets of the log no power cut can take any more.
    log_on_disk: Arc<AtomicU64>,
    /// How large the log may be, in octets, before readers are waited for so that it can begin anew.
    log_limit: u64,
}

impl WriteSide {
    pub(super) fn new(
        conn: Connection,
        dir: PathBuf,
        clock: Arc<dyn Clock>,
        changes: broadcast::Sender<Change>,
    ) -> Self {
        Self {
            conn,
            dir,
            clock,
            changes,
            synchronous: None,
            unflushed: false,
            copy_is_old: false,
            log_on_disk: Arc::default(),
            log_limit: LOG_LIMIT,
        }
    }

    #[cfg(test)]
    pub(super) fn conn_mut(&mut self) -> &mut Connection {
        &mut self.conn
    }

    /// Runs closures, each in a savepoint, in one transaction or few, and answers them.
    pub(super) fn run(&mut self, jobs: impl IntoIterator<Item = Box<dyn Job>>) {
        let mut waiting: VecDeque<_> = jobs.into_iter().collect();
        while !waiting.is_empty() {
            let durable = waiting.iter().any(|job| job.durable());
            if let Err(error) = self.begin(durable) {
                waiting.drain(..).for_each(|job| job.answer(Err(error.clone())));
                return;
            }
            let mut done = Vec::new();
            let outcome = self.run_until_lost(&mut waiting, &mut done);
            let committed = outcome.and_then(|effects| {
                if !effects.placed_files.is_empty() {
                    disk::sync_folder(&self.dir.join(BLOBS)).inspect_err(|_| self.roll_back())?;
                }
                self.commit(durable).map(|()| effects)
            });
            match committed {
                Ok(effects) => {
                    // First: whoever asked for a repair, say, looks at the files next.
                    self.follow_up(effects, durable);
                    done.into_iter().for_each(|job| job.answer(Ok(())));
                }
                Err(error) => done.into_iter().for_each(|job| job.answer(Err(error.clone()))),
            }
        }
    }

    /// Runs what waits until all is done, or until SQLite threw the whole transaction away (a full disk, say).
    fn run_until_lost(
        &mut self,
        waiting: &mut VecDeque<Box<dyn Job>>,
        done: &mut Vec<Box<dyn Job>>,
    ) -> Result<Effects, StoreError> {
        let context = Context { dir: self.dir.clone(), now: self.clock.now() };
        let mut all = Effects::default();
        // Alone, a job needs no savepoint, which would copy each page before its first change.
        let alone = waiting.len() == 1;
        while let Some(mut job) = waiting.pop_front() {
            let outcome = if alone {
                job.run(&self.conn, &context).inspect_err(|_| self.roll_back())
            } else {
                self.run_in_savepoint(job.as_mut(), &context)
            };
            done.push(job);
            match outcome {
                Ok(effects) => all.merge(effects),
                Err(error) if self.conn.is_autocommit() => return Err(error),
                Err(_) => {}
            }
        }
        Ok(all)
    }

    fn run_in_savepoint(&self, job: &mut dyn Job, context: &Context) -> Result<Effects, StoreError> {
        self.execute("SAVEPOINT job")?;
        let outcome = job.run(&self.conn, context);
        if self.conn.is_autocommit() {
            return Err(outcome.err().unwrap_or(StoreError::Internal("the transaction was lost".to_owned())));
        }
        if outcome.is_err() {
            self.execute("ROLLBACK TO job")?;
        }
        self.execute("RELEASE job")?;
        outcome
    }

    fn begin(&mut self, durable: bool) -> Result<(), StoreError> {
        let wanted = if durable { "FULL" } else { "NORMAL" };
        if self.synchronous != Some(wanted) {
            self.conn.pragma_update(None, "synchronous", wanted)?;
            self.synchronous = Some(wanted);
        }
        self.execute("BEGIN IMMEDIATE")
    }

    fn commit(&mut self, durable: bool) -> Result<(), StoreError> {
        self.unflushed = true;
        self.execute("COMMIT").inspect_err(|_| self.roll_back())?;
        let size = self.log_size();
        if durable {
            self.log_on_disk.store(size, Ordering::Relaxed);
        }
        self.bound_log(size);
        Ok(())
    }

    fn log_size(&self) -> u64 {
        std::fs::metadata(self.dir.join(format!("{DATABASE}-wal"))).map_or(0, |log| log.len())
    }

    /// How many octets of the log no power cut can take any more.
    pub(super) fn log_on_disk(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.log_on_disk)
    }

    /// Lets the log begin anew where readers that follow each other without a pause kept it from that: those that are there
    /// are waited for, those that come meanwhile do not need it. One that stays long is not waited for again until the log
    /// has grown by as much again.
    fn bound_log(&mut self, size: u64) {
        if size <= self.log_limit {
            if size <= LOG_LIMIT {
                self.log_limit = LOG_LIMIT;
            }
            return;
        }
        let checkpoint = || -> rusqlite::Result<bool> {
            self.conn.busy_timeout(PATIENCE)?;
            let busy = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
            self.conn.busy_timeout(BUSY_TIMEOUT)?;
            busy
        };
        // Where it fails nothing is lost: the next checkpoint does more.
        let done = checkpoint().is_ok_and(|busy| !busy);
        self.log_limit = if done { LOG_LIMIT } else { size + LOG_LIMIT };
    }

    fn roll_back(&self) {
        // Fails only where SQLite has rolled back already.
        let _ = self.execute("ROLLBACK");
    }

    fn execute(&self, sql: &'static str) -> Result<(), StoreError> {
        self.conn.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    fn follow_up(&mut self, effects: Effects, durable: bool) {
        self.copy_is_old |= effects.configured;
        if durable && self.copy_is_old {
            // The write stands without it; the next one, or the next start, tries again.
            self.copy_is_old = account_copy::refresh(&self.dir, &self.conn).is_err();
        }
        for path in effects.obsolete_files {
            // What cannot be removed now is found as an orphan by the next check.
            let _ = std::fs::remove_file(path);
        }
        if !effects.change.is_empty() {
            // Nobody may be listening.
            let _ = self.changes.send(effects.change);
        }
    }

    /// Puts what is committed on disk. Costs nothing where nothing was written.
    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        if !self.unflushed {
            return Ok(());
        }
        // The log alone makes it durable; what a checkpoint already took from it was synced by the checkpoint.
        match std::fs::File::open(self.dir.join(format!("{DATABASE}-wal"))) {
            Ok(log) => log.sync_data()?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        self.unflushed = false;
        self.log_on_disk.store(self.log_size(), Ordering::Relaxed);
        Ok(())
    }

    /// Flushes, empties the log and closes the connection.
    pub(super) fn close(mut self) -> Result<(), StoreError> {
        self.flush()?;
        // Only tidies up: on a full disk the log stays, and holds all that matters.
        let _ = self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        self.conn.close().map_err(|(_, error)| error.into())
    }
}

/// Starts the thread that owns the write side. It ends on [`Request::Close`], or when nobody can ask any more.
#[allow(clippy::disallowed_methods, reason = "the one thread of the store")]
pub(super) fn start(side: WriteSide) -> (mpsc::Sender<Request>, std::thread::JoinHandle<()>) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    (sender, std::thread::spawn(move || serve(side, receiver)))
}

fn serve(mut side: WriteSide, mut receiver: mpsc::Receiver<Request>) {
    let mut next = receiver.blocking_recv();
    while let Some(request) = next.take() {
        match request {
            Request::Write(job) => {
                let mut jobs = vec![job];
                while jobs.len() < BATCH {
                    match receiver.try_recv() {
                        Ok(Request::Write(job)) => jobs.push(job),
                        Ok(other) => {
                            next = Some(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                side.run(jobs);
            }
            Request::Flush(reply) => {
                let _ = reply.send(side.flush());
            }
            Request::Close(reply) => {
                receiver.close();
                let outcome = side.close();
                drop(receiver);
                let _ = reply.send(outcome);
                return;
            }
        }
        if next.is_none() {
            next = receiver.blocking_recv();
        }
    }
    let _ = side.close();
}

#[cfg(test)]
#[path = "writer_tests.rs"]
mod tests;
