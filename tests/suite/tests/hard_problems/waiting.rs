//! Hard problems of waiting: never long, never against what the person orders, and not after the network is back.
#![allow(clippy::unwrap_used)]

use postrider::api::{Direction, OperationState, SyncOptions};
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;

/// How many such commands the server has received.
fn received(desk: &Desk, command: &str) -> usize {
    let lines = desk.scene.server.world().received();
    lines.iter().filter(|one| String::from_utf8_lossy(&one.line).contains(command)).count()
}

async fn busy_desk(profile: Profile) -> Desk {
    let desk = Desk::new(profile, 3).await;
    desk.scene.server.world().with(|state| state.record_commands(true));
    desk.scene.server.script().add(Rule::always("UID STORE", Act::Refuse("NO [INUSE] busy".to_owned())));
    desk
}

#[tokio::test]
async fn hard_problem_02_after_days_of_failures_the_wait_is_short_and_a_change_of_network_ends_it() {
    let desk = busy_desk(Profile::preset("dovecot").unwrap()).await;
    let flagged = desk.flag(desk.id("INBOX", 0).await, &["seen"], &[]).await;
    for attempt in 1..=200 {
        desk.sync(Direction::Push).await;
        assert_eq!(received(&desk, "UID STORE"), attempt, "no wait is longer than a quarter of an hour");
        assert_eq!(desk.operation(flagged).await.state, OperationState::Retry);
        desk.scene.phone.clock.forward(15 * 60);
    }
    desk.sync(Direction::Push).await;
    desk.scene.server.script().clear();
    desk.sync(Direction::Push).await;
    assert_eq!(desk.operation(flagged).await.state, OperationState::Retry, "its time has not come");
    desk.scene.phone.core.network_changed().await.unwrap();
    desk.sync(Direction::Push).await;
    assert_eq!(desk.operation(flagged).await.state, OperationState::Done);
}

#[tokio::test]
async fn hard_problem_02_what_the_person_orders_is_tried_at_once() {
    let desk = busy_desk(Profile::preset("dovecot").unwrap()).await;
    let flagged = desk.flag(desk.id("INBOX", 0).await, &["seen"], &[]).await;
    desk.sync(Direction::Both).await;
    let before = received(&desk, "UID STORE");
    for order in 1..=5 {
        desk.scene.phone.sync_with(SyncOptions { now: true, ..SyncOptions::default() }).await.unwrap();
        assert_eq!(received(&desk, "UID STORE"), before + order);
    }
    desk.scene.phone.core.retry_operation(flagged).await.unwrap();
    desk.scene.server.script().clear();
    desk.sync(Direction::Both).await;
    assert_eq!(desk.operation(flagged).await.state, OperationState::Done);
}

#[tokio::test]
async fn hard_problem_02_a_connection_of_the_old_network_is_not_used_after_a_change_of_network() {
    let desk = Desk::new(Profile::preset("dovecot").unwrap(), 3).await;
    let connections = async || desk.scene.phone.sync().await.unwrap().0.connections;
    connections().await;
    assert_eq!(connections().await, 0);
    desk.scene.phone.core.network_changed().await.unwrap();
    assert_eq!((connections().await, connections().await), (1, 0));
}

#[tokio::test]
async fn hard_problem_02_half_a_move_waits_for_its_time_too_and_is_set_aside_in_the_end() {
    for (name, profile) in kinds().into_iter().filter(|(_, profile)| !profile.has(Extension::Move)) {
        for (answer, code) in [("NO no", "in_both"), ("NO [NOPERM] no", "in_both")] {
            let desk = Desk::new(profile.clone(), 3).await;
            desk.scene.server.world().with(|state| state.record_commands(true));
            let moved = desk.move_to(&[desk.id("INBOX", 0).await], "Work").await;
            desk.scene.server.script().add(Rule::always("UID STORE", Act::Refuse(answer.to_owned())));
            desk.sync(Direction::Both).await;
            let tried = received(&desk, "UID STORE");
            for _ in 0..3 {
                desk.sync(Direction::Push).await;
            }
            assert_eq!(received(&desk, "UID STORE"), tried, "{name}: its time has not come");
            for _ in 0..5 {
                desk.scene.phone.clock.forward(16 * 60);
                desk.sync(Direction::Both).await;
            }
            let end = desk.operation(moved).await;
            assert_eq!((end.state, end.reason_code.as_deref()), (OperationState::Parked, Some(code)), "{name}");
            assert!(end.reason.unwrap().contains("lies in both mailboxes"), "{name}");
            assert_eq!((desk.numbers("INBOX"), desk.numbers("Work")), (vec![0, 1, 2], vec![0]), "{name}");
            assert_eq!(received(&desk, "UID COPY"), 1, "{name}");
            desk.agrees(&name).await;
            desk.scene.server.script().clear();
            desk.scene.phone.core.retry_operation(moved).await.unwrap();
            desk.settles(&name).await;
            assert_eq!((desk.numbers("INBOX"), desk.numbers("Work")), (vec![1, 2], vec![0]), "{name}");
            desk.all_done(&name).await;
        }
    }
}
