//! Mails that look the same to the last byte and are sent somewhere in one flight of which the answers are lost: which of them
//! arrived is told by where they were and by their flags. None is lost, none doubled, and none gets what was asked of the other.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use postrider::api::PlaceId;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::FlagChange;
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;

/// Two mails in the inbox that differ in nothing but their flags, the older first.
async fn desk(profile: Profile) -> (Desk, [PlaceId; 2]) {
    let desk = Desk::new(profile, 1).await;
    desk.scene.rival().copy("INBOX", &[1], "INBOX").unwrap();
    desk.scene.agrees("with a double").await;
    let mut ids = desk.ids("INBOX").await;
    ids.sort();
    (desk, ids.try_into().unwrap())
}

/// The command with which a mail leaves for another mailbox.
fn sent(profile: &Profile) -> &'static str {
    if profile.has(Extension::Move) { "UID MOVE" } else { "UID COPY" }
}

/// Of two commands in one flight, both are carried out or the first alone, and nothing is answered.
fn lose_answers(desk: &Desk, [first, second]: [&str; 2], both: bool) {
    let script = desk.scene.server.script();
    if !both {
        return script.add(Rule::once(first, Act::CutAfter));
    }
    script.add(Rule::once(first, Act::Rewrite(Arc::new(|_| Vec::new()))));
    script.add(Rule::once(second, Act::CutAfter).after(usize::from(first == second)));
}

/// The flags of a mail as shown in a mailbox.
async fn flags(desk: &Desk, mailbox: &str, id: PlaceId) -> Option<Vec<String>> {
    desk.rows(mailbox).await.into_iter().find(|row| row.id == id).map(|row| row.flags)
}

#[tokio::test]
async fn recovery_rule_doubles_that_moved_together_keep_their_flags_and_none_is_lost() {
    for (name, profile) in kinds() {
        for flagged in [0, 1] {
            for both in [true, false] {
                let (desk, ids) = desk(profile.clone()).await;
                let when = format!("{name}, {flagged} flagged, both {both}");
                desk.move_to(&ids, "Work").await;
                desk.flag(ids[flagged], &["flagged"], &[]).await;
                lose_answers(&desk, [sent(&profile); 2], both);
                desk.settles(&when).await;
                assert_eq!(desk.numbers("Work"), [0, 0], "{when}");
                // What is sent again, and answered without COPYUID, only a sync finds, which is not sure of doubles and asks.
                if !both && !profile.has(Extension::UidPlus) {
                    continue;
                }
                assert_eq!(flags(&desk, "Work", ids[flagged]).await.unwrap(), ["flagged"], "{when}");
                assert_eq!(flags(&desk, "Work", ids[1 - flagged]).await.unwrap(), [""; 0], "{when}");
                desk.all_done(&when).await;
            }
        }
    }
}

#[tokio::test]
async fn recovery_rule_doubles_of_which_one_is_moved_and_one_copied_are_told_apart() {
    for (name, profile) in kinds() {
        for moved in [0, 1] {
            for both in [true, false] {
                let (desk, ids) = desk(profile.clone()).await;
                let when = format!("{name}, {moved} moved, both {both}");
                let uid = u32::try_from(moved).unwrap() + 1;
                desk.scene.rival().set_flags("INBOX", &[uid], FlagChange::Add, &["\\Seen"]).unwrap();
                desk.scene.agrees("with a flag").await;
                let (_, copy) = desk.copy_to(ids[1 - moved], "Work").await;
                desk.move_to(&[ids[moved]], "Work").await;
                lose_answers(&desk, [sent(&profile), "UID COPY"], both);
                desk.settles(&when).await;
                assert_eq!((desk.numbers("INBOX"), desk.numbers("Work")), (vec![0], vec![0, 0]), "{when}");
                assert_eq!(flags(&desk, "Work", ids[moved]).await.unwrap(), ["seen"], "{when}");
                assert_eq!(flags(&desk, "Work", copy).await.unwrap(), [""; 0], "{when}");
                assert_eq!(flags(&desk, "INBOX", ids[1 - moved]).await.unwrap(), [""; 0], "{when}");
                desk.all_done(&when).await;
            }
        }
    }
}
