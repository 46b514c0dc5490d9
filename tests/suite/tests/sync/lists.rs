//! The list of mailboxes: every way a server may tell it gives the same.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use postrider::api::MailboxRole;
use postrider_model::profile::{Extension, Profile};
use postrider_tests::scene::Scene;

/// Role, whether it can be selected, whether it is subscribed to, how many mails.
type Told = (Option<MailboxRole>, bool, bool, u64);

async fn told(scene: &Scene) -> BTreeMap<String, Told> {
    let all = scene.phone.core.mailboxes(scene.phone.account).await.unwrap();
    let told = all.into_iter().map(|m| (m.name, (m.role, m.selectable, m.subscribed, m.total)));
    told.collect()
}

#[tokio::test]
async fn a_server_that_is_quiet_at_the_login_is_known_in_every_sync_after_it() {
    for profile in [Profile::courier(), Profile::full()] {
        let mut scene = Scene::new(profile).await;
        scene.phone.sync().await.unwrap();
        let first = told(&scene).await;
        for _ in 0..3 {
            scene.phone.restart().await.unwrap();
            for _ in 0..2 {
                let (summary, _) = scene.phone.sync().await.unwrap();
                assert_eq!(told(&scene).await, first, "names by the same namespace");
                assert!(summary.round_trips <= 4, "{} flights", summary.round_trips);
            }
        }
    }
}

#[tokio::test]
async fn extensions_change_how_the_list_is_told_and_not_what_it_says() {
    let lacks: [&[Extension]; 4] = [
        &[],
        &[Extension::ListStatus],
        &[Extension::ListStatus, Extension::ListExtended],
        &[Extension::ListStatus, Extension::ListExtended, Extension::Namespace],
    ];
    let mut first = None;
    for lacks in lacks {
        let profile = lacks.iter().fold(Profile::full(), |profile, extension| profile.without(*extension));
        let scene = Scene::new(profile).await;
        let rival = scene.rival();
        rival.create("Ausgang", &["\\Sent"]).unwrap();
        rival.delete("Sent").unwrap();
        rival.create("Shell", &["\\Noselect"]).unwrap();
        rival.create("Shell/Inner", &[]).unwrap();
        rival.create("INBOX/Within", &[]).unwrap();
        rival.subscribe("Shell/Inner", false).unwrap();
        rival.subscribe("Ausgang", true).unwrap();
        rival.deliver("Shell/Inner", postrider_tests::workload::mail(1)).unwrap();
        scene.phone.sync().await.unwrap();
        let told = told(&scene).await;
        assert_eq!(told["Ausgang"], (Some(MailboxRole::Sent), true, true, 0));
        assert_eq!(told["Shell/Inner"], (None, true, false, 1));
        assert!(!told["Shell"].1 && told.contains_key("INBOX/Within"));
        assert_eq!(first.get_or_insert(told.clone()), &told);
        assert_eq!(scene.server.world().violations(), [], "the client broke the protocol");
    }
}
