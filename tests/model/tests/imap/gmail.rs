//! Labels: Gmail's idea of mailboxes.

use postrider_model::ModelServer;
use postrider_model::profile::Profile;
use postrider_model::world::FlagChange;

use crate::client::{Client, mail, server};

fn uids(server: &ModelServer, mailbox: &str) -> Vec<u32> {
    server.world().with(|state| state.mailbox("jo", mailbox.as_bytes()).unwrap().uids())
}

#[tokio::test]
async fn a_mail_lies_in_all_mail_and_under_its_labels() {
    let (server, rival) = server(Profile::gmail());
    rival.deliver("INBOX", mail(1)).unwrap();
    rival.create("Work", &[]).unwrap();
    let mut client = Client::inbox(&server).await;
    assert!(client.ok("UID COPY 1 Work").await.tagged.contains("COPYUID"));
    client.ok("UID COPY 1 Work").await;
    assert_eq!((uids(&server, "Work"), uids(&server, "[Gmail]/All Mail")), (vec![1], vec![1]));
    let here = client.ok("FETCH 1 (X-GM-MSGID X-GM-THRID X-GM-LABELS)").await;
    assert!(here.untagged[0].ends_with("X-GM-LABELS (\"Work\"))"), "{here:?}");
    client.ok("SELECT \"[Gmail]/All Mail\"").await;
    let all = client.ok("FETCH 1 (X-GM-MSGID X-GM-THRID X-GM-LABELS)").await;
    assert!(all.untagged[0].ends_with("X-GM-LABELS (\"Work\" \"\\\\Inbox\"))"), "{all:?}");
    let id = |line: &str| line.split(" X-GM-LABELS").next().unwrap().to_owned();
    assert_eq!(id(&here.untagged[0]), id(&all.untagged[0]));
    assert_eq!(client.ok("UID SEARCH X-GM-LABELS Work").await.untagged, ["* SEARCH 1"]);
}

#[tokio::test]
async fn expunging_takes_a_label_off_and_trash_takes_all() {
    let (server, rival) = server(Profile::gmail());
    rival.deliver("INBOX", mail(1)).unwrap();
    rival.deliver("INBOX", mail(2)).unwrap();
    let mut client = Client::inbox(&server).await;
    client.ok("UID STORE 1 +FLAGS (\\Deleted)").await;
    client.ok("EXPUNGE").await;
    assert_eq!(uids(&server, "[Gmail]/All Mail"), [1, 2]);
    client.ok("UID MOVE 2 [Gmail]/Trash").await;
    assert_eq!((uids(&server, "[Gmail]/All Mail"), uids(&server, "INBOX")), (vec![1], vec![]));
    client.ok("SELECT [Gmail]/Trash").await;
    client.ok("UID MOVE 1 INBOX").await;
    assert_eq!((uids(&server, "[Gmail]/All Mail"), uids(&server, "INBOX")), (vec![1, 3], vec![3]));
}

#[tokio::test]
async fn flags_belong_to_the_mail_and_starred_is_a_mailbox() {
    let (server, rival) = server(Profile::gmail());
    rival.deliver("INBOX", mail(1)).unwrap();
    rival.set_flags("INBOX", &[1], FlagChange::Add, &["\\Seen", "\\Flagged"]).unwrap();
    let mut client = Client::login(&server).await;
    client.ok("SELECT \"[Gmail]/All Mail\"").await;
    assert!(client.ok("FETCH 1 FLAGS").await.has("FLAGS (\\Flagged \\Seen)"));
    assert_eq!(uids(&server, "[Gmail]/Starred"), [1]);
    client.ok("STORE 1 -FLAGS (\\Flagged)").await;
    assert!(uids(&server, "[Gmail]/Starred").is_empty());
}

#[tokio::test]
async fn labels_are_stored_and_made() {
    let (server, rival) = server(Profile::gmail());
    rival.deliver("INBOX", mail(1)).unwrap();
    let mut client = Client::inbox(&server).await;
    let stored = client.ok("UID STORE 1 +X-GM-LABELS (Fresh \\Starred)").await;
    assert_eq!(stored.untagged, ["* 1 FETCH (UID 1 X-GM-LABELS (\"Fresh\" \"\\\\Starred\"))"]);
    client.ok("UID STORE 1 -X-GM-LABELS.SILENT (Fresh)").await;
    assert!(uids(&server, "Fresh").is_empty());
}

#[tokio::test]
async fn appending_the_same_mail_twice_gives_one() {
    let (server, _) = server(Profile::gmail());
    let mut client = Client::login(&server).await;
    let text = "Message-ID: <one@x>\r\n\r\nx";
    for mailbox in ["INBOX", "[Gmail]/Drafts", "INBOX"] {
        client.ok(format!("APPEND {mailbox} {{{}+}}\r\n{text}", text.len())).await;
    }
    assert_eq!((uids(&server, "INBOX"), uids(&server, "[Gmail]/All Mail")), (vec![1], vec![1]));
}
