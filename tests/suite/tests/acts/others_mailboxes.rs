//! Other clients make, rename and delete mailboxes while the person works with no network.
#![allow(clippy::unwrap_used)]

use postrider::api::{Direction, MailSource};
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;

/// The number of mails that are shown anywhere.
async fn sightings(desk: &Desk) -> usize {
    desk.shown().await.values().map(Vec::len).sum()
}

#[tokio::test]
async fn mail_on_its_way_to_a_mailbox_that_somebody_deleted_is_never_out_of_sight() {
    for (name, profile) in kinds() {
        let desk = Desk::new(profile, 3).await;
        let work = desk.mailbox("Work").await.id;
        desk.move_to(&[desk.id("INBOX", 0).await], "Work").await;
        desk.copy_to(desk.id("INBOX", 1).await, "Work").await;
        let own = MailSource::Bytes { bytes: b"Subject: Mail 7\nMessage-ID: <7@example.org>\n\nown\n".to_vec() };
        desk.core().append(work, own, Vec::new(), None).await.unwrap();
        let before = desk.shown().await;
        desk.scene.rival().delete(desk.scene.raw("Work")).unwrap();
        // One look proves nothing: the list may lack it by mistake.
        desk.sync(Direction::Pull).await;
        assert_eq!(desk.shown().await, before, "{name}");
        for _ in 0..3 {
            desk.scene.phone.clock.forward(20 * 60);
            desk.sync(Direction::Both).await;
            assert!(sightings(&desk).await >= 4, "{name}: {:?}", desk.shown().await);
        }
        assert!(!desk.names().await.contains(&"Work".to_owned()), "{name}");
        assert_eq!((desk.rows("INBOX").await.len(), sightings(&desk).await), (4, 4), "{name}");
        let left: Vec<_> =
            desk.left().await.into_iter().map(|(kind, state, reason)| (kind, state, reason.unwrap())).collect();
        let parked = |kind: &str| (kind.to_owned(), "parked", "no_mailbox".to_owned());
        assert_eq!(left, [parked("move"), parked("copy"), parked("append")], "{name}");
    }
}
