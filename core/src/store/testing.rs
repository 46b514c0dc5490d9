//! What the store's tests share.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tempfile::TempDir;

use super::{MailboxNaming, Mode, NewMessage, OpenOptions, Store, StoreError};
use crate::model::{AccountId, Address, Clock, Flags, MailboxId, Timestamp, Uid, UidSet};

/// What is done in a transaction.
pub(super) type Write = Box<dyn FnOnce(&mut super::MirrorTx<'_>) -> Result<(), StoreError> + Send>;

/// A clock that only moves when told to.
#[derive(Debug, Default)]
pub(super) struct TestClock(AtomicI64);

impl TestClock {
    pub(super) fn set(&self, seconds: i64) {
        self.0.store(seconds, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// A store in a folder of its own, with one account and one mailbox.
pub(super) struct Fixture {
    pub(super) dir: TempDir,
    pub(super) clock: Arc<TestClock>,
    pub(super) store: Store,
    pub(super) account: AccountId,
    pub(super) inbox: MailboxId,
}

impl Fixture {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(1_700_000_000)));
        let store = Store::open(dir.path(), options(&clock)).unwrap();
        let account = wait(store.config(|tx| tx.add_account("home", "ann@example.org", "{}"))).unwrap();
        let inbox = wait(store.mirror(move |tx| tx.insert_mailbox(account, &naming("INBOX")))).unwrap();
        Self { dir, clock, store, account, inbox }
    }

    /// A store that holds account 1 and mailbox 1 already.
    pub(super) fn of(store: Store, dir: TempDir, clock: Arc<TestClock>) -> Self {
        Self { dir, clock, store, account: AccountId(1), inbox: MailboxId(1) }
    }

    /// Opens the store again, as the next process would.
    pub(super) fn reopen(mut self) -> Self {
        wait(self.store.close()).unwrap();
        self.store = Store::open(self.dir.path(), options(&self.clock)).unwrap();
        self
    }

    pub(super) fn mirror<T: Send + 'static>(
        &self,
        closure: impl FnOnce(&mut super::MirrorTx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        wait(self.store.mirror(closure)).unwrap()
    }

    /// Runs closures as the writer does with those that wait together: in one commit.
    pub(super) fn in_one_commit<const N: usize>(&self, closures: [Write; N]) -> [Result<(), StoreError>; N] {
        let mut jobs: Vec<Box<dyn super::writer::Job>> = Vec::new();
        let answers = closures.map(|closure| {
            let (reply, answer) = tokio::sync::oneshot::channel();
            let run = move |conn: &rusqlite::Connection, context: &super::Context| {
                let mut tx = super::MirrorTx::new(conn, context);
                closure(&mut tx).map(|()| ((), tx.into_effects()))
            };
            jobs.push(Box::new(super::Work::new(false, run, reply)));
            answer
        });
        self.with_side(|side| side.run(jobs));
        answers.map(|answer| wait(answer).unwrap())
    }

    /// Reaches for the connection that writes.
    pub(super) fn with_writer<T>(&self, closure: impl FnOnce(&mut rusqlite::Connection) -> T) -> T {
        self.with_side(|side| closure(side.conn_mut()))
    }

    fn with_side<T>(&self, closure: impl FnOnce(&mut super::WriteSide) -> T) -> T {
        let super::Writer::Inline(side) = &self.store.inner.writer else { panic!("not inline") };
        closure(super::inline(side).unwrap().as_mut().unwrap())
    }

    pub(super) fn read<T>(&self, closure: impl FnOnce(&super::Snapshot<'_>) -> Result<T, StoreError>) -> T {
        self.store.read_blocking(closure).unwrap()
    }

    pub(super) fn insert(&self, messages: Vec<NewMessage>) -> super::InsertOutcome {
        let inbox = self.inbox;
        self.mirror(move |tx| tx.insert_new(inbox, &messages))
    }

    /// Puts every mail in the index by its header.
    pub(super) fn index_all(&self) {
        self.mirror(|tx| {
            let waiting = tx.unindexed(u32::MAX, u64::MAX)?;
            let header =
                |mail: super::Unindexed| super::ToIndex { message: mail.message, had_body: true, digest: None };
            tx.index(&waiting.into_iter().map(header).collect::<Vec<_>>())
        });
    }

    /// What counts and rows say must be the same, whatever was done.
    pub(super) fn assert_counts(&self) {
        for (mailbox, total, unread, detached, real_total, real_unread, real_detached) in self.read(|snapshot| {
            let sql = "SELECT b.id, b.total, b.unread, b.detached, count(p.id), total(p.flags & 1 = 0),
                       total(p.id IS NOT NULL AND p.uid IS NULL)
                       FROM mailboxes b LEFT JOIN places p ON p.mailbox = b.id GROUP BY b.id";
            let mut statement = snapshot.prepare(sql)?;
            let rows = statement.query_map([], |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, i64>(2)?,
                    row.get::<_, i64>(3)?,
                    row.get::<_, i64>(4)?,
                    row.get::<_, f64>(5)? as i64,
                    row.get::<_, f64>(6)? as i64,
                ))
            })?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        }) {
            assert_eq!((total, unread, detached), (real_total, real_unread, real_detached), "counts of {mailbox}");
        }
    }
}

