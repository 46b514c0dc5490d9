//! A login that goes wrong for no fault of ours.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use postrider::api::{CoreError, SyncOptions};
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::Profile;
use postrider_tests::desk::Desk;

/// As Cyrus 3.6 does where a command comes right behind an AUTHENTICATE with an initial response: after the OK of the login comes a BAD
/// with its tag once more.
fn stray() -> Act {
    Act::Rewrite(Arc::new(|mut responses: Vec<Vec<u8>>| {
        let tag =
            responses.last().and_then(|last| last.split(|byte| *byte == b' ').next()).unwrap_or_default().to_vec();
        responses.push([&tag, &b" BAD Unrecognized command\r\n"[..]].concat());
        responses
    }))
}

async fn desk(times: usize) -> Desk {
    let mut desk = Desk::new(Profile::preset("cyrus").unwrap(), 3).await;
    desk.scene.phone.restart().await.unwrap();
    for command in ["LOGIN", "AUTHENTICATE"] {
        desk.scene.server.script().add(Rule { times, ..Rule::once(command, stray()) });
    }
    desk
}

#[tokio::test]
async fn a_login_that_breaks_the_protocol_is_tried_once_more_over_another_connection() {
    for acts in [false, true] {
        let desk = desk(1).await;
        if acts {
            desk.flag(desk.id("INBOX", 0).await, &["seen"], &[]).await;
        }
        let (summary, _) = desk.scene.phone.sync_with(SyncOptions::default()).await.unwrap();
        assert_eq!((summary.complete, summary.operations_left), (true, 0), "{acts}");
        assert!(acts || summary.connections == 2, "{summary:?}");
        desk.agrees("after a second login").await;
    }
}

#[tokio::test]
async fn a_login_that_always_breaks_the_protocol_is_not_tried_without_end() {
    let desk = desk(usize::MAX).await;
    let outcome = desk.scene.phone.sync().await;
    assert!(matches!(outcome, Err(CoreError::Protocol { .. })), "{outcome:?}");
    desk.scene.server.world().with(|state| state.record_commands(true));
    assert!(desk.scene.phone.sync().await.is_err());
    let logins = desk.scene.server.world().received();
    let logins = logins.iter().filter(|one| {
        let line = String::from_utf8_lossy(&one.line).to_ascii_uppercase();
        line.contains("LOGIN") || line.contains("AUTHENTICATE")
    });
    assert_eq!(logins.count(), 2);
}

#[tokio::test]
async fn a_search_of_a_person_gets_a_second_login_too() {
    let desk = desk(1).await;
    let found = desk.scene.phone.core.search_server(desk.scene.phone.account, "is:unread", 10).await.unwrap();
    assert_eq!(found.len(), 3);
}

#[tokio::test]
async fn after_a_login_that_broke_the_session_nothing_is_sent_right_behind_one() {
    let mut desk = desk(0).await;
    let usual = desk.scene.phone.sync().await.unwrap().0;
    desk.scene.phone.restart().await.unwrap();
    for command in ["LOGIN", "AUTHENTICATE"] {
        desk.once(command, stray());
    }
    assert_eq!(desk.scene.phone.sync().await.unwrap().0.connections, 2);
    for _ in 0..2 {
        desk.scene.phone.restart().await.unwrap();
        let summary = desk.scene.phone.sync().await.unwrap().0;
        assert_eq!((summary.connections, summary.round_trips), (1, usual.round_trips + 1), "{summary:?}");
    }
    // Another version of the server may do better.
    desk.scene.server.set_profile(Profile::preset("dovecot").unwrap());
    for trips in [usual.round_trips + 1, usual.round_trips] {
        desk.scene.phone.restart().await.unwrap();
        assert_eq!(desk.scene.phone.sync().await.unwrap().0.round_trips, trips);
    }
}
