//! How a phone dies: its files are as they are at that moment, or without what was not synced; nothing it does after counts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use postrider::api::{Clock, Core, Timestamp};
use tokio::sync::Notify;

use super::around::Time;

/// The phone's fate: shared by its clock, its network and the run.
#[derive(Clone)]
pub(super) struct Doom {
    inner: Arc<Mutex<Inner>>,
    struck: Arc<Notify>,
    time: Time,
}

struct Inner {
    /// Which life this is: what belongs to an earlier one is dead.
    life: u64,
    core: Option<Core>,
    dir: PathBuf,
    /// Where the files lie as they were when it died.
    left: Option<PathBuf>,
    transactions: u32,
    at_transaction: BTreeMap<u32, Option<u16>>,
    lost: u64,
    /// How long the log was when this life began: that is on disk.
    found: u64,
}

impl Doom {
    pub(super) fn new(dir: PathBuf, time: Time) -> Self {
        let inner = Inner {
            life: 0,
            core: None,
            dir,
            left: None,
            transactions: 0,
            at_transaction: BTreeMap::new(),
            lost: 0,
            found: 0,
        };
        Self { inner: Arc::new(Mutex::new(inner)), struck: Arc::default(), time }
    }

    /// It dies as this transaction of the store begins.
    pub(super) fn at_transaction(&self, number: u32, power: Option<u16>) {
        self.lock().at_transaction.insert(number, power);
    }

    /// No more deaths that were foreseen.
    pub(super) fn spare(&self) {
        self.lock().at_transaction.clear();
    }

    /// A new life begins with this core.
    pub(super) fn live(&self, core: Core, dir: PathBuf) {
        let mut inner = self.lock();
        inner.found = fs::metadata(dir.join("postrider.db-wal")).map_or(0, |log| log.len());
        (inner.core, inner.dir, inner.left) = (Some(core), dir, None);
    }

    pub(super) fn life(&self) -> u64 {
        self.lock().life
    }

    /// How many octets power cuts took.
    pub(super) fn lost(&self) -> u64 {
        self.lock().lost
    }

    /// Where its files are, once it is dead.
    pub(super) fn left(&self) -> Option<PathBuf> {
        self.lock().left.clone()
    }

    /// Waits for its death.
    pub(super) async fn struck(&self) {
        while self.left().is_none() {
            self.struck.notified().await;
        }
    }

    /// The end of this life.
    pub(super) fn bury(&self) -> Option<Core> {
        let mut inner = self.lock();
        inner.life += 1;
        inner.core.take()
    }

    /// It dies now.
    pub(super) fn strike(&self, power: Option<u16>) {
        let mut inner = self.lock();
        if inner.left.is_some() || inner.core.is_none() {
            return;
        }
        let left = inner.dir.with_file_name(format!("life-{}", inner.life + 1));
        let on_disk = inner.core.as_ref().map_or(0, Core::log_on_disk).max(inner.found);
        let keep = power.map(|part| (on_disk, part));
        inner.lost += copy(&inner.dir, &left, keep).unwrap_or(0);
        inner.left = Some(left);
        inner.life += 1;
        drop(inner);
        self.struck.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for Doom {
    /// The store asks this once in each transaction, after it has begun: all before are committed, and nothing of this one is.
    fn now(&self) -> Timestamp {
        let mut inner = self.lock();
        inner.transactions += 1;
        let number = inner.transactions;
        let fate = inner.at_transaction.remove(&number);
        drop(inner);
        if let Some(power) = fate {
            self.strike(power);
        }
        Timestamp(self.time.now())
    }
}

/// Copies a store as it is. After a power cut of the log beyond what is on disk only a part is there, torn anywhere: SQLite
/// writes the database itself only from a log that it has synced, so that the log is all that can be lost. Returns how many
/// octets were lost.
fn copy(from: &Path, to: &Path, power: Option<(u64, u16)>) -> std::io::Result<u64> {
    fs::create_dir_all(to)?;
    let mut lost = 0;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let target = to.join(&name);
        if path.is_dir() {
            lost += copy(&path, &target, None)?;
        } else if name.ends_with("-wal") {
            let mut log = fs::read(&path)?;
            if let Some((on_disk, part)) = power {
                let loose = (log.len() as u64).saturating_sub(on_disk);
                let keep = log.len() as u64 - loose + loose * u64::from(part) / 65536;
                lost += log.len() as u64 - keep;
                log.truncate(usize::try_from(keep).unwrap_or(usize::MAX));
            }
            fs::write(target, log)?;
        } else if !name.ends_with("-shm") && !name.ends_with(".lock") {
            fs::copy(&path, target)?;
        }
    }
    Ok(lost)
}
