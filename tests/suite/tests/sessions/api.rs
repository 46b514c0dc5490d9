//! What an app relies on: lists that tell their changes, and an end that leaves nothing behind.
#![allow(clippy::unwrap_used)]

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use postrider::api::{
    AccountSettings, BoxStream, Core, CoreError, CoreOptions, CredentialError, ListDiff, ListFilter, ListObserver,
    MessageRow, Network, Secret, SecretStore, SyncOptions, WireError,
};
use postrider_model::profile::Profile;
use postrider_model::world::{FlagChange, NewMessage};
use postrider_tests::scene::Scene;
use tokio::sync::watch;

/// A screen with a list: keeps every batch, and what they make of it.
struct Screen {
    told: Mutex<Told>,
    changed: watch::Sender<u64>,
}

#[derive(Default)]
struct Told {
    batches: Vec<Vec<ListDiff>>,
    list: Vec<MessageRow>,
    failure: Option<CoreError>,
}

impl Screen {
    fn new() -> Arc<Self> {
        Arc::new(Self { told: Mutex::default(), changed: watch::Sender::new(0) })
    }

    async fn until(&self, reached: impl Fn(&Told) -> bool) {
        let mut changed = self.changed.subscribe();
        let reached = async {
            while !reached(&self.told.lock().unwrap()) {
                changed.changed().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(20), reached).await.unwrap();
    }
}

impl ListObserver for Screen {
    fn changed(&self, diffs: Vec<ListDiff>) {
        let mut told = self.told.lock().unwrap();
        for diff in &diffs {
            match diff.clone() {
                ListDiff::Reset { messages } => told.list = messages,
                ListDiff::Insert { index, message } => told.list.insert(index as usize, *message),
                ListDiff::Remove { index, id } => assert_eq!(told.list.remove(index as usize).id, id),
                ListDiff::Update { index, message } => told.list[index as usize] = *message,
            }
        }
        told.batches.push(diffs);
        self.changed.send_modify(|count| *count += 1);
    }

    fn failed(&self, error: CoreError) {
        self.told.lock().unwrap().failure = Some(error);
        self.changed.send_modify(|count| *count += 1);
    }
}

#[tokio::test]
async fn an_observed_list_begins_whole_and_then_tells_its_changes_in_batches() {
    let scene = Scene::with_mail(Profile::full(), 10).await;
    scene.phone.sync().await.unwrap();
    let (core, rival) = (&scene.phone.core, scene.rival());
    let inbox = core.find_mailbox(Some(scene.phone.account), "inbox").await.unwrap().id;
    let screen = Screen::new();
    let observed = core.observe(inbox, ListFilter::default(), 50, screen.clone()).await.unwrap();
    let first = screen.told.lock().unwrap().batches[0].clone();
    assert!(matches!(first.as_slice(), [ListDiff::Reset { messages }] if messages.len() == 10), "{first:?}");

    for number in 0..120 {
        let mail = format!("From: a@example.org\r\nSubject: {number}\r\n\r\n{number}\r\n");
        rival.deliver("INBOX", NewMessage::new(mail)).unwrap();
    }
    rival.set_flags("INBOX", &[3, 100], FlagChange::Add, &["\\Flagged"]).unwrap();
    rival.expunge("INBOX", &[5, 101]).unwrap();
    scene.phone.sync().await.unwrap();
    let now = core.messages(inbox, ListFilter::default(), None, 50).await.unwrap().messages;
    screen.until(|told| told.list == now).await;
    {
        let told = screen.told.lock().unwrap();
        let later = || told.batches.iter().skip(1);
        assert!(later().flatten().all(|diff| !matches!(diff, ListDiff::Reset { .. })), "a reset comes once");
        assert!(later().count() < 40, "{} calls for 120 mails", later().count());
    }
    drop(observed);
}

/// A network on which nobody ever answers.
struct Silent;

impl Network for Silent {
    fn connect<'a>(
        &'a self,
        _host: &'a str,
        _port: u16,
    ) -> Pin<Box<dyn Future<Output = Result<BoxStream, WireError>> + Send + 'a>> {
        Box::pin(std::future::pending())
    }
}

struct NoSecret;

impl SecretStore for NoSecret {
    fn password(&self, _account: &str) -> Result<Secret, CredentialError> {
        Ok(Secret::new("secret"))
    }
}

#[tokio::test]
async fn closing_in_the_middle_of_a_sync_leaves_no_task_and_no_lock() {
    let dir = tempfile::tempdir().unwrap();
    let options = || CoreOptions {
        dir: dir.path().to_owned(),
        secrets: Arc::new(NoSecret),
        tokens: None,
        network: Some(Arc::new(Silent)),
        clock: None,
    };
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let core = Core::open(options()).await.unwrap();
    let mut settings = AccountSettings::new("home", "mara@postrider.example");
    settings.imap = Some("imap+plain://silent.example".parse().unwrap());
    let account = core.add_account(settings).await.unwrap();
    let sync = core.sync(account, SyncOptions::default()).await.unwrap();
    let mailboxes = core.mailboxes(account).await.unwrap();
    assert_eq!(mailboxes, []);
    assert!(tasks() > before);

    core.close().await.unwrap();
    assert_eq!(sync.wait().await.unwrap_err().kind(), "closed");
    let ended = async {
        while tasks() > before {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap();
    // The old handle is still there, and holds nothing.
    let again = Core::open(options()).await.unwrap();
    assert_eq!(again.accounts().await.unwrap().len(), 1);
    assert_eq!(core.accounts().await.unwrap_err().kind(), "closed");
    again.close().await.unwrap();
}

#[tokio::test]
async fn an_observation_ends_with_its_handle_and_with_the_core() {
    let scene = Scene::with_mail(Profile::full(), 3).await;
    scene.phone.sync().await.unwrap();
    let core = &scene.phone.core;
    let inbox = core.find_mailbox(Some(scene.phone.account), "inbox").await.unwrap().id;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let first = core.observe(inbox, ListFilter::default(), 50, Screen::new()).await.unwrap();
    assert_eq!(tasks(), before + 1);
    drop(first);
    while tasks() > before {
        tokio::task::yield_now().await;
    }

    let screen = Screen::new();
    let observed = core.observe(inbox, ListFilter::default(), 50, screen.clone()).await.unwrap();
    core.close().await.unwrap();
    screen.until(|told| told.failure.as_ref().is_some_and(|error| error.kind() == "closed")).await;
    drop(observed);
}
