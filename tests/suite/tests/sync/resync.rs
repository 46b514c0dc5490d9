//! Every way to learn what changed, against every profile of the model server: after each sync the phone holds what the
//! server holds.
#![allow(clippy::unwrap_used)]

use std::ops::RangeInclusive;

use postrider::api::Direction;
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

#[tokio::test]
async fn mail_that_the_server_cannot_give_for_now_is_fetched_once_it_can() {
    for code in ["UNAVAILABLE", "INUSE", "LIMIT"] {
        let scene = Scene::with_mail(Profile::full(), 10).await;
        scene.rival().deliver("INBOX", mail(100)).unwrap();
        scene.server.script().add(Rule::always("UID FETCH", Act::Refuse(format!("NO [{code}] not now"))));
        for _ in 0..6 {
            let (summary, notices) = scene.phone.sync().await.unwrap();
            assert!(!summary.complete, "{code}");
            assert!(!notices.iter().any(|notice| notice.contains("never given")), "{code}: {notices:?}");
        }
        scene.server.script().clear();
        scene.agrees(code).await;
    }
}

/// The UIDs that a UID FETCH for headers asks for, where it is one.
fn headers_of(line: &[u8]) -> Vec<RangeInclusive<u32>> {
    let line = String::from_utf8_lossy(line).into_owned();
    let Some((_, rest)) = line.split_once("UID FETCH ").filter(|_| line.contains("HEADER")) else { return Vec::new() };
    let set = rest.split(' ').next().unwrap();
    let number = |text: &str| text.parse().unwrap();
    set.split(',')
        .map(|range| {
            range.split_once(':').map_or_else(|| number(range)..=number(range), |(a, b)| number(a)..=number(b))
        })
        .collect()
}

#[tokio::test]
async fn one_mail_that_the_server_cannot_give_for_now_keeps_no_other_from_coming() {
    let scene = Scene::new(Profile::full()).await;
    for number in 0..600 {
        scene.rival().deliver("INBOX", mail(number)).unwrap();
    }
    let holds_it = |line: &[u8]| headers_of(line).iter().any(|range| range.contains(&580));
    let refusal = Act::Refuse("NO [UNAVAILABLE] not now".to_owned());
    scene.server.script().add(Rule::always("UID FETCH", refusal).where_line(holds_it));
    for round in 0..4 {
        scene.phone.sync().await.unwrap();
        let inbox = scene.phone.core.find_mailbox(None, "inbox").await.unwrap();
        assert_eq!(inbox.total, 599 + round);
        // That the server gives others shows that it is not out of order.
        scene.rival().deliver("INBOX", mail(600 + round)).unwrap();
    }
    scene.phone.sync().await.unwrap();
    let (summary, _) = scene.phone.sync().await.unwrap();
    assert_eq!((summary.round_trips, summary.complete), (1, true), "it rests");
    scene.server.script().clear();
    scene.phone.clock.forward(24 * 3600);
    scene.agrees("a day later").await;
}

#[tokio::test]
async fn a_server_that_gives_few_mails_at_a_time_gives_all() {
    let scene = Scene::new(Profile::full()).await;
    for number in 0..600 {
        scene.rival().deliver("INBOX", mail(number)).unwrap();
    }
    let many = |line: &[u8]| headers_of(line).iter().map(|range| range.end() - range.start() + 1).sum::<u32>() > 20;
    let refusal = Act::Refuse("NO [LIMIT] too many".to_owned());
    scene.server.script().add(Rule::always("UID FETCH", refusal).where_line(many));
    scene.agrees("in one sync").await;
}

#[tokio::test]
async fn mail_that_was_set_aside_is_asked_for_again_a_day_later() {
    for profile in [Profile::full(), Profile::full().without(Extension::Qresync), Profile::bare()] {
        let scene = Scene::with_mail(profile.clone(), 10).await;
        scene.rival().deliver("INBOX", mail(100)).unwrap();
        let headers = |line: &[u8]| !headers_of(line).is_empty();
        let refusal = Act::Refuse("NO [SERVERBUG] alas".to_owned());
        scene.server.script().add(Rule::always("UID FETCH", refusal).where_line(headers));
        for _ in 0..4 {
            scene.phone.sync().await.unwrap();
        }
        scene.server.script().clear();
        let (summary, _) = scene.phone.sync().await.unwrap();
        assert_eq!((summary.messages_new, summary.complete), (0, true), "{}: it rests", profile.name);
        scene.phone.clock.forward(24 * 3600);
        let (summary, _) = scene.phone.sync().await.unwrap();
        assert_eq!(summary.messages_new, 1, "{}", profile.name);
        scene.agrees(&profile.name).await;
    }
}

