//! An open core, and the observation of a list.

use std::sync::Arc;

use postrider::api::{self, AccountId, CoreError, CoreOptions, ListFilter, MailboxId, SyncOptions};

use crate::host::{Host, ListObserver, SecretStore, TokenProvider};
use crate::runtime::Runtime;
use crate::sync::SyncHandle;

/// An open store and the engine over it. `shut_down` ends it in order; where the last reference goes without that, what
/// is under way is cut off, as if the process ended.
#[derive(uniffi::Object)]
pub struct Core {
    core: api::Core,
    runtime: Arc<Runtime>,
}

impl Core {
    pub(crate) async fn run<T, F>(&self, call: impl FnOnce(api::Core) -> F) -> Result<T, CoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, CoreError>> + Send + 'static,
    {
        self.runtime.run(call(self.core.clone())).await
    }
}

#[uniffi::export]
impl Core {
    /// Opens the store in a folder and brings it to the current schema. Nothing is connected yet.
    ///
    /// # Errors
    /// `InUse` where another process has it, and the other errors of storage.
    #[uniffi::constructor]
    pub async fn open(
        dir: String,
        secrets: Arc<dyn SecretStore>,
        tokens: Option<Arc<dyn TokenProvider>>,
    ) -> Result<Arc<Self>, CoreError> {
        let runtime = Runtime::start()?;
        let options = CoreOptions {
            dir: dir.into(),
            secrets: Arc::new(Host(secrets)),
            tokens: tokens.map(|tokens| Arc::new(Host(tokens)) as Arc<dyn api::TokenProvider>),
            network: None,
            clock: None,
        };
        let core = runtime.run(api::Core::open(options)).await?;
        Ok(Arc::new(Self { core, runtime }))
    }

    /// Ends every task, writes everything to disk and releases every lock. All handles are of no use then.
    /// What is closed already stays so.
    ///
    /// # Errors
    /// Those of storage; the store is closed even so.
    pub async fn shut_down(&self) -> Result<(), CoreError> {
        self.run(|core| async move { core.close().await }).await
    }

    /// Begins to sync an account. It goes on whether or not anybody looks at the handle.
    ///
    /// # Errors
    /// `NotFound`; what the sync itself meets comes from `outcome` of the handle.
    pub async fn sync(&self, account: AccountId, options: SyncOptions) -> Result<Arc<SyncHandle>, CoreError> {
        let handle = self.run(move |core| async move { core.sync(account, options).await }).await?;
        Ok(SyncHandle::new(handle, Arc::clone(&self.runtime)))
    }

    /// Observes the newest messages of a mailbox: as many as `window` says. First comes a `Reset`, then what changes,
    /// several changes at a time.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn observe(
        &self,
        mailbox: MailboxId,
        filter: ListFilter,
        window: u32,
        observer: Arc<dyn ListObserver>,
    ) -> Result<Arc<Subscription>, CoreError> {
        let observer = Arc::new(Host(observer));
        let observing = self.run(move |core| async move { core.observe(mailbox, filter, window, observer).await });
        Ok(Arc::new(Subscription { _observing: observing.await?, _runtime: Arc::clone(&self.runtime) }))
    }
}

/// An observation. It ends when this is dropped, or with the core.
#[derive(uniffi::Object)]
pub struct Subscription {
    _observing: api::Subscription,
    _runtime: Arc<Runtime>,
}
