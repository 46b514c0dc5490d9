//! The connection is cut while what the person did to mailboxes goes out, at every place in turn: in the end it was done once,
//! and both sides agree.
#![allow(clippy::unwrap_used)]

use postrider_model::profile::{Extension, Profile};
use postrider_tests::desk::Desk;

/// Kinds of servers that differ in what they prove.
fn profiles() -> Vec<(String, Profile)> {
    let preset = |name| Profile::preset(name).unwrap();
    let mut profiles: Vec<(String, Profile)> =
        ["bare", "dovecot", "cyrus", "courier", "gmail"].map(|name| (name.to_owned(), preset(name))).into();
    profiles.push(("cyrus without OBJECTID".to_owned(), preset("cyrus").without(Extension::ObjectId)));
    profiles
}

async fn at_work(profile: &Profile) -> Desk {
    let desk = Desk::with(profile.clone(), 4, &["Work", "Work/2026", "Old", "Lists"]).await;
    let (core, account) = (desk.core(), desk.scene.phone.account);
    let inbox = desk.ids("INBOX").await;
    core.move_to(vec![inbox[0]], desk.mailbox("Work").await.id).await.unwrap();
    core.rename_mailbox(desk.mailbox("Work").await.id, "Office").await.unwrap();
    let made = core.create_mailbox(account, "Office/Trips").await.unwrap().mailbox;
    core.move_to(vec![inbox[1]], made).await.unwrap();
    core.delete_mailbox(desk.mailbox("Old").await.id).await.unwrap();
    core.create_mailbox(account, "Old").await.unwrap();
    core.subscribe_mailbox(desk.mailbox("Lists").await.id, true).await.unwrap();
    desk
}

async fn shows_what_was_done(desk: &Desk, when: &str) {
    let names = desk.names().await;
    for (name, there) in
        [("Work", false), ("Office", true), ("Office/2026", true), ("Office/Trips", true), ("Old", true)]
    {
        assert_eq!(names.iter().filter(|other| *other == name).count(), usize::from(there), "{when}: {name} {names:?}");
    }
    assert!(desk.mailbox("Lists").await.subscribed, "{when}");
    assert_eq!((desk.ids("Office").await.len(), desk.ids("Office/Trips").await.len()), (1, 1), "{when}");
    assert_eq!((desk.ids("INBOX").await.len(), desk.ids("Old").await.len()), (2, 0), "{when}");
}

/// Cuts after so many bytes, towards the phone or from it. Returns whether the sync was cut.
async fn cut(profile: &Profile, name: &str, after: u64, received: bool) -> bool {
    let desk = at_work(profile).await;
    let (down, up) = if received { (after, u64::MAX) } else { (u64::MAX, after) };
    desk.scene.allowed.set(down, up);
    let cut = desk.scene.phone.sync().await.is_err();
    desk.scene.allowed.set(u64::MAX, u64::MAX);
    let when = format!("{name}, cut after {after} bytes {}", if received { "received" } else { "sent" });
    shows_what_was_done(&desk, &format!("{when}, before the next sync")).await;
    desk.settles(&when).await;
    shows_what_was_done(&desk, &when).await;
    desk.all_done(&when).await;
    cut
}

#[tokio::test]
async fn what_was_done_to_mailboxes_reaches_the_server_once_wherever_the_connection_is_cut() {
    let step: u64 = std::env::var("POSTRIDER_CUT_STEP").ok().and_then(|step| step.parse().ok()).unwrap_or(389);
    let mut cuts = 0;
    for (index, (name, profile)) in profiles().into_iter().enumerate() {
        for received in [true, false] {
            let mut after = 1 + 13 * index as u64 % step;
            while cut(&profile, &name, after, received).await {
                cuts += 1;
                after += if received { step * 3 } else { step };
            }
        }
    }
    assert!(cuts > 30, "only {cuts} cuts");
}
