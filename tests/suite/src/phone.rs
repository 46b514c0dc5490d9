//! A phone: a core with a store in a temporary folder, and a network that leads to a model server.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use postrider::api::{
    AccountId, AccountSettings, BodyPolicy, BoxStream, Clock, Core, CoreError, CoreOptions, CredentialError,
    ListFilter, Network, Secret, SecretStore, SyncEvent, SyncOptions, SyncSummary, SystemClock, TcpNetwork, Timestamp,
    WireError,
};
use postrider_model::ModelServer;
use tempfile::TempDir;

/// The user that every test logs in as, and the password.
pub const USER: &str = "mara@postrider.example";
/// The password.
pub const PASSWORD: &str = "secret";

/// A network on which every host is the model server.
pub struct ModelNetwork(pub ModelServer);

impl Network for ModelNetwork {
    fn connect<'a>(
        &'a self,
        _host: &'a str,
        _port: u16,
    ) -> Pin<Box<dyn Future<Output = Result<BoxStream, WireError>> + Send + 'a>> {
        Box::pin(async { Ok(Box::new(self.0.connect_in_memory()) as BoxStream) })
    }
}

/// A network over another: each of its connections is one of those, made into something else.
pub struct Over<N, F> {
    below: N,
    into: F,
}

impl<N, F> Over<N, F> {
    /// The network over this one whose connections are made by this function.
    pub fn new(below: N, into: F) -> Self {
        Self { below, into }
    }
}

impl<N, F, S> Network for Over<N, F>
where
    N: Network,
    F: Fn(BoxStream) -> S + Send + Sync,
    S: Future<Output = BoxStream> + Send,
{
    fn connect<'a>(
        &'a self,
        host: &'a str,
        port: u16,
    ) -> Pin<Box<dyn Future<Output = Result<BoxStream, WireError>> + Send + 'a>> {
        Box::pin(async move { Ok((self.into)(self.below.connect(host, port).await?).await) })
    }
}

/// A network on which every host is far away: a connection takes its time to be made.
pub fn far(below: impl Network) -> impl Network {
    Over::new(below, |stream| async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        stream
    })
}

/// A network on which every host is this port of 127.0.0.1.
pub struct Loopback(pub u16);

impl Network for Loopback {
    fn connect<'a>(
        &'a self,
        _host: &'a str,
        _port: u16,
    ) -> Pin<Box<dyn Future<Output = Result<BoxStream, WireError>> + Send + 'a>> {
        Box::pin(TcpNetwork.connect("127.0.0.1", self.0))
    }
}

/// Knows the one password.
pub struct OnePassword;

impl SecretStore for OnePassword {
    fn password(&self, _account: &str) -> Result<Secret, CredentialError> {
        Ok(Secret::new(PASSWORD))
    }
}

/// The phone's clock: the machine's, put forward by as much as a test wants, and where the engine waits.
#[derive(Debug, Default)]
pub struct PhoneClock {
    ahead: AtomicI64,
    patient: AtomicBool,
}

impl PhoneClock {
    /// Puts it forward.
    pub fn forward(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    /// From now on, where the engine waits, time passes: for servers whose time is not the test's.
    pub fn be_patient(&self) {
        self.patient.store(true, Ordering::Relaxed);
    }
}

impl Clock for PhoneClock {
    fn now(&self) -> Timestamp {
        Timestamp(SystemClock.now().0 + self.ahead.load(Ordering::Relaxed))
    }

    fn wait(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        if self.patient.load(Ordering::Relaxed) {
            return Box::pin(tokio::time::sleep(time));
        }
        self.forward(i64::try_from(time.as_secs()).unwrap_or(0));
        Box::pin(tokio::task::yield_now())
    }
}

/// A sync of everything, with all bodies.
pub fn with_bodies() -> SyncOptions {
    SyncOptions { bodies: Some(BodyPolicy::All), ..SyncOptions::default() }
}

/// What a mailbox holds, by UID: flags in order, and size.
pub type Messages = BTreeMap<u32, (Vec<String>, u64)>;

/// A folder for a store that lies in memory, where the system has a place there: nothing waits for a disk.
///
/// # Errors
/// Those of the system.
pub fn in_memory() -> std::io::Result<TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }
}

/// A phone with one account.
pub struct Phone {
    /// The core. `None` while it is switched off.
    pub core: Core,
    /// Its one account.
    pub account: AccountId,
    /// Its clock, unless it was given another.
    pub clock: Arc<PhoneClock>,
    folder: PathBuf,
    network: Arc<dyn Network>,
    /// Whether its store works on the caller's thread.
    inline: bool,
    /// Goes with the phone.
    _temporary: Option<TempDir>,
}

