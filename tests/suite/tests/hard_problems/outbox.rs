//! Hard problems of what goes out: nothing holds up anything else for ever.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use postrider::api::{
    AccountSettings, BodyPolicy, Core, CoreOptions, Direction, FlagChange, MailSource, MailboxId, OperationId,
    OperationState, SyncOptions,
};
use postrider_model::ModelServer;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::World;
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;
use postrider_tests::phone::{ModelNetwork, OnePassword, PASSWORD, PhoneClock, USER};
use postrider_tests::workload::{Dice, mail};

/// Syncs, at times that are due, until nothing waits any more but what is set aside.
async fn syncs_until_parked(desk: &Desk, poison: OperationId, when: &str) -> usize {
    for round in 1..=12 {
        desk.sync(Direction::Both).await;
        if desk.operation(poison).await.state == OperationState::Parked {
            return round;
        }
        desk.scene.phone.clock.forward(16 * 60);
    }
    panic!("{when}: {:?}", desk.operation(poison).await);
}

/// What is to break the connection.
#[derive(Clone, Copy, Debug)]
enum Poison {
    Store,
    Move,
    Copy,
    Append,
    Create,
}

fn says(word: &'static str) -> impl Fn(&[u8]) -> bool + Send + Sync + 'static {
    move |line| String::from_utf8_lossy(line).contains(word)
}

impl Poison {
    fn command(self, profile: &Profile) -> &'static str {
        match self {
            Self::Store => "UID STORE",
            Self::Move if profile.has(Extension::Move) => "UID MOVE",
            Self::Move | Self::Copy => "UID COPY",
            Self::Append => "APPEND",
            Self::Create => "CREATE",
        }
    }

    fn word(self) -> &'static str {
        if matches!(self, Self::Store) { "Answered" } else { "Bane" }
    }

    /// Does it on the phone; it goes out first of all.
    async fn act(self, desk: &Desk) -> OperationId {
        let id = desk.id("INBOX", 0).await;
        match self {
            Self::Store => desk.flag(id, &["answered"], &[]).await,
            Self::Move => desk.move_to(&[id], "Bane").await,
            Self::Copy => desk.copy_to(id, "Bane").await.0,
            Self::Append => append(desk, desk.mailbox("Bane").await.id, "bane").await,
            Self::Create => {
                let core = &desk.scene.phone.core;
                core.create_mailbox(desk.scene.phone.account, "Bane/Below").await.unwrap().operation
            }
        }
    }
}

async fn append(desk: &Desk, mailbox: MailboxId, subject: &str) -> OperationId {
    let bytes = format!("Subject: {subject}\r\nMessage-ID: <{subject}@example.org>\r\n\r\nText.\r\n").into_bytes();
    desk.scene.phone.core.append(mailbox, MailSource::Bytes { bytes }, Vec::new(), None).await.unwrap().operation
}

/// A desk with a mailbox more, whose name stands in what breaks the connection.
async fn desk(profile: Profile) -> Desk {
    let desk = Desk::new(profile, 12).await;
    desk.scene.rival().create(desk.scene.raw("Bane"), &[]).unwrap();
    desk.sync(Direction::Pull).await;
    desk
}

/// Things of every kind.
async fn acts_on_others(desk: &Desk) -> Vec<OperationId> {
    let mut others = Vec::new();
    others.push(desk.flag(desk.id("INBOX", 1).await, &["seen"], &[]).await);
    others.push(desk.move_to(&[desk.id("INBOX", 2).await, desk.id("INBOX", 3).await], "Work").await);
    others.push(desk.copy_to(desk.id("INBOX", 4).await, "Aside").await.0);
    others.push(desk.delete(desk.id("INBOX", 5).await).await);
    others.push(append(desk, desk.mailbox("Work").await.id, "Mail 90").await);
    others.push(desk.scene.phone.core.create_mailbox(desk.scene.phone.account, "Fresh").await.unwrap().operation);
    others
}

#[tokio::test]
async fn hard_problem_12_a_command_that_always_breaks_the_connection_holds_up_nothing_and_is_set_aside() {
    for (number, poison) in
        [Poison::Store, Poison::Move, Poison::Copy, Poison::Append, Poison::Create].into_iter().enumerate()
    {
        // What is about no message differs less from server to server.
        let most = if number < 3 { usize::MAX } else { 5 };
        for (kind, (name, profile)) in kinds().into_iter().take(most).enumerate() {
            let act = if (number + kind).is_multiple_of(2) { Act::Cut } else { Act::Bye("no".to_owned()) };
            let when = format!("{name}, {poison:?}, {act:?}");
            holds_up_nothing(poison, act, profile, &when).await;
        }
    }
}