/// Names what a child process is to do.
const ROLE: &str = "POSTRIDER_TEST_CHILD";

/// The role of this process, where it was started by [`child`].
pub(super) fn child_role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// This very test in a process of its own, which finds its role by [`child_role`].
pub(super) fn child(module: &str, test: &str, role: &str) -> std::process::Command {
    let path = module.split_once("::").unwrap().1;
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("{path}::{test}"), "--nocapture"]).env(ROLE, role);
    command
}

pub(super) fn options(clock: &Arc<TestClock>) -> OpenOptions {
    OpenOptions { mode: Mode::Inline, clock: clock.clone(), read_only: false }
}

/// Makes the frozen database of schema 1, with the files that belong to it.
pub(crate) fn thaw(dir: &Path) {
    let frozen = rusqlite::Connection::open(dir.join(super::connection::DATABASE)).unwrap();
    frozen.execute_batch(include_str!("schema/frozen_v1.sql")).unwrap();
    assert_eq!(super::schema::version(&frozen).unwrap(), 1);
    let hash: Vec<u8> = frozen.query_row("SELECT hash FROM blobs WHERE data IS NULL", [], |row| row.get(0)).unwrap();
    for folder in ["blobs", "incoming"] {
        std::fs::create_dir(dir.join(folder)).unwrap();
    }
    std::fs::write(super::blobs::file_path(dir, &hash), [b'B'; 70_000]).unwrap();
    std::fs::write(dir.join("incoming/1"), b"Subject: ").unwrap();
}

/// Runs what never really waits: the inline store.
pub(super) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

pub(super) fn naming(name: &str) -> MailboxNaming {
    MailboxNaming {
        raw_name: name.as_bytes().to_vec(),
        name: name.to_owned(),
        delimiter: Some('/'),
        role: name.to_ascii_lowercase().parse().ok(),
        selectable: true,
        subscribed: true,
    }
}

pub(super) fn uid(value: u32) -> Uid {
    Uid::new(value).unwrap()
}

pub(super) fn uids(values: &[u32]) -> UidSet {
    values.iter().map(|value| uid(*value)).collect()
}

pub(super) fn flags(words: &[&str]) -> Flags {
    let mut flags = Flags::new();
    words.iter().for_each(|word| flags.insert_wire(word));
    flags
}

/// A message whose fields are made from its UID.
pub(super) fn message(value: u32) -> NewMessage {
    let mut message = NewMessage::new(uid(value));
    message.internal_date = Some(Timestamp(1_000_000 + i64::from(value)));
    message.size = Some(1000 + u64::from(value));
    message.envelope.subject = format!("Subject {value}");
    message.envelope.from = vec![Address { name: format!("Sender {value}"), email: format!("s{value}@example.org") }];
    message.envelope.to = vec![Address { name: String::new(), email: "ann@example.org".to_owned() }];
    message.envelope.message_id = Some(format!("{value}@example.org"));
    message
}
