//! Which bodies are fetched ahead.
#![allow(clippy::unwrap_used)]

use postrider::api::{BodyPolicy, SyncOptions};
use postrider_model::profile::Profile;
use postrider_tests::scene::Scene;

#[tokio::test]
async fn a_wider_policy_fetches_what_the_narrower_one_had_left() {
    let scene = Scene::with_mail(Profile::full(), 8).await;
    let (core, account) = (&scene.phone.core, scene.phone.account);
    let recent = || SyncOptions { bodies: Some(BodyPolicy::Recent), ..SyncOptions::default() };
    let mut settings = core.account_settings(account).await.unwrap();
    (settings.recent_days, settings.recent_bytes) = (36_500, 1);
    core.update_account(account, settings.clone()).await.unwrap();
    for _ in 0..2 {
        assert_eq!(scene.phone.sync_with(recent()).await.unwrap().0.bodies_fetched, 0, "none is so small");
    }
    settings.recent_bytes = 1_000_000;
    core.update_account(account, settings).await.unwrap();
    assert_eq!(scene.phone.sync_with(recent()).await.unwrap().0.bodies_fetched, 8);
}