impl Phone {
    /// A new phone with an account on this network.
    ///
    /// # Errors
    /// Those of the core.
    pub async fn new(network: Arc<dyn Network>) -> Result<Self, CoreError> {
        let dir = tempfile::tempdir().map_err(|_| storage("no temporary folder"))?;
        let phone = Self::at(dir.path(), network, None).await?;
        Ok(Self { _temporary: Some(dir), ..phone })
    }

    /// As [`Phone::new`], but cheap: everything happens on the caller's thread, and the store lies in memory where the system
    /// has a place there. For tests of very many rounds.
    ///
    /// # Errors
    /// Those of the core.
    pub async fn inline(network: Arc<dyn Network>) -> Result<Self, CoreError> {
        let dir = in_memory().map_err(|_| storage("no temporary folder"))?;
        let phone = Self::opened(dir.path(), network, None, true).await?;
        Ok(Self { _temporary: Some(dir), ..phone })
    }

    /// The phone whose store lies in this folder, or a new one there; with a clock of the test's own where one is given.
    ///
    /// # Errors
    /// Those of the core.
    pub async fn at(
        folder: &Path,
        network: Arc<dyn Network>,
        clock: Option<Arc<dyn Clock>>,
    ) -> Result<Self, CoreError> {
        Self::opened(folder, network, clock, false).await
    }

    async fn opened(
        folder: &Path,
        network: Arc<dyn Network>,
        clock: Option<Arc<dyn Clock>>,
        inline: bool,
    ) -> Result<Self, CoreError> {
        let own = Arc::new(PhoneClock::default());
        let core = open(folder, &network, clock.unwrap_or_else(|| own.clone()), inline).await?;
        let known = core.accounts().await?.first().map(|account| account.id);
        let account = match known {
            Some(account) => account,
            None => {
                let mut settings = AccountSettings::new("test", USER);
                let server = "imap+plain://model.example".parse().map_err(|_| storage("no server"))?;
                settings.imap = Some(server);
                settings.bodies = BodyPolicy::None;
                core.add_account(settings).await?
            }
        };
        Ok(Self { core, account, clock: own, folder: folder.to_owned(), network, inline, _temporary: None })
    }

    /// The folder of its store.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Switches it off and on again.
    ///
    /// # Errors
    /// Those of the core.
    pub async fn restart(&mut self) -> Result<(), CoreError> {
        self.core.close().await?;
        self.core = open(&self.folder, &self.network, self.clock.clone(), self.inline).await?;
        Ok(())
    }

    /// Syncs everything. Notices go to the list given back.
    ///
    /// # Errors
    /// Those of the sync.
    pub async fn sync(&self) -> Result<(SyncSummary, Vec<String>), CoreError> {
        self.sync_with(SyncOptions::default()).await
    }

    /// Syncs with these options.
    ///
    /// # Errors
    /// Those of the sync.
    pub async fn sync_with(&self, options: SyncOptions) -> Result<(SyncSummary, Vec<String>), CoreError> {
        let handle = self.core.sync(self.account, options).await?;
        let mut notices = Vec::new();
        while let Some(event) = handle.next_event().await {
            if let SyncEvent::Notice { text, .. } = event {
                notices.push(text);
            }
        }
        Ok((handle.wait().await?, notices))
    }

    /// What the mailboxes that can hold mail hold, by their names as shown.
    ///
    /// # Errors
    /// Those of the core.
    pub async fn mail(&self) -> Result<BTreeMap<String, Messages>, CoreError> {
        let mut all = BTreeMap::new();
        for mailbox in self.core.mailboxes(self.account).await? {
            if !mailbox.selectable {
                continue;
            }
            let mut messages = Messages::new();
            let mut after = None;
            loop {
                let page = self.core.messages(mailbox.id, ListFilter::default(), after, 500).await?;
                for row in page.messages {
                    let mut flags = row.flags;
                    flags.sort();
                    messages.insert(row.uid.unwrap_or(0), (flags, row.size));
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            all.insert(mailbox.name, messages);
        }
        Ok(all)
    }
}

async fn open(
    folder: &Path,
    network: &Arc<dyn Network>,
    clock: Arc<dyn Clock>,
    inline: bool,
) -> Result<Core, CoreError> {
    let options = CoreOptions {
        dir: folder.to_owned(),
        secrets: Arc::new(OnePassword),
        tokens: None,
        network: Some(Arc::clone(network)),
        clock: Some(clock),
    };
    if inline { Core::open_inline(options) } else { Core::open(options).await }
}

fn storage(message: &str) -> CoreError {
    CoreError::Storage { text: message.to_owned(), server_code: None }
}
