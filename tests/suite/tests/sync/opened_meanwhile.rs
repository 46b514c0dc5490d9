//! What a person opens while a sync of the account is under way does not wait for it.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use postrider::api::{BodyPolicy, ListFilter, MessageRow, PlaceId, SyncHandle, SyncOptions};
use postrider_model::ModelServer;
use postrider_model::profile::Profile;
use postrider_model::world::{NewMessage, World};
use postrider_tests::gates::Gates;
use postrider_tests::phone::{PASSWORD, Phone, USER};
use postrider_tests::workload::{held, mail};

/// Far more than any of this takes: what hangs fails.
const LONG: Duration = Duration::from_secs(60);

struct Desk {
    server: ModelServer,
    gates: Gates,
    phone: Phone,
}

impl Desk {
    async fn new(profile: Profile, mails: impl IntoIterator<Item = NewMessage>) -> Self {
        let world = World::new();
        let rival = profile.layout.furnish(&world, USER, PASSWORD).unwrap();
        for mail in mails {
            rival.deliver("INBOX", mail).unwrap();
        }
        let server = ModelServer::new(world, profile);
        let gates = Gates::new(server.clone());
        let phone = Phone::new(std::sync::Arc::new(gates.clone())).await.unwrap();
        Self { server, gates, phone }
    }

    /// A first sync of three thousand mails that is held up when the newest are here and most are not.
    async fn in_the_midst_of_a_first_sync(profile: Profile) -> (Self, SyncHandle, PlaceId) {
        const MIDST: u64 = 400_000;
        let desk = Self::new(profile, (0..3_000).map(mail)).await;
        desk.gates.hold_after(MIDST);
        let sync = desk.phone.core.sync(desk.phone.account, SyncOptions::default()).await.unwrap();
        desk.gates.reached(0, MIDST).await;
        let newest = loop {
            if let Some(row) = desk.rows().await.first() {
                break row.id;
            }
            tokio::task::yield_now().await;
        };
        (desk, sync, newest)
    }

    async fn rows(&self) -> Vec<MessageRow> {
        let Ok(inbox) = self.phone.core.find_mailbox(Some(self.phone.account), "inbox").await else {
            return Vec::new();
        };
        self.phone.core.messages(inbox.id, ListFilter::default(), None, 10).await.unwrap().messages
    }

    /// The phone holds what the server holds, and nobody broke the protocol.
    async fn is_whole(&self) {
        assert!(self.phone.mail().await.unwrap() == held(self.server.world(), '/', ""));
        assert_eq!(self.server.world().violations(), []);
    }
}

#[tokio::test]
async fn a_mail_opened_in_the_midst_of_a_first_sync_is_here_before_the_sync_goes_on() {
    for profile in [Profile::full(), Profile::bare()] {
        let (desk, sync, newest) = Desk::in_the_midst_of_a_first_sync(profile).await;
        let core = &desk.phone.core;
        // The sync stands still until it is released: whatever waits for it waits for ever.
        tokio::time::timeout(LONG, core.fetch_body(newest)).await.unwrap().unwrap();
        assert!(core.text(newest).await.unwrap().len() > 1);
        let found = tokio::time::timeout(LONG, core.search_server(desk.phone.account, "subject:2999", 10));
        assert_eq!(found.await.unwrap().unwrap().len(), 1);
        desk.gates.connection(0).await.release();
        let summary = sync.wait().await.unwrap();
        assert_eq!((summary.complete, summary.connections), (true, 1), "what was opened is no part of the sync");
        desk.is_whole().await;
        assert_eq!(desk.gates.made(), 2, "both questions went over one further connection");
        let (again, _) = desk.phone.sync().await.unwrap();
        assert_eq!((again.complete, again.connections), (true, 0), "a session was kept");
    }
}

#[tokio::test]
async fn to_cancel_the_sync_does_not_cancel_what_was_opened_nor_the_other_way_round() {
    let (desk, sync, newest) = Desk::in_the_midst_of_a_first_sync(Profile::full()).await;
    let core = &desk.phone.core;
    desk.gates.hold_after(10);
    let given_up = core.fetch_body(newest);
    tokio::select! {
        biased;
        outcome = given_up => panic!("it is held up: {outcome:?}"),
        _ = desk.gates.reached(1, 10) => {}
    }
    desk.gates.hold_after(10);
    let opened = core.fetch_body(newest);
    let cancel = async {
        let second = desk.gates.reached(2, 10).await;
        sync.cancel();
        let ended = tokio::time::timeout(LONG, sync.wait()).await.unwrap().unwrap();
        assert!(!ended.complete);
        second.release();
    };
    let (opened, ()) = tokio::join!(opened, cancel);
    opened.unwrap();
    desk.phone.sync().await.unwrap();
    desk.is_whole().await;
}

