//! Accounts that come and go beside each other, and cores that end: nothing is left behind, nothing starts afterwards.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::sync::Arc;
use std::time::Duration;

use postrider::api::{
    AccountId, AccountSettings, BodyPolicy, Core, CoreError, CoreOptions, CredentialError, ListDiff, ListFilter,
    ListObserver, Secret, SecretStore, SyncOptions,
};
use postrider_model::ModelServer;
use postrider_model::profile::Profile;
use postrider_model::world::{NewMessage, World};
use postrider_tests::gates::Gates;
use postrider_tests::phone::{PASSWORD, USER};
use postrider_tests::workload::mail;

const LONG: Duration = Duration::from_secs(60);

struct OnePassword;

impl SecretStore for OnePassword {
    fn password(&self, _account: &str) -> Result<Secret, CredentialError> {
        Ok(Secret::new(PASSWORD))
    }
}

struct Nobody;

impl ListObserver for Nobody {
    fn changed(&self, _diffs: Vec<ListDiff>) {}
    fn failed(&self, _error: CoreError) {}
}

struct Desk {
    gates: Gates,
    dir: tempfile::TempDir,
}

impl Desk {
    fn new(mails: impl IntoIterator<Item = NewMessage>) -> Self {
        let (world, profile) = (World::new(), Profile::full());
        let rival = profile.layout.furnish(&world, USER, PASSWORD).unwrap();
        for mail in mails {
            rival.deliver("INBOX", mail).unwrap();
        }
        let gates = Gates::new(ModelServer::new(world, profile));
        Self { gates, dir: tempfile::tempdir().unwrap() }
    }

    async fn open(&self) -> Result<Core, CoreError> {
        Core::open(CoreOptions {
            dir: self.dir.path().to_owned(),
            secrets: Arc::new(OnePassword),
            tokens: None,
            network: Some(Arc::new(self.gates.clone())),
            clock: None,
        })
        .await
    }

    /// Opens it once nobody has it any more.
    async fn open_soon(&self) -> Core {
        let opened = async {
            loop {
                match self.open().await {
                    Err(CoreError::InUse { .. }) => tokio::task::yield_now().await,
                    outcome => return outcome.unwrap(),
                }
            }
        };
        tokio::time::timeout(LONG, opened).await.unwrap()
    }
}

async fn add(core: &Core, name: &str) -> AccountId {
    let mut settings = AccountSettings::new(name, USER);
    settings.imap = Some("imap+plain://model.example".parse().unwrap());
    settings.bodies = BodyPolicy::All;
    core.add_account(settings).await.unwrap()
}

async fn sync(core: &Core, account: AccountId) {
    assert!(core.sync(account, SyncOptions::default()).await.unwrap().wait().await.unwrap().complete);
}

/// The bytes of every mail in the inbox.
async fn inbox(core: &Core, account: AccountId) -> Vec<Vec<u8>> {
    let inbox = core.find_mailbox(Some(account), "inbox").await.unwrap().id;
    let mut bytes = Vec::new();
    let mut after = None;
    loop {
        let page = core.messages(inbox, ListFilter::default(), after, 500).await.unwrap();
        for row in page.messages {
            bytes.push(core.raw(row.id).await.unwrap().read_all().unwrap());
        }
        after = page.next;
        if after.is_none() {
            return bytes;
        }
    }
}

fn large() -> NewMessage {
    NewMessage::new(format!("Subject: large\r\n\r\n{}", "All work and no play.\r\n".repeat(20_000)))
}

#[tokio::test]
async fn an_observation_does_not_keep_the_store_open() {
    let desk = Desk::new([mail(1)]);
    let core = desk.open().await.unwrap();
    let account = add(&core, "one").await;
    sync(&core, account).await;
    let mailbox = core.find_mailbox(Some(account), "inbox").await.unwrap().id;
    let observed = core.observe(mailbox, ListFilter::default(), 50, Arc::new(Nobody)).await.unwrap();
    drop(core);
    desk.open_soon().await.close().await.unwrap();
    drop(observed);
}

#[tokio::test]
async fn nothing_starts_after_the_end() {
    let desk = Desk::new([mail(1)]);
    let core = desk.open().await.unwrap();
    let account = add(&core, "one").await;
    sync(&core, account).await;
    core.close().await.unwrap();
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    assert_eq!(core.refresh_mailboxes(account).await.unwrap_err().kind(), "closed");
    assert_eq!(core.search_server(account, "subject:1", 10).await.unwrap_err().kind(), "closed");
    assert_eq!(core.sync(account, SyncOptions::default()).await.map(|_| ()).unwrap_err().kind(), "closed");
    assert_eq!(tasks(), before);
}

#[tokio::test]
async fn two_accounts_with_the_same_mail_share_nothing_that_the_removal_of_one_could_take() {
    let desk = Desk::new((0..20).map(mail).chain([large()]));
    let core = desk.open().await.unwrap();
    let (one, other) = (add(&core, "one").await, add(&core, "other").await);
    tokio::join!(sync(&core, one), sync(&core, other));
    let mails = inbox(&core, one).await;
    assert_eq!(mails.len(), 21);
    assert!(mails == inbox(&core, other).await);
    core.remove_account(one).await.unwrap();
    assert!(mails == inbox(&core, other).await);
    assert!(core.check(false).await.unwrap().problems.is_empty());
    sync(&core, other).await;
    core.remove_account(other).await.unwrap();
    assert!(core.check(false).await.unwrap().problems.is_empty());
    core.close().await.unwrap();
}

#[tokio::test]
async fn an_account_removed_in_the_midst_of_its_sync_is_gone_and_the_other_untouched() {
    let desk = Desk::new((0..3_000).map(mail).chain([large()]));
    let core = desk.open().await.unwrap();
    let other = add(&core, "other").await;
    // In the midst of headers, and of a large body.
    for midst in [400_000, 2_700_000] {
        let account = add(&core, "one").await;
        let connection = desk.gates.made();
        desk.gates.hold_after(midst);
        let running = core.sync(account, SyncOptions::default()).await.unwrap();
        desk.gates.reached(connection, midst).await;
        core.remove_account(account).await.unwrap();
        assert_eq!(running.wait().await.unwrap_err().kind(), "closed");
        assert_eq!(core.sync(account, SyncOptions::default()).await.map(|_| ()).unwrap_err().kind(), "not_found");
        assert_eq!(core.refresh_mailboxes(account).await.unwrap_err().kind(), "not_found");
        assert_eq!(core.accounts().await.unwrap().len(), 1);
        assert!(core.check(false).await.unwrap().problems.is_empty());
    }
    sync(&core, other).await;
    assert_eq!(inbox(&core, other).await.len(), 3_001);
    core.close().await.unwrap();
}
