//! COMPRESS=DEFLATE (RFC 4978): where much is to come from afar, and only there.
#![allow(clippy::unwrap_used)]

use postrider_model::profile::{Extension, Profile};
use postrider_tests::phone::with_bodies;
use postrider_tests::scene::Scene;
use postrider_tests::workload::{Dice, mail};

async fn filled(scene: Scene) -> Scene {
    for number in 0..400 {
        scene.rival().deliver("INBOX", mail(number)).unwrap();
    }
    scene
}

#[tokio::test]
async fn a_first_sync_from_afar_is_compressed() {
    let far = filled(Scene::far(Profile::full()).await).await;
    let near = filled(Scene::new(Profile::full()).await).await;
    let (compressed, _) = far.phone.sync_with(with_bodies()).await.unwrap();
    let (plain, _) = near.phone.sync_with(with_bodies()).await.unwrap();
    assert_eq!((compressed.messages_new, compressed.bodies_fetched), (400, 400));
    assert_eq!(far.same().await, Ok(()));
    assert!(compressed.bytes_in * 3 < plain.bytes_in, "{} of {}", compressed.bytes_in, plain.bytes_in);
    assert_eq!(compressed.round_trips, plain.round_trips + 1, "COMPRESS goes alone");
}

#[tokio::test]
async fn a_later_sync_from_afar_is_not_delayed_by_it() {
    let mut scene = filled(Scene::far(Profile::full()).await).await;
    scene.phone.sync_with(with_bodies()).await.unwrap();
    scene.phone.restart().await.unwrap();
    let (summary, _) = scene.phone.sync_with(with_bodies()).await.unwrap();
    assert_eq!((summary.connections, summary.round_trips), (1, 1));
}

#[tokio::test]
async fn a_server_that_cannot_or_will_not_compress_is_synced_all_the_same() {
    let scene = filled(Scene::far(Profile::full().without(Extension::Compress)).await).await;
    scene.agrees("without the extension").await;
    let scene = filled(Scene::far(Profile::full()).await).await;
    let refusal = postrider_model::fault::Act::Refuse("NO [COMPRESSIONACTIVE] not here".into());
    scene.server.script().add(postrider_model::fault::Rule::always("COMPRESS", refusal));
    scene.agrees("refused").await;
}

#[tokio::test]
async fn case_041_a_compressed_sync_cut_again_and_again_ends_complete() {
    let scene = filled(Scene::far(Profile::full()).await).await;
    let rounds = scene.syncs_through_cuts(1_000..10_000, &mut Dice::new(17)).await;
    assert!(rounds > 3, "the cuts hit: {rounds}");
}
