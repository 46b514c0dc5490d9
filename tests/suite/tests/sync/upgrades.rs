//! A server that can do more, or less, than at the last login.
#![allow(clippy::unwrap_used)]

use postrider_model::profile::{Extension, Profile};
use postrider_tests::scene::Scene;
use postrider_tests::workload::mail;

#[tokio::test]
async fn a_session_begun_by_what_is_no_longer_true_is_not_kept() {
    let less = || Profile::full().without(Extension::Qresync);
    for (before, after) in [(less(), Profile::full()), (Profile::bare(), Profile::full())] {
        let scene = Scene::with_mail(before, 5).await;
        scene.server.set_profile(after);
        let mut scene = scene;
        scene.phone.restart().await.unwrap();
        // The first one still goes by what is remembered; those after it must not trip over that.
        for number in 0..3 {
            scene.rival().deliver("INBOX", mail(100 + number)).unwrap();
            scene.agrees(&format!("sync {number} after the upgrade")).await;
        }
        assert_eq!(scene.server.world().violations(), []);
    }
}
