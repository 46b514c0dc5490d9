//! While what was done goes out over a slow line, every snapshot shows it, once and in its place.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use postrider::api::{Direction, PlaceId};
use postrider_model::fault::{Act, Rule};
use postrider_model::world::FlagChange;
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;

/// Looks at each list and each count by itself: whichever commit came before it, it shows what was done.
async fn shows_it(desk: &Desk, moved: PlaceId, flagged: PlaceId, copied: PlaceId, deleted: PlaceId, when: &str) {
    let inbox = desk.rows("INBOX").await;
    assert!(inbox.iter().all(|row| ![moved, deleted, copied].contains(&row.id)), "{when}: {inbox:?}");
    assert_eq!(inbox.len(), 3, "{when}: {inbox:?}");
    let row = inbox.iter().find(|row| row.id == flagged).unwrap();
    assert!(row.flags.contains(&"flagged".to_owned()) && row.flags.contains(&"seen".to_owned()), "{when}: {row:?}");
    let work = desk.rows("Work").await;
    assert_eq!(work.iter().map(|row| row.id).collect::<Vec<_>>(), [moved], "{when}: {work:?}");
    assert!(work[0].flags.contains(&"answered".to_owned()), "{when}: {work:?}");
    let aside = desk.rows("Aside").await;
    assert_eq!(aside.iter().map(|row| row.id).collect::<Vec<_>>(), [copied], "{when}: {aside:?}");
    assert_eq!((desk.counts("INBOX").await, desk.counts("Work").await), ((3, 2), (1, 1)), "{when}");
    assert_eq!(desk.counts("Aside").await, (1, 1), "{when}");
}

#[tokio::test]
async fn hard_problem_10_no_snapshot_during_a_slow_replay_shows_what_was_before() {
    let mut looks = 0;
    for (name, profile) in kinds() {
        for broken in [None, Some("UID STORE"), Some("UID COPY"), Some("UID MOVE")] {
            let desk = Desk::new(profile.clone(), 5).await;
            let mut ids = Vec::new();
            for number in 0..5 {
                ids.push(desk.id("INBOX", number).await);
            }
            let (moved, flagged, deleted) = (ids[0], ids[1], ids[2]);
            desk.flag(moved, &["answered"], &[]).await;
            desk.move_to(&[moved], "Work").await;
            desk.flag(flagged, &["flagged", "seen"], &[]).await;
            let (_, copied) = desk.copy_to(ids[3], "Aside").await;
            desk.delete(deleted).await;
            desk.scene.rival().set_flags("INBOX", &[1, 2, 4], FlagChange::Add, &["$Rival"]).unwrap();
            if let Some(command) = broken {
                desk.once(command, Act::CutAfter);
            }
            let script = desk.scene.server.script();
            script.add(Rule { command: None, ..Rule::always("", Act::Delay(Duration::from_millis(2))) });
            let when = format!("{name}, {broken:?}");
            let syncs = async {
                for _ in 0..2 {
                    desk.sync(Direction::Both).await;
                }
            };
            tokio::pin!(syncs);
            loop {
                tokio::select! {
                    biased;
                    () = &mut syncs => break,
                    () = shows_it(&desk, moved, flagged, copied, deleted, &when) => looks += 1,
                }
            }
            desk.settles(&when).await;
            shows_it(&desk, moved, flagged, copied, deleted, &when).await;
        }
    }
    assert!(looks > 200, "only {looks} looks");
}
