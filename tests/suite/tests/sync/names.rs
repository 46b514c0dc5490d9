//! Names of mailboxes: on connections that speak UTF-8 and on those that do not, a mailbox stays the same.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use postrider::api::{MailboxId, MailboxInfo};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::NewMessage;
use postrider_tests::phone::{Loopback, PASSWORD, Phone, USER};
use postrider_tests::scene::Scene;
use postrider_tests::servers::{Cyrus, CyrusOptions, RawClient};

/// Names as a server without UTF-8 writes them, and as people read them.
const NAMES: [(&str, &str); 5] = [
    ("Entw&APw-rfe &- mehr", "Entwürfe & mehr"),
    ("&U,BTFw-", "台北"),
    ("&2D3ehA-", "\u{1f684}"),
    ("R&-D", "R&D"),
    ("a \"b\" c", "a \"b\" c"),
];

async fn mailboxes(phone: &Phone) -> BTreeMap<String, MailboxInfo> {
    let all = phone.core.mailboxes(phone.account).await.unwrap();
    all.into_iter().map(|mailbox| (mailbox.name.clone(), mailbox)).collect()
}

async fn ids(phone: &Phone) -> BTreeMap<String, MailboxId> {
    mailboxes(phone).await.into_iter().map(|(name, mailbox)| (name, mailbox.id)).collect()
}

fn mail(number: usize) -> NewMessage {
    NewMessage::new(format!(
        "From: Jürgen <j{number}@example.org>\r\nTo: {USER}\r\nSubject: Grüße {number}\r\n\
         Message-ID: <n{number}@example.org>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nKäse\r\n"
    ))
}

#[tokio::test]
async fn mailboxes_stay_the_same_where_a_server_gains_or_loses_utf8() {
    let with = Profile::full();
    let without = with.clone().without(Extension::Utf8Accept);
    for (first, then) in [(with.clone(), without.clone()), (without, with)] {
        // Without ids that would know a mailbox by anything but its name.
        let (first, then) = (first.without(Extension::ObjectId), then.without(Extension::ObjectId));
        let mut scene = Scene::new(first.clone()).await;
        for (number, (raw, _)) in NAMES.iter().enumerate() {
            scene.rival().create(raw, &[]).unwrap();
            scene.rival().deliver(raw, mail(number)).unwrap();
        }
        scene.phone.sync().await.unwrap();
        let before = ids(&scene.phone).await;
        for profile in [then.clone(), first, then] {
            scene.server.set_profile(profile);
            scene.phone.restart().await.unwrap();
            for (number, (raw, _)) in NAMES.iter().enumerate() {
                scene.rival().deliver(raw, mail(100 + number)).unwrap();
            }
            // What the server offers may be found out by what it refuses.
            scene.phone.sync().await.ok();
            let (summary, notices) = scene.phone.sync().await.unwrap();
            assert!(summary.complete, "{notices:?}");
            assert_eq!(ids(&scene.phone).await, before);
        }
        let now = mailboxes(&scene.phone).await;
        for (_, shown) in NAMES {
            assert_eq!(now[shown].total, 4, "{shown}");
        }
        assert_eq!(scene.server.world().violations(), [], "the client broke the protocol");
    }
}

#[tokio::test]
async fn what_is_not_ascii_is_searched_for_on_the_server_with_utf8_and_without() {
    for profile in [Profile::full(), Profile::full().without(Extension::Utf8Accept), Profile::bare()] {
        let scene = Scene::new(profile).await;
        for number in 0..3 {
            scene.rival().deliver("INBOX", mail(number)).unwrap();
        }
        scene.phone.sync().await.unwrap();
        let inbox = scene.phone.core.find_mailbox(None, "inbox").await.unwrap();
        let page = scene.phone.core.messages(inbox.id, Default::default(), None, 10).await.unwrap();
        assert_eq!((page.messages.len(), page.messages[0].from[0].name.as_str()), (3, "Jürgen"));
        let mut found = 0;
        for line in scene.phone.core.search_server(scene.phone.account, "subject:Grüße", 10).await.unwrap() {
            assert!(line.subject.starts_with("Grüße"));
            found += 1;
        }
        assert_eq!(found, 3);
        scene.phone.sync().await.unwrap();
        assert_eq!(scene.server.world().violations(), [], "the client broke the protocol");
    }
}

#[tokio::test]
async fn a_cyrus_with_names_in_many_scripts_is_followed() {
    let server = Cyrus::start(&CyrusOptions::plain_names()).unwrap_or_else(|error| panic!("{error}"));
    let mut client = RawClient::log_in(server.imap_port(), USER, PASSWORD).unwrap();
    for (raw, _) in &NAMES[..4] {
        client.run(&format!("CREATE \"{raw}\"")).unwrap();
        client.append(raw, "", b"From: a@example.org\r\nSubject: x\r\n\r\ny\r\n").unwrap();
    }
    let phone = Phone::new(Arc::new(Loopback(server.imap_port()))).await.unwrap();
    for _ in 0..2 {
        let (summary, notices) = phone.sync().await.unwrap();
        assert!(summary.complete, "{notices:?}\n{}", server.log());
        let now = mailboxes(&phone).await;
        for (_, shown) in &NAMES[..4] {
            assert_eq!(now[*shown].total, 1, "{shown}");
        }
    }
}
