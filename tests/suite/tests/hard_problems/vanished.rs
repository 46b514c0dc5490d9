//! Hard problem 8 while operations go out: what vanishes meanwhile is gone after one sync, and what is said to vanish and lives
//! stays. (IDLE is not here yet; the first sync and its bodies are in `sync/lies.rs` and `sync/false_answers.rs`.)
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use postrider::api::{Direction, MailSource, PlaceId};
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;
use postrider_tests::phone::with_bodies;

const MAILS: u64 = 9;

/// Acts of each kind on the mails 0 to 3, and one of the person's own.
async fn acted(profile: &Profile) -> (Desk, PlaceId) {
    let desk = Desk::inline(profile.clone(), MAILS, &["Work", "Aside"]).await;
    desk.flag(desk.id("INBOX", 0).await, &["flagged"], &[]).await;
    desk.move_to(&[desk.id("INBOX", 1).await], "Work").await;
    desk.copy_to(desk.id("INBOX", 2).await, "Aside").await;
    desk.delete(desk.id("INBOX", 3).await).await;
    let own = MailSource::Bytes { bytes: b"Subject: Mail 50\r\nMessage-ID: <own@example.org>\r\n\r\nown\r\n".to_vec() };
    desk.core().append(desk.mailbox("INBOX").await.id, own, Vec::new(), None).await.unwrap();
    let living = desk.id("INBOX", 8).await;
    (desk, living)
}

/// Commands that carry out what was done, of which each server uses some.
const COMMANDS: [&str; 6] = ["UID STORE", "UID MOVE", "UID COPY", "UID EXPUNGE", "APPEND", "STATUS"];

async fn all_is_done(desk: &Desk, inbox: &[u64], when: &str) {
    assert_eq!(desk.numbers("INBOX"), inbox, "{when}");
    assert_eq!((desk.numbers("Work"), desk.numbers("Aside")), (vec![1], vec![2]), "{when}");
    assert_eq!(desk.scene.same().await, Ok(()), "{when}");
    assert_eq!(desk.shown().await, desk.held(), "{when}");
    desk.all_done(when).await;
}

#[tokio::test(start_paused = true)]
async fn hard_problem_08_what_vanishes_while_operations_go_out_is_gone_after_that_sync_and_nothing_else() {
    let mut met = 0;
    for (name, profile) in kinds() {
        for command in COMMANDS {
            let (desk, living) = acted(&profile).await;
            let (rival, tells) = (desk.scene.rival(), profile.has(Extension::Qresync) && command.starts_with("UID"));
            let done = Arc::new(AtomicBool::new(false));
            let was_done = Arc::clone(&done);
            // Somebody else removes two mails at this very moment; the server says so in two lines of the same response.
            let deed = Act::Rewrite(Arc::new(move |mut lines: Vec<Vec<u8>>| {
                was_done.store(true, Ordering::SeqCst);
                rival.expunge("INBOX", &[6, 7]).unwrap();
                if tells {
                    let before_last = lines.len().saturating_sub(1);
                    lines.insert(before_last, b"* VANISHED 7\r\n* VANISHED 6\r\n".to_vec());
                }
                lines
            }));
            desk.once(command, deed);
            let when = format!("{name}, at {command}");
            let (summary, notices) = desk.scene.phone.sync_with(with_bodies()).await.unwrap();
            assert!(summary.complete, "{when}: {notices:?}");
            if done.load(Ordering::SeqCst) {
                met += 1;
                all_is_done(&desk, &[0, 2, 4, 7, 8, 50], &when).await;
                assert_eq!(desk.id("INBOX", 8).await, living, "{when}");
            }
        }
    }
    assert!(met > 40, "only {met} servers did what is asked");
}

#[tokio::test(start_paused = true)]
async fn hard_problem_08_mail_that_is_said_to_vanish_while_operations_go_out_and_lives_is_not_removed() {
    for (name, profile) in kinds().into_iter().filter(|(_, profile)| profile.has(Extension::Qresync)) {
        for lie in ["* VANISHED (EARLIER) 1:4294967295", "* VANISHED 1:4294967295", "* VANISHED 5:9", "* VANISHED 9"] {
            for command in COMMANDS {
                let (desk, living) = acted(&profile).await;
                desk.scene.server.script().add(Rule::once(command, Act::Between(format!("{lie}\r\n").into_bytes())));
                let when = format!("{name}, {lie} at {command}");
                desk.sync(Direction::Push).await;
                let shown: Vec<u64> = desk.shown().await["INBOX"].iter().map(|(number, _)| *number).collect();
                assert_eq!(shown, [0, 2, 4, 5, 6, 7, 8, 50], "{when}");
                desk.settles(&when).await;
                all_is_done(&desk, &[0, 2, 4, 5, 6, 7, 8, 50], &when).await;
                assert_eq!(desk.id("INBOX", 8).await, living, "{when}");
            }
        }
    }
}
