//! A session that was cut may still be at work on the server while the next one begins: what is under way there is neither taken for
//! lost nor done a second time.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use postrider::api::{MailSource, SyncOptions};
use postrider_model::fault::Act;
use postrider_model::profile::{Extension, Profile};
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;

/// As long as a server may go on with a command that nobody waits for any more.
const AT_WORK: Duration = Duration::from_secs(1);

/// A desk whose server takes its time over the next such command.
async fn desk(profile: Profile, command: &str) -> Desk {
    let desk = Desk::inline(profile, 3, &["Work", "Aside"]).await;
    desk.scene.phone.clock.be_patient();
    desk.once(command, Act::Delay(AT_WORK));
    desk
}

/// Sends out what was done, ends the session while the server is at work on the command, and syncs at once.
async fn cut_and_come_back(desk: &Desk, when: &str) {
    let script = desk.scene.server.script();
    let handle = desk.core().sync(desk.scene.phone.account, SyncOptions::default()).await.unwrap();
    while script.waiting() > 0 {
        tokio::task::yield_now().await;
    }
    handle.cancel();
    let _ = handle.wait().await;
    desk.settles(when).await;
    // Whatever the server had yet to do, it has done.
    tokio::time::sleep(2 * AT_WORK).await;
    desk.settles(when).await;
    desk.all_done(when).await;
}

#[tokio::test(start_paused = true)]
async fn a_move_that_the_server_is_still_at_work_on_is_neither_lost_nor_doubled() {
    for (name, profile) in kinds() {
        for command in ["UID MOVE", "UID COPY", "UID STORE", "UID EXPUNGE"] {
            if !sends(&profile, command) {
                continue;
            }
            let desk = desk(profile.clone(), command).await;
            let when = format!("{name}, {command}");
            let ids = desk.ids("INBOX").await;
            desk.move_to(&ids[..2], "Work").await;
            cut_and_come_back(&desk, &when).await;
            assert_eq!(desk.numbers("Work").len(), 2, "{when}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_the_server_is_still_at_work_on_is_made_once() {
    for (name, profile) in kinds() {
        let desk = desk(profile, "UID COPY").await;
        let id = desk.ids("INBOX").await[0];
        desk.copy_to(id, "Work").await;
        cut_and_come_back(&desk, &name).await;
        assert_eq!(desk.numbers("Work").len(), 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_append_that_the_server_is_still_at_work_on_is_made_once() {
    for (name, profile) in kinds() {
        let desk = desk(profile, "APPEND").await;
        let bytes =
            b"From: ann@example.org\r\nSubject: Mail 77\r\nMessage-ID: <77@example.org>\r\n\r\nOnce.\r\n".to_vec();
        let work = desk.mailbox("Work").await.id;
        desk.core().append(work, MailSource::Bytes { bytes }, Vec::new(), None).await.unwrap();
        cut_and_come_back(&desk, &name).await;
        assert_eq!(desk.numbers("Work"), [77], "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn mailboxes_that_the_server_is_still_at_work_on_are_renamed_and_made_once() {
    for (name, profile) in kinds() {
        for command in ["RENAME", "CREATE", "DELETE"] {
            let desk = desk(profile.clone(), command).await;
            let when = format!("{name}, {command}");
            let (account, work) = (desk.scene.phone.account, desk.mailbox("Work").await.id);
            match command {
                "RENAME" => drop(desk.core().rename_mailbox(work, "Office").await.unwrap()),
                "CREATE" => drop(desk.core().create_mailbox(account, "Office").await.unwrap()),
                _ => drop(desk.core().delete_mailbox(work).await.unwrap()),
            }
            cut_and_come_back(&desk, &when).await;
            assert_eq!(desk.names().await.contains(&"Office".to_owned()), command != "DELETE", "{when}");
            assert_eq!(desk.names().await.contains(&"Work".to_owned()), command == "CREATE", "{when}");
        }
    }
}

/// Whether a move is this command, or holds it, on such a server.
fn sends(profile: &Profile, command: &str) -> bool {
    let moves = profile.has(Extension::Move);
    match command {
        "UID MOVE" => moves,
        "UID EXPUNGE" => !moves && profile.has(Extension::UidPlus),
        _ => !moves,
    }
}
