//! How many turn-arounds the journal takes to the server: the next mailbox is opened behind the last commands in the one before.
//! And what becomes of that where the answers do not prove what they were to, or the next mailbox is not what it was.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use postrider::api::{Direction, FlagChange, SyncOptions, SyncSummary};
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::Newsletter;
use postrider_tests::desk::Desk;

const BOXES: [&str; 4] = ["A", "B", "C", "D"];
/// Login, ENABLE, and the first mailbox opened.
const BEFORE: u64 = 3;

/// A phone on which something of every kind was done in four mailboxes, and that is not connected.
async fn desk(profile: Profile, name: &str) -> Desk {
    let mut desk = Desk::with(profile, 0, &["A", "B", "C", "D", "Done"]).await;
    for mailbox in BOXES {
        desk.scene.rival().generate(desk.scene.raw(mailbox), 4, 4, Newsletter::default()).unwrap();
    }
    desk.scene.agrees(name).await;
    for mailbox in BOXES {
        let ids = desk.ids(mailbox).await;
        desk.flag(ids[0], &["flagged"], &[]).await;
        desk.move_to(&ids[1..2], "Done").await;
        desk.delete(ids[2]).await;
    }
    desk.scene.phone.restart().await.unwrap();
    desk.scene.server.world().with(|state| state.record_commands(true));
    desk
}

async fn push(desk: &Desk) -> SyncSummary {
    let push = SyncOptions { direction: Direction::Push, ..SyncOptions::default() };
    desk.scene.phone.sync_with(push).await.unwrap().0
}

/// The commands that the server got, without their tags.
fn received(desk: &Desk) -> Vec<String> {
    let lines = desk.scene.server.world().received().into_iter().map(|command| command.line);
    lines
        .map(|line| String::from_utf8_lossy(&line).split_once(' ').map(|(_, rest)| rest.trim().to_owned()).unwrap())
        .collect()
}

fn selects(desk: &Desk) -> Vec<String> {
    received(desk).into_iter().filter_map(|line| line.strip_prefix("SELECT ").map(str::to_owned)).collect()
}

#[tokio::test]
async fn a_mailbox_takes_one_turn_around_where_the_answers_prove_what_was_done() {
    let without =
        |extensions: &[Extension]| extensions.iter().fold(Profile::dovecot(), |profile, one| profile.without(*one));
    for (name, profile, each) in [
        ("all extensions", Profile::dovecot(), 1),
        // A look tells what is gone.
        ("without QRESYNC", without(&[Extension::Qresync]), 2),
        // What was copied goes when its copy is told.
        ("without MOVE", without(&[Extension::Move]), 2),
        // Both, and a look at each.
        ("without both", without(&[Extension::Move, Extension::Qresync]), 4),
    ] {
        let desk = desk(profile, name).await;
        let summary = push(&desk).await;
        assert_eq!((summary.operations_done, summary.operations_left), (12, 0), "{name}");
        assert_eq!(summary.round_trips, BEFORE + each * BOXES.len() as u64, "{name}: {:#?}", received(&desk));
        assert_eq!(selects(&desk).len(), BOXES.len(), "{name}");
        desk.scene.agrees(name).await;
    }
}

#[tokio::test]
async fn flags_alone_take_one_turn_around_on_any_server() {
    let mut desk = desk(Profile::preset("bare").unwrap(), "bare").await;
    desk.scene.hides_marked = true;
    desk.scene.agrees("what was done first is done").await;
    desk.scene.phone.restart().await.unwrap();
    for mailbox in BOXES {
        let change = FlagChange { add: vec!["answered".to_owned()], remove: Vec::new() };
        desk.core().flag(desk.ids(mailbox).await, change).await.unwrap();
    }
    let summary = push(&desk).await;
    assert_eq!((summary.operations_done, summary.operations_left), (4, 0));
    // CAPABILITY before and after the login, which takes two, and the first mailbox opened.
    assert_eq!(summary.round_trips, 5 + BOXES.len() as u64, "{:#?}", received(&desk));
    desk.scene.agrees("in the end").await;
}

#[tokio::test]
async fn what_the_answers_do_not_prove_is_looked_for_in_the_mailbox_opened_anew() {
    for command in ["UID MOVE", "UID EXPUNGE"] {
        let desk = desk(Profile::dovecot(), command).await;
        desk.once(command, Act::Omit("VANISHED".to_owned()));
        let summary = push(&desk).await;
        assert_eq!((summary.operations_done, summary.operations_left), (12, 0), "{command}");
        // B is opened too early, A anew, and B behind the look.
        assert_eq!(selects(&desk)[..4], ["A", "B", "A", "B"], "{command}");
        // From then on each mailbox is opened when the one before is done with.
        assert_eq!(summary.round_trips, BEFORE + 3 + 1 + 2 + 2, "{command}: {:#?}", received(&desk));
        desk.scene.agrees(command).await;
    }
}

