//! Opening and closing a store, its care and its backups.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use tokio::sync::watch;

use super::{CoreError, Health, Problem, ProblemKind, Salvaged};
use crate::account::{SecretStore, TokenProvider};
use crate::engine::{Engine, Environment};
use crate::model::{Clock, SystemClock};
use crate::store::{CheckReport, Mode, OpenOptions, Snapshot, Store, StoreError};
use crate::wire::{Network, TcpNetwork};

/// What a core is opened with.
#[derive(Clone)]
pub struct CoreOptions {
    /// The store's folder. Made where it is missing.
    pub dir: PathBuf,
    /// Where passwords are kept.
    pub secrets: Arc<dyn SecretStore>,
    /// Where access tokens come from.
    pub tokens: Option<Arc<dyn TokenProvider>>,
    /// Where connections come from; the machine's own network where `None`.
    pub network: Option<Arc<dyn Network>>,
    /// The wall clock; the machine's own where `None`.
    pub clock: Option<Arc<dyn Clock>>,
}

/// An open store and the engine over it. Clones are handles to the same one.
#[derive(Clone)]
pub struct Core {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    store: Store,
    engine: Engine,
    closed: watch::Sender<bool>,
}

impl Core {
    /// Opens the store and brings it to the current schema. Nothing is connected yet.
    ///
    /// # Errors
    /// [`CoreError::InUse`] where another process has it, and the other errors of storage.
    pub async fn open(options: CoreOptions) -> Result<Self, CoreError> {
        let clock = options.clock.unwrap_or_else(|| Arc::new(SystemClock));
        let (dir, store_clock) = (options.dir, Arc::clone(&clock));
        let open =
            move || Store::open(&dir, OpenOptions { mode: Mode::Threaded, clock: store_clock, read_only: false });
        let store = tokio::task::spawn_blocking(open).await.map_err(|_| CoreError::internal("opening panicked"))??;
        let environment = Environment {
            clock,
            network: options.network.unwrap_or_else(|| Arc::new(TcpNetwork)),
            secrets: options.secrets,
            tokens: options.tokens,
            threads: true,
        };
        Ok(Self::over(store, environment))
    }

    pub(super) fn over(store: Store, environment: Environment) -> Self {
        let engine = Engine::new(store.clone(), environment);
        Self { inner: Arc::new(Inner { store, engine, closed: watch::Sender::new(false) }) }
    }

    /// Ends every task, writes everything to disk and releases every lock. All handles are of no use then. What is closed
    /// already stays so.
    ///
    /// # Errors
    /// Those of storage; the store is closed even so.
    pub async fn close(&self) -> Result<(), CoreError> {
        self.inner.closed.send_replace(true);
        self.engine().end_all().await;
        match self.store().close().await {
            Err(StoreError::Closed) => Ok(()),
            closed => Ok(closed?),
        }
    }

    /// Checks the store, and puts right what can be.
    ///
    /// # Errors
    /// Those of storage; [`CoreError::StorageDamaged`] where the database is still damaged after the repair: what helps
    /// then is [`Core::salvage`].
    pub async fn check(&self, repair: bool) -> Result<Health, CoreError> {
        let before = problems(&self.store().check().await?);
        if !repair || before.is_empty() {
            return Ok(Health { problems: before, repaired: Vec::new() });
        }
        let report = self.store().repair().await?;
        if !report.database.is_empty() {
            return Err(StoreError::Damaged.into());
        }
        let after = problems(&report);
        let repaired = before.into_iter().filter(|problem| !after.contains(problem)).collect();
        Ok(Health { problems: after, repaired })
    }

    /// Begins anew in a folder whose database is damaged: the accounts stay, their mail is to be synced again. The damaged
    /// file is kept aside. No core may have the folder open.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn salvage(dir: &Path) -> Result<Salvaged, CoreError> {
        let dir = dir.to_owned();
        let salvaged = tokio::task::spawn_blocking(move || Store::salvage(&dir)).await;
        let salvaged = salvaged.map_err(|_| CoreError::internal("salvaging panicked"))??;
        Ok(Salvaged { accounts: salvaged.accounts as u64, incomplete: salvaged.incomplete })
    }

    /// Writes a consistent copy of the whole store to one file, while it is in use.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn backup(&self, file: &Path) -> Result<(), CoreError> {
        Ok(self.store().backup(file).await?)
    }

    /// As [`Core::backup`], of the store in a folder that another process has open.
    ///
    /// # Errors
    /// Those of storage; [`CoreError::NotFound`] where there is no store in the folder.
    pub async fn backup_of(dir: &Path, file: &Path) -> Result<(), CoreError> {
        let dir = dir.to_owned();
        let options = OpenOptions { mode: Mode::Threaded, clock: Arc::new(SystemClock), read_only: true };
        let store = tokio::task::spawn_blocking(move || Store::open(&dir, options)).await;
        let store = store.map_err(|_| CoreError::internal("opening panicked"))??;
        store.backup(file).await?;
        Ok(store.close().await?)
    }

    /// Makes a store out of a backup. A store that is in the folder is replaced: whoever calls asks first.
    ///
    /// # Errors
    /// Those of storage.
    pub async fn restore(file: &Path, dir: &Path) -> Result<(), CoreError> {
        let (file, dir) = (file.to_owned(), dir.to_owned());
        let restored = tokio::task::spawn_blocking(move || Store::restore(&file, &dir)).await;
        Ok(restored.map_err(|_| CoreError::internal("restoring panicked"))??)
    }

    pub(super) fn store(&self) -> &Store {
        &self.inner.store
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// A handle that does not keep the core open.
    pub(super) fn weak(&self) -> Weak<Inner> {
        Arc::downgrade(&self.inner)
    }

    pub(super) fn upgrade(weak: &Weak<Inner>) -> Option<Self> {
        weak.upgrade().map(|inner| Self { inner })
    }

    /// Tells when the core is closed.
    pub(super) fn closed(&self) -> watch::Receiver<bool> {
        self.inner.closed.subscribe()
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        closure: impl FnOnce(&Snapshot<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, CoreError> {
        Ok(self.store().read(closure).await?)
    }
}

/// What a check found.
fn problems(report: &CheckReport) -> Vec<Problem> {
    let problem = |kind, count, text| Problem { kind, mailbox: String::new(), count, text };
    let damaged = |line: &String| problem(ProblemKind::Database, 1, format!("the database: {line}"));
    let counted = [
        (ProblemKind::BrokenReferences, report.broken_references, "rows name a row that is not there"),
        (ProblemKind::WrongCounts, report.wrong_counts.len() as u64, "mailboxes have wrong counts"),
        (ProblemKind::WronglyShown, report.wrongly_shown.len() as u64, "messages are not shown as the journal has it"),
        (
            ProblemKind::DamagedOperations,
            report.damaged_operations.len() as u64,
            "operations cannot be read, and can only be taken back",
        ),
        (ProblemKind::DamagedBodies, report.damaged_bodies, "bodies are damaged or missing"),
        (ProblemKind::StrayFiles, report.stray_files, "files belong to nothing"),
    ];
    let counted = counted.into_iter().filter(|(_, count, _)| *count > 0);
    let counted = counted.map(|(kind, count, what)| problem(kind, count, format!("{count} {what}")));
    report.database.iter().map(damaged).chain(counted).collect()
}
