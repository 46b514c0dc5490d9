//! What every command works with: the output, the interrupt, and the core, opened when first needed.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use postrider::api::{AccountInfo, Core, CoreError, CoreOptions, MailboxInfo};
use tokio::sync::OnceCell;

use crate::exit::Failure;
use crate::interrupt::Interrupt;
use crate::secrets::Secrets;
use crate::terminal::Out;

/// One run of the program.
pub(crate) struct Session<'a> {
    pub(crate) out: &'a Out,
    pub(crate) interrupt: Interrupt,
    data: Option<PathBuf>,
    opened: OnceCell<Opened>,
}

struct Opened {
    core: Core,
    secrets: Arc<Secrets>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(data: Option<PathBuf>, out: &'a Out, interrupt: Interrupt) -> Self {
        Self { out, interrupt, data, opened: OnceCell::new() }
    }

    /// The folder with the store.
    pub(crate) fn data(&self) -> Result<PathBuf, Failure> {
        let found = self.data.clone().or_else(default_data);
        found.ok_or_else(|| Failure::usage("no home folder: give --data DIR"))
    }

    pub(crate) async fn core(&self) -> Result<&Core, Failure> {
        Ok(&self.opened().await?.core)
    }

    pub(crate) async fn secrets(&self) -> Result<&Secrets, Failure> {
        Ok(&self.opened().await?.secrets)
    }

    /// The named accounts, or all.
    pub(crate) async fn accounts(&self, names: &[String]) -> Result<Vec<AccountInfo>, Failure> {
        let core = self.core().await?;
        if names.is_empty() {
            return Ok(core.accounts().await?);
        }
        let mut found = Vec::new();
        for name in names {
            found.push(core.find_account(Some(name)).await?);
        }
        Ok(found)
    }

    /// The mailbox of that name, in that account where one is named.
    pub(crate) async fn mailbox(&self, account: Option<&str>, name: &str) -> Result<MailboxInfo, Failure> {
        let core = self.core().await?;
        let account = match account {
            Some(account) => Some(core.find_account(Some(account)).await?.id),
            None => None,
        };
        match core.find_mailbox(account, name).await {
            Err(CoreError::NotFound { .. }) => {
                let accounts = core.accounts().await?;
                Err(Failure::not_found(match accounts.as_slice() {
                    [] => "there is no account yet: postrider account add",
                    all if all.iter().all(|account| account.last_sync.is_none()) => {
                        "no mail is here yet: postrider sync"
                    }
                    _ => "there is no such mailbox: postrider mailboxes lists them",
                }))
            }
            found => Ok(found?),
        }
    }

    /// Closes the core, where it was opened and is not closed yet.
    pub(crate) async fn close(&self) -> Result<(), Failure> {
        let Some(opened) = self.opened.get() else { return Ok(()) };
        match opened.core.close().await {
            Err(CoreError::Closed { .. }) => Ok(()),
            closed => Ok(closed?),
        }
    }

    async fn opened(&self) -> Result<&Opened, Failure> {
        self.opened.get_or_try_init(|| self.open()).await
    }

    async fn open(&self) -> Result<Opened, Failure> {
        let dir = self.data()?;
        make_private(&dir).map_err(|error| Failure::io(dir.display(), &error))?;
        let secrets = Arc::new(Secrets::new(&dir));
        let options =
            CoreOptions { dir, secrets: secrets.clone(), tokens: Some(secrets.clone()), network: None, clock: None };
        let core = Core::open(options).await?;
        for account in core.accounts().await? {
            secrets.learn(&core.account_settings(account.id).await?);
        }
        Ok(Opened { core, secrets })
    }
}

/// Makes the folder where it is missing: mail is nobody else's business.
fn make_private(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(dir)
}

/// The platform's folder for data of applications.
fn default_data() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable("XDG_DATA_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/share")))
    };
    base.map(|base| base.join("postrider"))
}