#[tokio::test]
async fn mail_that_was_set_aside_costs_nothing_while_it_rests_and_is_forgotten_once_it_is_gone() {
    let scene = Scene::with_mail(Profile::full(), 10).await;
    scene.rival().deliver("INBOX", mail(100)).unwrap();
    scene.never_gives(11);
    for _ in 0..4 {
        scene.phone.sync().await.unwrap();
    }
    let (summary, _) = scene.phone.sync().await.unwrap();
    assert_eq!((summary.round_trips, summary.complete), (1, true));
    scene.rival().expunge("INBOX", &[11]).unwrap();
    scene.agrees("once it is gone").await;
    let (summary, _) = scene.phone.sync().await.unwrap();
    assert_eq!((summary.round_trips, summary.complete), (1, true), "and from then on");
}

/// Ten mails, and a server that was put back to what it was before flags changed that the phone has seen.
async fn put_back(profile: Profile) -> Scene {
    let scene = Scene::with_mail(profile, 10).await;
    let backup = scene.server.world().fork();
    for change in [FlagChange::Add, FlagChange::Remove, FlagChange::Add] {
        scene.rival().set_flags("INBOX", &[3, 4], change, &["\\Flagged"]).unwrap();
    }
    scene.agrees("before").await;
    scene.server.world().with(|state| *state = backup.with(|backup| backup.clone()));
    scene
}

/// What it shows from then on has mod-sequences below those that the phone has noted.
#[tokio::test]
async fn flags_of_a_server_put_back_count_though_their_mod_sequences_are_lower() {
    for grows in [false, true] {
        for profile in [Profile::full(), Profile::full().without(Extension::Qresync)] {
            let scene = put_back(profile.clone()).await;
            scene.rival().set_flags("INBOX", &[3], FlagChange::Add, &["\\Seen"]).unwrap();
            if grows {
                scene.rival().deliver("INBOX", mail(100)).unwrap();
            }
            let _ = scene.phone.sync().await;
            scene.phone.clock.forward(601);
            scene.agrees(&format!("{}, grown: {grows}", profile.name)).await;
            scene.rival().set_flags("INBOX", &[4], FlagChange::Add, &["\\Seen"]).unwrap();
            scene.agrees(&format!("{}, grown: {grows}, and on", profile.name)).await;
        }
    }
}

/// It has caught up by the next sync, as far as its figures tell; but what was changed since is not all that was there before.
#[tokio::test]
async fn flags_of_a_server_put_back_count_though_it_has_caught_up_before_it_was_believed() {
    for profile in [Profile::full(), Profile::full().without(Extension::Qresync)] {
        let scene = put_back(profile.clone()).await;
        let _ = scene.phone.sync().await;
        for change in [FlagChange::Add, FlagChange::Remove, FlagChange::Add, FlagChange::Remove] {
            scene.rival().set_flags("INBOX", &[5, 6], change, &["\\Seen"]).unwrap();
        }
        scene.agrees(&profile.name).await;
    }
}

/// The phone holds mail beyond the UIDNEXT that it noted, for it moved it there itself.
#[tokio::test]
async fn flags_told_of_mail_that_was_to_be_fetched_count_though_the_fetch_is_refused() {
    for skip in 0..3 {
        let desk = Desk::new(Profile::full(), 5).await;
        let ids = desk.ids("INBOX").await;
        desk.move_to(&ids, "Work").await;
        desk.sync(Direction::Push).await;
        desk.scene.rival().set_flags("Work", &[2, 3], FlagChange::Add, &["\\Seen"]).unwrap();
        let refusal = Act::Refuse("NO [SERVERBUG] not now".to_owned());
        desk.scene.server.script().add(Rule::once("UID FETCH", refusal).after(skip));
        let _ = desk.scene.phone.sync().await;
        desk.scene.server.script().clear();
        desk.scene.agrees(&format!("{skip}")).await;
    }
}

/// What a server tells before CLOSED is about the mailbox before (RFC 7162 section 3.2.11).
#[tokio::test]
async fn what_is_told_before_closed_is_not_taken_for_the_mailbox_that_opens() {
    let scene = Scene::with_mail(Profile::full(), 10).await;
    let work = scene.raw("Work");
    scene.rival().create(&work, &[]).unwrap();
    for number in 0..5 {
        scene.rival().deliver(&work, mail(200 + number)).unwrap();
    }
    scene.agrees("at first").await;
    let late =
        b"* 1 FETCH (UID 1 FLAGS (\\Flagged) MODSEQ (99999))\r\n* VANISHED (EARLIER) 2\r\n* OK [CLOSED] before\r\n";
    scene.server.script().add(Rule::always("EXAMINE", Act::Before(late.to_vec())));
    for mailbox in ["INBOX", work.as_str()] {
        scene.rival().set_flags(mailbox, &[3], FlagChange::Add, &["\\Seen"]).unwrap();
    }
    scene.agrees("after").await;
    // Of many, the phone comes back to each mailbox in turn.
    for number in 0..1200 {
        for mailbox in ["INBOX", work.as_str()] {
            scene.rival().deliver(mailbox, mail(300 + number)).unwrap();
        }
    }
    scene.agrees("after many").await;
}
