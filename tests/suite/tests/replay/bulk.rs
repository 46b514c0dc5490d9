//! Ten thousand messages in one action are one operation, show at once and take a handful of commands.
#![allow(clippy::unwrap_used)]

use postrider::api::{FlagChange, ListFilter, OperationState};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::Newsletter;
use postrider_tests::desk::Desk;

const COUNT: u32 = 10_000;

#[tokio::test]
async fn ten_thousand_messages_in_one_action_take_a_handful_of_commands() {
    for (name, profile) in [
        ("dovecot", Profile::dovecot()),
        ("dovecot without MOVE", Profile::dovecot().without(Extension::Move)),
        ("exchange", Profile::exchange()),
    ] {
        let desk = Desk::new(profile, 0).await;
        desk.scene.rival().create(desk.scene.raw("Bulk"), &[]).unwrap();
        desk.scene.rival().generate(desk.scene.raw("Bulk"), COUNT, COUNT, Newsletter::default()).unwrap();
        desk.scene.agrees(name).await;
        let core = &desk.scene.phone.core;
        let mut ids = Vec::new();
        let mut after = None;
        loop {
            let page = core.messages(desk.mailbox("Bulk").await.id, ListFilter::default(), after, 500).await.unwrap();
            ids.extend(page.messages.into_iter().map(|row| row.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(ids.len(), COUNT as usize);
        let seen = FlagChange { add: vec!["seen".to_owned()], remove: Vec::new() };
        let flagged = core.flag(ids.clone(), seen).await.unwrap().operation;
        assert_eq!(desk.counts("Bulk").await, (u64::from(COUNT), 0), "{name}");
        let moved = core.move_to(ids, desk.mailbox("Work").await.id).await.unwrap().operation;
        assert_eq!((desk.counts("Bulk").await, desk.counts("Work").await), ((0, 0), (u64::from(COUNT), 0)), "{name}");
        desk.scene.server.world().with(|state| state.record_commands(true));
        desk.scene.agrees(name).await;
        let received = desk.scene.server.world().received();
        let acts = |command: &&postrider_model::world::Received| {
            let line = String::from_utf8_lossy(&command.line).into_owned();
            [" STORE ", " MOVE ", " COPY ", " EXPUNGE "].iter().any(|word| line.contains(word))
        };
        let count = received.iter().filter(acts).count();
        assert!(count <= 6, "{name}: {count} commands");
        assert_eq!(desk.operation(flagged).await.state, OperationState::Done, "{name}");
        assert_eq!(desk.operation(moved).await.state, OperationState::Done, "{name}");
        assert_eq!((desk.counts("Bulk").await, desk.counts("Work").await), ((0, 0), (u64::from(COUNT), 0)), "{name}");
    }
}