async fn holds_up_nothing(poison: Poison, act: Act, profile: Profile, when: &str) {
    let command = poison.command(&profile);
    let desk = desk(profile).await;
    let bane = poison.act(&desk).await;
    let others = acts_on_others(&desk).await;
    desk.scene.server.script().add(Rule::always(command, act).where_line(says(poison.word())));
    let (summary, _) = desk.scene.phone.sync().await.unwrap_or_else(|error| panic!("{when}: {error}"));
    assert_eq!(summary.operations_left, 1, "{when}: {:?}", desk.story().await);
    for other in others {
        assert_eq!(desk.operation(other).await.state, OperationState::Done, "{when}");
    }
    syncs_until_parked(&desk, bane, when).await;
    let end = desk.operation(bane).await;
    assert_eq!(end.reason_code.as_deref(), Some("connection_breaks"), "{when}");
    assert!(desk.scene.server.world().violations().is_empty(), "{when}");
    // Nothing of it was done; what the person asks for again is tried again, and holds up nothing either.
    desk.scene.phone.core.retry_operation(bane).await.unwrap();
    let next = desk.flag(desk.id("INBOX", 6).await, &["flagged"], &[]).await;
    desk.sync(Direction::Both).await;
    assert_eq!(desk.operation(next).await.state, OperationState::Done, "{when}");
    desk.scene.server.script().clear();
    desk.scene.phone.clock.forward(16 * 60);
    desk.sync(Direction::Both).await;
    assert_eq!(desk.operation(bane).await.state, OperationState::Done, "{when}");
}

fn names_uid(uid: u32) -> impl Fn(&[u8]) -> bool + Send + Sync + 'static {
    move |line| {
        let line = String::from_utf8_lossy(line).into_owned();
        let set = line.split(' ').nth(3).unwrap_or_default().to_owned();
        set.split(',').any(|range| {
            let mut ends = range.split(':').map(|end| end.parse().unwrap_or(0));
            let first: u32 = ends.next().unwrap_or(0);
            (first..=ends.next().unwrap_or(first)).contains(&uid)
        })
    }
}

#[tokio::test]
async fn hard_problem_12_one_message_among_many_that_breaks_the_connection_holds_up_no_other() {
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 90).await;
        let mut ids = Vec::new();
        for row in desk.rows("INBOX").await {
            ids.push(row.id);
        }
        let change = FlagChange { add: vec!["seen".to_owned()], remove: Vec::new() };
        let operation = desk.scene.phone.core.flag(ids, change).await.unwrap().operation;
        desk.scene.server.script().add(Rule::always("UID STORE", Act::Cut).where_line(names_uid(41)));
        syncs_until_parked(&desk, operation, &name).await;
        let seen = desk.held()["INBOX"].iter().filter(|(_, flags)| flags.contains(&"seen".to_owned())).count();
        assert_eq!(seen, 89, "{name}");
        let steps = desk.scene.phone.core.operation_steps(operation).await.unwrap();
        let parked = steps.iter().filter(|step| step.state == OperationState::Parked).count();
        assert_eq!(parked, 1, "{name}");
    }
}

#[tokio::test]
async fn hard_problem_12_the_second_half_of_a_move_that_breaks_the_connection_holds_up_nothing() {
    for (name, profile) in kinds().into_iter().filter(|(_, profile)| !profile.has(Extension::Move)) {
        let desk = Desk::new(profile, 4).await;
        let moved = desk.move_to(&[desk.id("INBOX", 0).await], "Work").await;
        let others = [
            desk.flag(desk.id("INBOX", 1).await, &["seen"], &[]).await,
            desk.copy_to(desk.id("INBOX", 2).await, "Aside").await.0,
        ];
        desk.scene.server.script().add(Rule::always("UID STORE", Act::Cut).where_line(says("Deleted")));
        desk.sync(Direction::Both).await;
        for other in others {
            assert_eq!(desk.operation(other).await.state, OperationState::Done, "{name}");
        }
        syncs_until_parked(&desk, moved, &name).await;
        let end = desk.operation(moved).await;
        assert_eq!(end.reason_code.as_deref(), Some("in_both"), "{name}: {end:?}");
        assert!(end.reason.unwrap().contains("lies in both mailboxes"), "{name}");
        assert_eq!((desk.numbers("INBOX"), desk.numbers("Work")), (vec![0, 1, 2, 3], vec![0]), "{name}");
        desk.scene.server.script().clear();
        desk.scene.phone.core.retry_operation(moved).await.unwrap();
        desk.settles(&name).await;
        assert_eq!((desk.numbers("INBOX"), desk.numbers("Work")), (vec![1, 2, 3], vec![0]), "{name}");
        desk.all_done(&name).await;
    }
}

