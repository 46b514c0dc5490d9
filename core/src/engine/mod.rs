//! Two tasks per account, one that syncs and one for what a person waits for: each does what it is asked in order, and
//! ends without leaving a task or a lock. One more task makes mail searchable.

mod account_task;
mod body_rules;
mod facts;
mod failure;
mod indexer;
mod link;
mod notes;
mod replaying;
mod sessions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::account::{AccountSettings, SecretStore, TokenProvider};
use crate::model::{AccountId, Clock, MailboxId, MessageId, PlaceId};
use crate::search::Query;
use crate::store::Store;
use crate::sync::{Budget, Comparison, Control, Report};
use crate::wire::{Network, Spent};

use account_task::AccountTask;
pub use failure::Failure;
use indexer::{Indexer, Syncing};
pub use notes::{Notes, notes};
use sessions::Sessions;

/// What the engine takes from outside: everything that a simulation replaces.
#[derive(Clone)]
pub struct Environment {
    /// The wall clock.
    pub clock: Arc<dyn Clock>,
    /// Where connections come from.
    pub network: Arc<dyn Network>,
    /// Where passwords are kept.
    pub secrets: Arc<dyn SecretStore>,
    /// Where access tokens come from.
    pub tokens: Option<Arc<dyn TokenProvider>>,
    /// Whether calls into the host may go to a thread for blocking work. A simulation has none.
    pub threads: bool,
}

/// What one sync shall do.
#[derive(Clone, Debug, Default)]
pub struct SyncRequest {
    /// Only these mailboxes; all where empty.
    pub mailboxes: Vec<MailboxId>,
    /// Nothing but the list of mailboxes. It does not count as a sync.
    pub only_list: bool,
    /// Another body policy than the account's.
    pub bodies: Option<crate::account::BodyPolicy>,
    /// What it may cost.
    pub limits: Budget,
    /// Whether each byte costs.
    pub metered: bool,
    /// Which way.
    pub direction: Direction,
    /// Whether operations that wait for their time go out now.
    pub now: bool,
}

/// Which way a sync goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// First what the user did goes to the server, then what happened there comes here.
    #[default]
    Both,
    /// Only what the user did goes to the server.
    Push,
    /// Only what happened there comes here. What was sent before and not answered is asked about, so that it is shown once.
    Pull,
}

/// What one sync did and cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyncDone {
    /// What it did.
    pub report: Report,
    /// What it cost.
    pub spent: Spent,
    /// Time taken, in milliseconds.
    pub elapsed_ms: u64,
    /// Operations of the user that came to their end.
    pub operations_done: u64,
    /// Operations that go on later, or wait for the user.
    pub operations_left: u64,
}

/// What a login showed of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tested {
    /// What the server can do once logged in.
    pub capabilities: Vec<String>,
    /// Whether the connection was protected by TLS.
    pub secure: bool,
    /// Time taken from the first packet to the login, in milliseconds.
    pub elapsed_ms: u64,
}

type Reply<T> = oneshot::Sender<Result<T, Failure>>;

enum Job {
    Sync { request: SyncRequest, control: Control, notes: Notes, reply: Reply<SyncDone> },
    Section { place: PlaceId, message: MessageId, section: String, control: Control, reply: Reply<()> },
    Search { mailboxes: Vec<MailboxId>, query: Query, control: Control, reply: Reply<Vec<PlaceId>> },
    Compare { repair: bool, control: Control, reply: Reply<Vec<Comparison>> },
}

/// Which of an account's tasks is asked: nobody who waits shall wait for a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    /// What changes or compares the mirror as a whole.
    Sync,
    /// What a person waits for.
    Person,
}

impl Job {
    fn lane(&self) -> Lane {
        match self {
            Self::Sync { .. } | Self::Compare { .. } => Lane::Sync,
            Self::Section { .. } | Self::Search { .. } => Lane::Person,
        }
    }
}

/// The tasks of all accounts.
pub struct Engine {
    store: Store,
    environment: Environment,
    running: Mutex<Running>,
    syncing: Syncing,
    indexer: Arc<Indexer>,
    indexing: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Running {
    accounts: BTreeMap<AccountId, Account>,
    /// Accounts for which nothing is started, because they are about to be removed; and whether the engine has ended.
    barred: BTreeSet<AccountId>,
    ended: bool,
}

/// Nothing is started for an account for as long as this lives.
pub struct Barred<'a> {
    engine: &'a Engine,
    account: AccountId,
}

impl Drop for Barred<'_> {
    fn drop(&mut self) {
        self.engine.lock().barred.remove(&self.account);
    }
}

/// What runs for one account.
#[derive(Default)]
struct Account {
    sessions: Arc<Sessions>,
    tasks: BTreeMap<Lane, Task>,
}

struct Task {
    asks: mpsc::Sender<Job>,
    handle: JoinHandle<()>,
}

impl Engine {
    /// An engine. The tasks of each account are started when they are first needed; the one that makes mail searchable
    /// runs from now on, within the runtime of the caller.
    pub fn new(store: Store, environment: Environment) -> Self {
        let (syncing, watched) = watch::channel(0);
        let indexer = Indexer::new(store.clone());
        let indexing = Mutex::new(Some(tokio::spawn(Arc::clone(&indexer).run(watched))));
        Self { store, environment, running: Mutex::default(), syncing, indexer, indexing }
    }