#[tokio::test]
async fn a_mailbox_that_was_renumbered_gets_no_command_though_it_was_opened_ahead() {
    for (name, profile) in [
        ("all extensions", Profile::dovecot()),
        ("without QRESYNC", Profile::dovecot().without(Extension::Qresync)),
        ("without MOVE", Profile::dovecot().without(Extension::Move)),
    ] {
        let desk = desk(profile, name).await;
        desk.scene.rival().change_uidvalidity(desk.scene.raw("B")).unwrap();
        let summary = push(&desk).await;
        assert_eq!(summary.operations_left, 3, "{name}");
        let commands = received(&desk);
        let at = |mailbox: &str| commands.iter().position(|line| *line == format!("SELECT {mailbox}")).unwrap();
        let between = &commands[at("B") + 1..at("C")];
        assert!(between.iter().all(|line| line.starts_with("STATUS")), "{name}: {between:#?}");
        for _ in 0..2 {
            desk.scene.phone.sync().await.unwrap();
        }
        desk.scene.agrees(name).await;
    }
}

#[tokio::test]
async fn a_mailbox_that_cannot_be_opened_ahead_holds_up_only_itself() {
    let desk = desk(Profile::dovecot(), "dovecot").await;
    let is_b = |line: &[u8]| line.ends_with(b" B");
    desk.scene.server.script().add(Rule::always("SELECT", Act::Refuse("NO [INUSE] later".to_owned())).where_line(is_b));
    let summary = push(&desk).await;
    assert_eq!((summary.operations_done, summary.operations_left), (9, 3));
    desk.scene.server.script().clear();
    desk.core().network_changed().await.unwrap();
    desk.scene.agrees("in the end").await;
}

#[tokio::test]
async fn a_mailbox_whose_opening_breaks_the_connection_does_not_blame_the_one_before() {
    let desk = desk(Profile::dovecot(), "dovecot").await;
    let is_b = |line: &[u8]| line.ends_with(b" B");
    desk.scene.server.script().add(Rule::always("SELECT", Act::Cut).where_line(is_b));
    let _ = desk.scene.phone.sync_with(SyncOptions { direction: Direction::Push, ..SyncOptions::default() }).await;
    desk.scene.server.script().clear();
    for mailbox in ["A", "C", "D"] {
        assert_eq!(desk.ids(mailbox).await.len(), 2, "{mailbox}");
    }
    desk.core().network_changed().await.unwrap();
    desk.scene.phone.sync().await.unwrap();
    desk.scene.agrees("in the end").await;
    assert_eq!(desk.ids("Done").await.len(), 4);
}

#[tokio::test]
async fn a_server_that_opens_the_next_mailbox_before_it_ends_what_came_first_is_left_and_asked() {
    let desk = desk(Profile::dovecot(), "dovecot").await;
    let held = Arc::new(Mutex::new(Vec::new()));
    let late = Arc::clone(&held);
    let hold = move |mut responses: Vec<Vec<u8>>| {
        late.lock().unwrap().extend(responses.pop());
        responses
    };
    let release = move |mut responses: Vec<Vec<u8>>| {
        responses.append(&mut held.lock().unwrap());
        responses
    };
    desk.once("UID MOVE", Act::Rewrite(Arc::new(hold)));
    let is_b = |line: &[u8]| line.ends_with(b" B");
    let release = Act::Rewrite(Arc::new(release));
    desk.scene.server.script().add(Rule::once("SELECT", release).where_line(is_b));
    let push = SyncOptions { direction: Direction::Push, ..SyncOptions::default() };
    assert!(desk.scene.phone.sync_with(push).await.is_err(), "{:#?}", received(&desk));
    let begun = received(&desk).iter().filter(|line| line.starts_with("UID MOVE")).count();
    assert_eq!(begun, 1, "nothing leaves for B");
    desk.settles("asked").await;
    desk.all_done("asked").await;
    assert_eq!(desk.ids("Done").await.len(), 4);
    let moves = received(&desk).iter().filter(|line| line.starts_with("UID MOVE")).count();
    assert_eq!(moves, 4, "no move goes out twice");
}

#[tokio::test]
async fn what_had_not_left_when_its_mailbox_was_being_opened_can_still_be_taken_back() {
    for breaks_with_a in [true, false] {
        let desk = Desk::with(Profile::dovecot(), 0, &["A", "B"]).await;
        for mailbox in ["A", "B"] {
            desk.scene.rival().generate(desk.scene.raw(mailbox), 2, 2, Newsletter::default()).unwrap();
        }
        desk.scene.agrees("with mail").await;
        let (a, b) = (desk.ids("A").await, desk.ids("B").await);
        desk.flag(a[0], &["flagged"], &[]).await;
        let deletion = desk.delete(b[0]).await;
        if !breaks_with_a {
            let is_b = |line: &[u8]| line.ends_with(b" B");
            desk.scene.server.script().add(Rule::once("SELECT", Act::Cut).where_line(is_b));
        }
        desk.breaks_off("UID STORE", if breaks_with_a { Act::CutAfter } else { Act::Delay(Duration::ZERO) }).await;
        desk.core().cancel_operation(deletion).await.unwrap();
        desk.settles("taken back").await;
        assert_eq!(desk.ids("B").await.len(), 2, "{breaks_with_a}");
    }
}