#[tokio::test]
async fn hard_problem_12_a_link_that_breaks_anywhere_sets_nothing_aside() {
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 6).await;
        let mut dice = Dice::new(12);
        for round in 0..24_u64 {
            let id = desk.id("INBOX", round % 6).await;
            let (add, remove): (&[&str], &[&str]) =
                if round % 12 < 6 { (&["flagged"], &[]) } else { (&[], &["flagged"]) };
            desk.flag(id, add, remove).await;
            if round % 5 == 0 {
                desk.copy_to(id, "Aside").await;
            }
            let (down, up) = if round % 2 == 0 { (dice.below(4_000), u64::MAX) } else { (u64::MAX, dice.below(1_200)) };
            desk.scene.allowed.set(down, up);
            desk.sync(Direction::Both).await;
            desk.scene.phone.clock.forward(16 * 60);
        }
        desk.scene.allowed.set(u64::MAX, u64::MAX);
        desk.settles(&name).await;
        desk.all_done(&name).await;
        assert_eq!(desk.numbers("Aside"), [0, 2, 3, 4, 5], "{name}");
    }
}

#[tokio::test]
async fn hard_problem_12_a_mailbox_that_breaks_the_connection_when_it_is_opened_holds_up_no_other() {
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 4).await;
        for (uid, mailbox) in [(1, "Work"), (2, "Aside")] {
            desk.scene.rival().copy("INBOX", &[uid], desk.scene.raw(mailbox)).unwrap();
        }
        desk.sync(Direction::Both).await;
        let mut others = Vec::new();
        let bane = desk.flag(desk.id("Work", 0).await, &["seen"], &[]).await;
        others.push(desk.flag(desk.id("Aside", 1).await, &["seen"], &[]).await);
        others.push(desk.flag(desk.id("INBOX", 2).await, &["seen"], &[]).await);
        desk.scene.server.script().add(Rule::always("SELECT", Act::Cut).where_line(says("Work")));
        desk.sync(Direction::Push).await;
        for other in others {
            assert_eq!(desk.operation(other).await.state, OperationState::Done, "{name}: {:?}", desk.story().await);
        }
        assert!(matches!(desk.operation(bane).await.state, OperationState::Queued | OperationState::Retry), "{name}");
        desk.scene.server.script().clear();
        desk.settles(&name).await;
        desk.all_done(&name).await;
    }
}

/// Time stands still but for what is waited for; the store does its work at once.
#[tokio::test(start_paused = true)]
async fn hard_problem_12_a_server_that_falls_silent_at_one_command_is_left_alone_with_it_in_the_end() {
    let world = World::new();
    let profile = Profile::preset("dovecot").unwrap();
    let rival = profile.layout.furnish(&world, USER, PASSWORD).unwrap();
    for number in 0..3 {
        rival.deliver("INBOX", mail(number)).unwrap();
    }
    let server = ModelServer::new(world, profile);
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(PhoneClock::default());
    let options = CoreOptions {
        dir: dir.path().to_owned(),
        secrets: Arc::new(OnePassword),
        tokens: None,
        network: Some(Arc::new(ModelNetwork(server.clone()))),
        clock: Some(clock.clone()),
    };
    let core = Core::open_inline(options).unwrap();
    let mut settings = AccountSettings::new("test", USER);
    settings.imap = Some("imap+plain://model.example".parse().unwrap());
    settings.bodies = BodyPolicy::None;
    let account = core.add_account(settings).await.unwrap();
    let sync = async || core.sync(account, SyncOptions::default()).await.unwrap().wait().await;
    sync().await.unwrap();
    let inbox = core.find_mailbox(Some(account), "inbox").await.unwrap().id;
    let rows = core.messages(inbox, Default::default(), None, 10).await.unwrap().messages;
    let flag = |word: &str| FlagChange { add: vec![word.to_owned()], remove: Vec::new() };
    let silent = core.flag(vec![rows[0].id], flag("answered")).await.unwrap().operation;
    let other = core.flag(vec![rows[1].id], flag("seen")).await.unwrap().operation;
    let done_in_silence = core.flag(vec![rows[2].id], flag("draft")).await.unwrap().operation;
    server.script().add(Rule::always("UID STORE", Act::Deafness).where_line(says("Answered")));
    server.script().add(Rule::always("UID STORE", Act::Silence).where_line(says("Draft")));
    let summary = sync().await.unwrap();
    assert_eq!(summary.operations_left, 1);
    // It is found out what a server did that told nothing of it.
    assert_eq!(core.operation(done_in_silence).await.unwrap().state, OperationState::Done);
    assert_eq!(core.operation(other).await.unwrap().state, OperationState::Done);
    for _ in 0..3 {
        clock.forward(16 * 60);
        let _ = sync().await;
    }
    assert_eq!(core.operation(silent).await.unwrap().reason_code.as_deref(), Some("connection_breaks"));
    core.close().await.unwrap();
}
