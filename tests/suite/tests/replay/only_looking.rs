//! A sync that only looks sends nothing, but asks what became of what was sent before: what it then sees is shown once.
#![allow(clippy::unwrap_used)]

use postrider::api::{Direction, MailSource, SyncOptions};
use postrider_model::fault::Act;
use postrider_model::profile::{Extension, Profile};
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;
use postrider_tests::wishes::mail;

/// What is sent, and with which command.
#[derive(Clone, Copy, Debug)]
enum Sent {
    Move,
    Copy,
    Append,
}

impl Sent {
    const ALL: [Self; 3] = [Self::Move, Self::Copy, Self::Append];

    fn command(self, profile: &Profile) -> &'static str {
        match self {
            Self::Move if profile.has(Extension::Move) => "UID MOVE",
            Self::Move | Self::Copy => "UID COPY",
            Self::Append => "APPEND",
        }
    }

    /// Something comes to Work, while nothing reaches the server.
    async fn act(self, desk: &Desk) {
        let id = desk.id("INBOX", 0).await;
        match self {
            Self::Move => drop(desk.move_to(&[id], "Work").await),
            Self::Copy => drop(desk.copy_to(id, "Work").await),
            Self::Append => {
                let work = desk.mailbox("Work").await.id;
                drop(
                    desk.core()
                        .append(work, MailSource::Bytes { bytes: mail("own@example.org") }, Vec::new(), None)
                        .await
                        .unwrap(),
                );
            }
        }
    }
}

async fn shown(desk: &Desk) -> [(Vec<postrider::api::PlaceId>, (u64, u64)); 2] {
    [(desk.ids("INBOX").await, desk.counts("INBOX").await), (desk.ids("Work").await, desk.counts("Work").await)]
}

#[tokio::test]
async fn hard_problem_10_what_was_sent_and_not_answered_is_shown_once_by_a_sync_that_only_looks() {
    for (name, profile) in kinds() {
        for sent in Sent::ALL {
            for act in [Act::Cut, Act::CutAfter] {
                let when = format!("{name}, {sent:?}, {act:?}");
                let desk = Desk::new(profile.clone(), 3).await;
                sent.act(&desk).await;
                let before = shown(&desk).await;
                desk.breaks_off(sent.command(&profile), act).await;
                let held = desk.held();
                desk.sync(Direction::Pull).await;
                assert_eq!(desk.held(), held, "{when}: it sent something");
                assert_eq!(shown(&desk).await, before, "{when}");
                desk.settles(&when).await;
                assert_eq!(shown(&desk).await, before, "{when}");
                desk.all_done(&when).await;
            }
        }
    }
}

#[tokio::test]
async fn what_happened_comes_here_though_the_server_breaks_off_where_it_is_asked_about_what_was_sent() {
    for (name, profile) in kinds() {
        let desk = Desk::new(profile.clone(), 3).await;
        Sent::Append.act(&desk).await;
        desk.breaks_off("APPEND", Act::CutAfter).await;
        desk.once("EXAMINE", Act::Cut);
        desk.scene.rival().deliver("INBOX", postrider_tests::workload::mail(20)).unwrap();
        let options = SyncOptions { direction: Direction::Pull, ..SyncOptions::default() };
        let synced = desk.scene.phone.sync_with(options).await;
        assert!(synced.is_ok(), "{name}: {synced:?}");
        assert_eq!(desk.rows("INBOX").await.len(), 4, "{name}");
        desk.settles(&name).await;
        desk.all_done(&name).await;
    }
}