#[tokio::test]
async fn a_connection_that_breaks_fails_whoever_used_it_and_nobody_else() {
    let (desk, sync, newest) = Desk::in_the_midst_of_a_first_sync(Profile::full()).await;
    let core = &desk.phone.core;
    desk.gates.hold_after(10);
    let cut = async { desk.gates.reached(1, 10).await.cut() };
    let (failed, ()) = tokio::join!(core.fetch_body(newest), cut);
    assert_eq!(failed.unwrap_err().kind(), "network");
    core.fetch_body(newest).await.unwrap();
    desk.gates.connection(0).await.cut();
    assert_eq!(sync.wait().await.unwrap_err().kind(), "network");
    let second = desk.rows().await[1].id;
    core.fetch_body(second).await.unwrap();
    desk.phone.sync().await.unwrap();
    desk.is_whole().await;
}

#[tokio::test]
async fn where_the_server_allows_one_session_only_what_was_opened_waits_for_the_sync_and_comes() {
    let mut profile = Profile::full();
    profile.quirks.max_sessions = Some(1);
    let (desk, sync, newest) = Desk::in_the_midst_of_a_first_sync(profile).await;
    let release = async {
        // The second connection was made, and the login over it refused.
        desk.gates.reached(1, 300).await;
        desk.gates.connection(0).await.release();
    };
    let opened = async { tokio::time::timeout(LONG, desk.phone.core.fetch_body(newest)).await.unwrap() };
    let (opened, (), summary) = tokio::join!(opened, release, sync.wait());
    opened.unwrap();
    assert!(summary.unwrap().complete);
    desk.is_whole().await;
}

/// A sync of bodies that stands still in the middle of a large one.
async fn in_the_midst_of_a_large_body() -> (Desk, SyncHandle, PlaceId, Vec<u8>) {
    let bytes = format!("Subject: large\r\n\r\n{}", "All work and no play.\r\n".repeat(60_000)).into_bytes();
    let desk = Desk::new(Profile::full(), [NewMessage::new(bytes.clone())]).await;
    desk.phone.sync().await.unwrap();
    desk.phone.core.update_account(desk.phone.account, with_all_bodies(&desk).await).await.unwrap();
    desk.gates.hold_after(700_000);
    let sync = desk.phone.core.sync(desk.phone.account, SyncOptions::default()).await.unwrap();
    desk.gates.reached(1, 700_000).await;
    let newest = desk.rows().await[0].id;
    (desk, sync, newest, bytes)
}

async fn with_all_bodies(desk: &Desk) -> postrider::api::AccountSettings {
    let settings = desk.phone.core.account_settings(desk.phone.account).await.unwrap();
    postrider::api::AccountSettings { bodies: BodyPolicy::All, ..settings }
}

/// Lets whoever else has something to do come so far that only the server can help.
async fn let_others_wait(desk: &Desk) {
    for _ in 0..100 {
        desk.rows().await;
    }
}

#[tokio::test]
async fn a_mail_opened_while_the_sync_fetches_it_is_not_fetched_twice() {
    let (desk, sync, newest, bytes) = in_the_midst_of_a_large_body().await;
    let core = &desk.phone.core;
    let release = async {
        let_others_wait(&desk).await;
        desk.gates.connection(1).await.release();
    };
    let (opened, (), summary) = tokio::join!(core.fetch_body(newest), release, sync.wait());
    opened.unwrap();
    assert_eq!(summary.unwrap().bodies_fetched, 1);
    assert!(core.raw(newest).await.unwrap().read_all().unwrap() == bytes);
    assert_eq!(desk.gates.made(), 2, "it waited for the one that was on its way");
}

#[tokio::test]
async fn a_mail_opened_while_a_sync_that_then_fails_fetches_it_goes_on_where_that_stopped() {
    let (desk, sync, newest, bytes) = in_the_midst_of_a_large_body().await;
    let core = &desk.phone.core;
    let cut = async {
        let_others_wait(&desk).await;
        desk.gates.connection(1).await.cut();
    };
    let (opened, (), summary) = tokio::join!(core.fetch_body(newest), cut, sync.wait());
    assert_eq!(summary.unwrap_err().kind(), "network");
    opened.unwrap();
    assert!(core.raw(newest).await.unwrap().read_all().unwrap() == bytes);
    assert!(desk.gates.connection(2).await.to_client() < 1_000_000, "what was here is not fetched again");
}