    /// Makes all mail searchable that is here, and waits for it.
    ///
    /// # Errors
    /// [`Failure::Store`].
    pub async fn finish_indexing(&self) -> Result<(), Failure> {
        Ok(self.indexer.finish().await?)
    }

    /// Syncs an account. Notes come while it works.
    ///
    /// # Errors
    /// [`Failure`]; a sync that was stopped by its limits or its control succeeds with a report that is not complete.
    pub async fn sync(
        &self,
        account: AccountId,
        request: SyncRequest,
        control: Control,
        notes: Notes,
    ) -> Result<SyncDone, Failure> {
        let _syncing = Counted::begin(&self.syncing);
        self.ask(account, |reply| Job::Sync { request, control, notes, reply }).await
    }

    /// Fetches one section of a message, or the whole of it where `section` is empty, and stores it.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn fetch_section(
        &self,
        account: AccountId,
        place: PlaceId,
        message: MessageId,
        section: String,
        control: Control,
    ) -> Result<(), Failure> {
        self.ask(account, |reply| Job::Section { place, message, section, control, reply }).await
    }

    /// Lets the server search. Returns what it found and the mirror holds.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn search(
        &self,
        account: AccountId,
        mailboxes: Vec<MailboxId>,
        query: Query,
        control: Control,
    ) -> Result<Vec<PlaceId>, Failure> {
        self.ask(account, |reply| Job::Search { mailboxes, query, control, reply }).await
    }

    /// Holds the mirror of an account against the server. With `repair`, what differs is made to be compared in full and
    /// put right by the next sync.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn compare(
        &self,
        account: AccountId,
        repair: bool,
        control: Control,
    ) -> Result<Vec<Comparison>, Failure> {
        self.ask(account, |reply| Job::Compare { repair, control, reply }).await
    }

    /// Connects and logs in with these settings, and nothing more.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn test(&self, settings: AccountSettings) -> Result<Tested, Failure> {
        link::test(&self.environment, &settings).await
    }

    /// Gives up the sessions of an account whose settings changed; one that is in use, when it is used no more.
    pub fn settings_changed(&self, account: AccountId) {
        if let Some(account) = self.lock().accounts.get(&account) {
            account.sessions.forget();
        }
    }

    /// The network is another one: what was connected over the old one leads nowhere any more.
    pub fn network_changed(&self) {
        self.lock().accounts.values().for_each(|account| account.sessions.network_changed());
    }

    /// Ends the tasks of an account and waits until nothing of them is left. None is started for as long as what is given
    /// back lives.
    pub async fn end(&self, account: AccountId) -> Barred<'_> {
        let barred = Barred { engine: self, account };
        let ended = {
            let mut running = self.lock();
            running.barred.insert(account);
            running.accounts.remove(&account)
        };
        end(ended.into_iter()).await;
        barred
    }

    /// Ends every task and waits until nothing of them is left. None is started any more.
    pub async fn end_all(&self) {
        let indexing = self.indexing.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = indexing {
            finish(task).await;
        }
        let accounts = {
            let mut running = self.lock();
            running.ended = true;
            std::mem::take(&mut running.accounts)
        };
        end(accounts.into_values()).await;
    }

    async fn ask<T>(&self, account: AccountId, ask: impl FnOnce(Reply<T>) -> Job) -> Result<T, Failure> {
        let (reply, answer) = oneshot::channel();
        let ask = ask(reply);
        let asks = self.task(account, ask.lane())?;
        asks.send(ask).await.map_err(|_| Failure::Closed)?;
        answer.await.unwrap_or(Err(Failure::Closed))
    }

    fn task(&self, id: AccountId, lane: Lane) -> Result<mpsc::Sender<Job>, Failure> {
        let mut running = self.lock();
        if running.ended || running.barred.contains(&id) {
            return Err(Failure::Closed);
        }
        let account = running.accounts.entry(id).or_default();
        if let Some(task) = account.tasks.get(&lane).filter(|task| !task.handle.is_finished()) {
            return Ok(task.asks.clone());
        }
        let (asks, receiver) = mpsc::channel(16);
        let (store, environment) = (self.store.clone(), self.environment.clone());
        let work = AccountTask::new(id, store, environment, receiver, Arc::clone(&account.sessions));
        let handle = tokio::spawn(work.run());
        account.tasks.insert(lane, Task { asks: asks.clone(), handle });
        Ok(asks)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends all at once, and waits for each.
async fn end(accounts: impl Iterator<Item = Account>) {
    let tasks: Vec<_> = accounts.flat_map(|account| account.tasks.into_values()).collect();
    tasks.iter().for_each(|task| task.handle.abort());
    for task in tasks {
        finish(task.handle).await;
    }
}

async fn finish(task: JoinHandle<()>) {
    task.abort();
    // Aborted or done: either way nothing of it runs any more.
    let _ = task.await;
}

/// Counts one sync for as long as it lives.
struct Counted<'a>(&'a Syncing);

impl<'a> Counted<'a> {
    fn begin(syncing: &'a Syncing) -> Self {
        syncing.send_modify(|count| *count += 1);
        Self(syncing)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        for task in self.lock().accounts.values().flat_map(|account| account.tasks.values()) {
            task.handle.abort();
        }
        if let Some(task) = self.indexing.lock().unwrap_or_else(PoisonError::into_inner).take() {
            task.abort();
        }
    }
}
