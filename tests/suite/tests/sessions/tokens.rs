//! Access tokens: a refused one is renewed once, and a server that goes on refusing is not asked again and again.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use postrider::api::{
    AccountId, AccountSettings, Auth, Core, CoreError, CoreOptions, CredentialError, Secret, SecretStore, SyncOptions,
    TokenProvider,
};
use postrider_model::ModelServer;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Mechanism, Profile};
use postrider_model::world::World;
use postrider_tests::phone::{ModelNetwork, USER};
use postrider_tests::workload::mail;

/// A host that has an old token until it is told that the server refused it.
struct Host {
    fresh: Result<&'static str, CredentialError>,
    asked: Mutex<Vec<bool>>,
}

impl TokenProvider for Host {
    fn access_token(&self, _account: &str, refused: bool) -> Result<Secret, CredentialError> {
        self.asked.lock().unwrap().push(refused);
        if refused { self.fresh.map(Secret::new) } else { Ok(Secret::new("old")) }
    }
}

impl SecretStore for Host {
    fn password(&self, _account: &str) -> Result<Secret, CredentialError> {
        Ok(Secret::new("wrong"))
    }
}

struct Desk {
    server: ModelServer,
    host: Arc<Host>,
    core: Core,
    account: AccountId,
    _dir: tempfile::TempDir,
}

impl Desk {
    async fn new(profile: Profile, auth: Auth, fresh: Result<&'static str, CredentialError>) -> Self {
        let world = World::new();
        let rival = profile.layout.furnish(&world, USER, "secret").unwrap();
        rival.deliver("INBOX", mail(1)).unwrap();
        world.with(|state| {
            state.account_mut(USER).unwrap().tokens.insert("fresh".to_owned());
            state.record_commands(true);
        });
        let server = ModelServer::new(world, profile);
        let host = Arc::new(Host { fresh, asked: Mutex::default() });
        let dir = tempfile::tempdir().unwrap();
        let core = Core::open(CoreOptions {
            dir: dir.path().to_owned(),
            secrets: host.clone(),
            tokens: Some(host.clone()),
            network: Some(Arc::new(ModelNetwork(server.clone()))),
            clock: None,
        });
        let core = core.await.unwrap();
        let account = core.add_account(settings(auth)).await.unwrap();
        Self { server, host, core, account, _dir: dir }
    }

    async fn sync(&self) -> Result<bool, CoreError> {
        Ok(self.core.sync(self.account, SyncOptions::default()).await?.wait().await?.complete)
    }

    /// How often somebody tried to log in.
    fn logins(&self) -> usize {
        let is_login = |line: &[u8]| {
            let word = line.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
            matches!(word, b"LOGIN" | b"AUTHENTICATE")
        };
        self.server.world().received().iter().filter(|received| is_login(&received.line)).count()
    }

    fn asked(&self) -> Vec<bool> {
        self.host.asked.lock().unwrap().clone()
    }
}

fn settings(auth: Auth) -> AccountSettings {
    let mut settings = AccountSettings::new("test", USER);
    settings.imap = Some("imap+plain://model.example".parse().unwrap());
    settings.auth = auth;
    settings
}

async fn a_minute_later() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_refused_token_is_renewed_by_the_host_and_the_sync_goes_on() {
    for mechanism in [Mechanism::XOAuth2, Mechanism::OAuthBearer] {
        let mut profile = Profile::full();
        profile.mechanisms = [mechanism].into();
        let desk = Desk::new(profile, Auth::Token, Ok("fresh")).await;
        let tested = desk.core.test_account(settings(Auth::Token)).await;
        assert!(tested.is_ok(), "{mechanism:?}: {tested:?}");
        assert_eq!((desk.asked(), desk.logins()), (vec![false, true], 2));
        assert!(desk.sync().await.unwrap());
        assert_eq!((desk.asked(), desk.logins()), (vec![false, true, false, true], 4));
        assert!(desk.sync().await.unwrap());
        assert_eq!(desk.logins(), 4, "the session was kept");
        assert_eq!(desk.server.world().violations(), []);
    }
}

#[tokio::test]
async fn what_a_person_waits_for_renews_a_refused_token_too() {
    let desk = Desk::new(Profile::full(), Auth::Token, Ok("fresh")).await;
    assert_eq!(desk.core.search_server(desk.account, "subject:1", 10).await.unwrap().len(), 0);
    assert_eq!((desk.asked(), desk.logins()), (vec![false, true], 2));
}

#[tokio::test]
async fn a_token_that_is_refused_twice_needs_the_user_and_is_not_tried_again_within_a_minute() {
    let desk = Desk::new(Profile::full(), Auth::Token, Ok("as old")).await;
    for _ in 0..3 {
        let error = desk.sync().await.unwrap_err();
        assert_eq!((error.kind(), error.needs_user()), ("authentication", true));
        let error = desk.core.search_server(desk.account, "subject:1", 10).await.unwrap_err();
        assert_eq!(error.kind(), "authentication");
    }
    assert_eq!((desk.asked(), desk.logins()), (vec![false, true], 2));
    let info = desk.core.accounts().await.unwrap().remove(0);
    assert!(info.needs_user, "{info:?}");
    a_minute_later().await;
    assert_eq!(desk.sync().await.unwrap_err().kind(), "authentication");
    assert_eq!(desk.logins(), 4);
}

#[tokio::test]
async fn where_the_host_has_no_other_token_the_person_must_sign_in() {
    let desk = Desk::new(Profile::full(), Auth::Token, Err(CredentialError::Missing)).await;
    for kind in ["credential_missing", "authentication"] {
        let error = desk.sync().await.unwrap_err();
        assert_eq!((error.kind(), error.needs_user()), (kind, true));
    }
    assert_eq!(desk.logins(), 1);
}

#[tokio::test]
async fn a_wrong_password_is_sent_once_a_minute_until_the_settings_change() {
    let desk = Desk::new(Profile::full(), Auth::Password, Ok("fresh")).await;
    for _ in 0..3 {
        assert_eq!(desk.sync().await.unwrap_err().kind(), "authentication");
    }
    assert_eq!(desk.logins(), 1);
    a_minute_later().await;
    assert_eq!(desk.sync().await.unwrap_err().kind(), "authentication");
    assert_eq!(desk.logins(), 2);
    desk.core.update_account(desk.account, settings(Auth::Token)).await.unwrap();
    assert!(desk.sync().await.unwrap(), "other settings are tried at once");
}

#[tokio::test]
async fn a_server_that_cannot_take_a_login_now_has_refused_no_token() {
    let desk = Desk::new(Profile::full(), Auth::Token, Ok("fresh")).await;
    desk.server.script().add(Rule::once("AUTHENTICATE", Act::Refuse("NO [UNAVAILABLE] try later".to_owned())));
    assert_eq!(desk.sync().await.unwrap_err().kind(), "server_unavailable");
    assert_eq!(desk.asked(), [false]);
    assert!(desk.sync().await.unwrap());
}
