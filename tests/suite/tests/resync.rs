//! Every way to learn what changed, against every profile of the model server: after each sync the phone holds what the
//! server holds.
#![allow(clippy::unwrap_used)]

use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::FlagChange;
use postrider_tests::desk::Desk;
use postrider_tests::scene::Scene;
use postrider_tests::workload::{Dice, act, mail};

async fn converges(profile: Profile) {
    let scene = Scene::with_mail(profile, 30).await;
    let rival = scene.rival();
    let work = scene.raw("Work");
    rival.create(&work, &[]).unwrap();
    let mut dice = Dice::new(7);
    let mailboxes = ["INBOX", work.as_str()];
    for round in 0..40 {
        for step in 0..dice.below(6) {
            act(&rival, scene.server.world(), &mut dice, &mailboxes, 1000 + round * 10 + step);
        }
        scene.agrees(&format!("in round {round}")).await;
    }
    assert_eq!(scene.server.world().violations(), [], "the client broke the protocol");
}

macro_rules! profiles {
    ($($test:ident: $preset:ident;)*) => {
        $(
            #[tokio::test]
            async fn $test() {
                converges(Profile::$preset()).await;
            }
        )*
    };
}

profiles! {
    the_phone_follows_a_server_of_rfc_3501_alone: bare;
    the_phone_follows_dovecot: dovecot;
    the_phone_follows_cyrus: cyrus;
    the_phone_follows_gmail: gmail;
    the_phone_follows_exchange: exchange;
    the_phone_follows_courier: courier;
    the_phone_follows_a_server_with_every_extension: full;
}

#[tokio::test]
async fn a_kept_session_knows_the_server_even_where_the_login_told_nothing() {
    let mut scene = Scene::with_mail(Profile::courier(), 3).await;
    scene.phone.restart().await.unwrap();
    // Its commands leave with the login, by what is remembered; the next sync is over the same session.
    for when in ["anew", "over the same session", "and again"] {
        scene.agrees(when).await;
    }
}

#[tokio::test]
async fn names_stay_when_the_server_does_not_tell_its_namespaces_for_once() {
    for act in [Act::Refuse("NO [SERVERBUG] not now".to_owned()), Act::Omit("NAMESPACE (".to_owned())] {
        let scene = Scene::with_mail(Profile::courier(), 3).await;
        scene.server.script().add(Rule::once("NAMESPACE", act));
        scene.agrees("untold").await;
        assert!(scene.phone.core.find_mailbox(None, "sent").await.is_ok(), "by its role, too");
        scene.agrees("afterwards").await;
    }
}

#[tokio::test]
async fn the_inbox_is_open_before_a_list_asks_for_its_status() {
    let scene = Scene::with_mail(Profile::dovecot(), 3).await;
    let world = scene.server.world();
    world.with(|state| state.record_commands(true));
    scene.agrees("with nothing new").await;
    let lines = world.received().into_iter().map(|received| String::from_utf8(received.line).unwrap());
    let words = lines.filter_map(|line| line.split(' ').nth(1).map(str::to_owned));
    let asked: Vec<String> = words.filter(|word| ["EXAMINE", "LIST"].contains(&word.as_str())).collect();
    assert_eq!(asked, ["EXAMINE", "LIST"]);
}

#[tokio::test]
async fn a_list_that_is_answered_before_an_earlier_command_is_the_list_all_the_same() {
    let scene = Scene::with_mail(Profile::full(), 3).await;
    scene.rival().create("Work", &[]).unwrap();
    scene.agrees("at first").await;
    // RFC 3501 section 5.5 lets a server do so. Where it went unheard, the mailbox would be taken for removed.
    let early = b"* LIST () \"/\" Work\r\n".to_vec();
    scene.server.script().add(Rule::always("LIST", Act::Omit("Work".to_owned())));
    scene.server.script().add(Rule::always("EXAMINE", Act::Between(early)));
    scene.phone.sync().await.unwrap();
    let shown = scene.phone.core.mailboxes(scene.phone.account).await.unwrap();
    assert!(shown.iter().any(|mailbox| mailbox.name == "Work"), "{shown:?}");
}

#[tokio::test]
async fn flags_that_somebody_else_set_go_along_with_a_move_of_many() {
    for preset in [Profile::dovecot(), Profile::cyrus(), Profile::full()] {
        for profile in [preset.clone(), preset.without(Extension::Qresync)] {
            let desk = Desk::new(profile, 300).await;
            let ids = desk.ids("INBOX").await;
            let uids: Vec<u32> = (1..=300).collect();
            desk.scene.rival().set_flags("INBOX", &uids, FlagChange::Add, &["\\Answered"]).unwrap();
            desk.move_to(&ids, "Work").await;
            desk.settles("moved").await;
        }
    }
}

#[tokio::test]
async fn mail_whose_fetch_was_refused_is_fetched_though_the_counts_agree() {
    for name in Profile::PRESETS {
        for skip in 0..3 {
            let scene = Scene::with_mail(Profile::preset(name).unwrap(), 10).await;
            scene.agrees("at first").await;
            scene.rival().expunge("INBOX", &[3]).unwrap();
            scene.rival().deliver("INBOX", mail(100)).unwrap();
            let refusal = Act::Refuse("NO [SERVERBUG] not now".to_owned());
            scene.server.script().add(Rule::once("UID FETCH", refusal).after(skip));
            let _ = scene.phone.sync().await;
            scene.server.script().clear();
            scene.agrees(&format!("{name}, {skip}")).await;
        }
    }
}
