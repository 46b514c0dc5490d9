//! The session that an account keeps: used again, given up, and never spent on what nobody waits for.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use postrider::account::{AccountSettings, CredentialError, SecretStore};
use postrider::engine::{Engine, Environment, Failure, SyncRequest, notes};
use postrider::model::{AccountId, MailboxId, Secret, SystemClock};
use postrider::search::Query;
use postrider::store::{Mode, OpenOptions, Store};
use postrider::sync::Control;
use postrider_model::ModelServer;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::Profile;
use postrider_tests::phone::{ModelNetwork, PASSWORD, USER};
use postrider_tests::scene::Scene;

/// The engine of one account over a model server.
struct Bench {
    engine: Engine,
    store: Store,
    account: AccountId,
    _dir: tempfile::TempDir,
}

struct OnePassword;

impl SecretStore for OnePassword {
    fn password(&self, _account: &str) -> Result<Secret, CredentialError> {
        Ok(Secret::new(PASSWORD))
    }
}

impl Bench {
    async fn new(server: &ModelServer) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(SystemClock);
        let options = OpenOptions { mode: Mode::Threaded, clock: clock.clone(), read_only: false };
        let store = Store::open(dir.path(), options).unwrap();
        let mut settings = AccountSettings::new("test", USER);
        settings.imap = Some("imap+plain://model.example".parse().unwrap());
        let json = serde_json::to_string(&settings).unwrap();
        let account = store.config(move |tx| tx.add_account("test", USER, &json)).await.unwrap();
        let environment = Environment {
            clock,
            network: Arc::new(ModelNetwork(server.clone())),
            secrets: Arc::new(OnePassword),
            tokens: None,
            threads: true,
        };
        Self { engine: Engine::new(store.clone(), environment), store, account, _dir: dir }
    }

    /// Syncs. Returns how many connections that took.
    async fn sync(&self) -> u64 {
        let done = self.engine.sync(self.account, SyncRequest::default(), Control::default(), notes().0).await.unwrap();
        assert!(done.report.complete);
        done.spent.connections
    }

    async fn search(&self, control: &Control) -> Result<usize, Failure> {
        let account = self.account;
        let mailboxes = self.store.read(move |view| view.mailboxes(account)).await.unwrap();
        let all: Vec<MailboxId> = mailboxes.into_iter().map(|mailbox| mailbox.id).collect();
        let query = Query::parse("is:unread").unwrap();
        Ok(self.engine.search(account, all, query, control.clone()).await?.len())
    }
}

#[tokio::test]
async fn what_was_cancelled_before_its_turn_costs_no_session() {
    let scene = Scene::with_mail(Profile::full(), 3).await;
    let bench = Bench::new(&scene.server).await;
    assert_eq!(bench.sync().await, 1);
    let given_up = Control::default();
    given_up.cancel();
    assert!(matches!(bench.search(&given_up).await, Err(Failure::Cancelled)));
    assert_eq!(bench.sync().await, 0, "the session is still there");
}

#[tokio::test]
async fn a_login_that_gets_no_answer_can_be_cancelled() {
    let scene = Scene::with_mail(Profile::full(), 3).await;
    let bench = Bench::new(&scene.server).await;
    for command in ["LOGIN", "AUTHENTICATE"] {
        scene.server.script().add(Rule::once(command, Act::Silence));
    }
    let control = Control::default();
    let cancel = async {
        while scene.server.script().waiting() > 1 {
            tokio::task::yield_now().await;
        }
        control.cancel();
    };
    let both = async { tokio::join!(bench.search(&control), cancel).0 };
    let outcome = tokio::time::timeout(Duration::from_secs(20), both).await.unwrap();
    assert!(matches!(outcome, Err(Failure::Cancelled)), "{outcome:?}");
}

#[tokio::test]
async fn a_kept_session_that_the_server_has_closed_fails_nothing() {
    let scene = Scene::with_mail(Profile::full(), 3).await;
    let (core, account) = (&scene.phone.core, scene.phone.account);
    let close_the_kept_one = || scene.server.script().add(Rule::once("EXAMINE", Act::Cut));
    close_the_kept_one();
    assert_eq!(core.search_server(account, "is:unread", 10).await.unwrap().len(), 3);
    close_the_kept_one();
    let check = core.check_against_server(account, false).await.unwrap();
    assert_eq!((check.messages, check.problems), (3, Vec::new()));
    close_the_kept_one();
    let inbox = core.find_mailbox(Some(account), "inbox").await.unwrap().id;
    let newest = core.messages(inbox, Default::default(), None, 1).await.unwrap().messages[0].id;
    core.fetch_body(newest).await.unwrap();
    assert_eq!(scene.server.script().waiting(), 0, "each was cut");
}

#[tokio::test]
async fn a_search_answered_with_every_uid_there_can_be_finds_what_is_here_and_soon() {
    let scene = Scene::with_mail(Profile::full(), 3).await;
    let every = Act::Rewrite(Arc::new(|responses: Vec<Vec<u8>>| {
        let is_answer = |response: &[u8]| response.starts_with(b"* ESEARCH");
        let every = |response: Vec<u8>| {
            if is_answer(&response) { b"* ESEARCH UID ALL 1:4294967295\r\n".to_vec() } else { response }
        };
        responses.into_iter().map(every).collect()
    }));
    scene.server.script().add(Rule::always("UID SEARCH", every));
    let found = scene.phone.core.search_server(scene.phone.account, "is:unread", 10);
    let found = tokio::time::timeout(Duration::from_secs(20), found).await.unwrap().unwrap();
    assert_eq!(found.len(), 3);
}
