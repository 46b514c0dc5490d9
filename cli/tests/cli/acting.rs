//! Acting on mail offline, against the model server over TCP.
#![allow(clippy::unwrap_used)]

use crate::common::{Machine, Server};
use serde_json::{Value, json};

fn mail(number: u32) -> String {
    format!(
        "From: Ann <ann@example.org>\r\nTo: mara@postrider.example\r\nSubject: Mail {number}\r\n\
         Date: Mon, 23 Nov 2026 10:0{number}:00 +0000\r\nMessage-ID: <{number}@example.org>\r\n\r\nText {number}\r\n"
    )
}

/// A synced machine with mails in the inbox, and their ids, newest first.
async fn synced(mails: u32) -> (Machine, Server, Vec<String>) {
    let (machine, server) = (Machine::new(), Server::start().await);
    for number in 0..mails {
        server.deliver("INBOX", mail(number).as_bytes());
    }
    machine.add_account(&server);
    assert_eq!(machine.run(&["sync"]).code(), 0);
    let ids = ids(&machine, "inbox");
    (machine, server, ids)
}

fn ids(machine: &Machine, mailbox: &str) -> Vec<String> {
    let rows = machine.run(&["list", mailbox, "--json"]).objects();
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

fn words(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_are_shown_at_once_and_sent_by_the_next_sync() {
    let (machine, _server, ids) = synced(2).await;
    let done = machine.run(&["flag", &ids[0], "+seen", "--json", "-flagged", "+$Work"]).objects();
    assert_eq!((&done[0]["operation"], &done[0]["ids"]), (&json!("1"), &json!([ids[0]])));
    let row = &machine.run(&["list", "--json"]).objects()[0];
    assert_eq!((words(&row["flags"]), words(&row["pending"])), (vec!["seen", "$Work"], vec!["flag"]));
    let pending = machine.run(&["journal", "--json"]).objects();
    assert_eq!(
        (&pending[0]["state"], &pending[0]["kind"], &pending[0]["reason"]),
        (&json!("queued"), &json!("flag"), &json!(null))
    );
    assert_eq!(machine.run(&["status", "--json"]).objects()[0]["pending"], 1);
    let summary = machine.run(&["sync", "--json"]).objects().pop().unwrap();
    assert_eq!((&summary["operations_done"], &summary["operations_left"]), (&json!(1), &json!(0)));
    assert!(machine.run(&["journal"]).out().contains("on the server"));
    let row = &machine.run(&["list", "--json"]).objects()[0];
    assert_eq!((words(&row["flags"]), words(&row["pending"]).len()), (vec!["seen", "$Work"], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_moved_copied_and_deleted_and_one_sync_after_the_action_is_enough() {
    let (machine, server, here) = synced(4).await;
    server.person.create("Work", &[]).unwrap();
    assert_eq!(machine.run(&["sync"]).code(), 0);
    assert_eq!(machine.run(&["move", &here[0], &here[1], "Work"]).code(), 0);
    let copied = machine.run(&["copy", &here[2], "Work", "--json"]).objects();
    let copy = copied[0]["ids"][0].as_str().unwrap().to_owned();
    assert!(!here.contains(&copy));
    let asked = machine.run(&["delete", &here[3], "--forever"]);
    assert_eq!(asked.code(), 2, "without a terminal it needs --yes");
    assert_eq!(ids(&machine, "inbox"), here[2..]);
    let done = machine.run(&["delete", &here[3], "--forever", "--yes", "--now"]);
    assert_eq!(done.code(), 0, "{}", done.err());
    assert_eq!(ids(&machine, "inbox"), here[2..3]);
    let mut work = ids(&machine, "Work");
    work.sort();
    let mut expected = vec![here[0].clone(), here[1].clone(), copy];
    expected.sort();
    assert_eq!(work, expected);
    assert_eq!(machine.run(&["doctor"]).code(), 0, "view, mirror and server agree");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_can_be_taken_back_before_it_left() {
    let (machine, _server, here) = synced(2).await;
    assert_eq!(machine.run(&["trash", &here[0]]).code(), 0);
    assert_eq!(ids(&machine, "inbox"), here[1..]);
    let cancelled = machine.run(&["journal", "cancel", "1", "--json"]).objects();
    assert_eq!(cancelled[0]["state"], "cancelled");
    assert_eq!(ids(&machine, "inbox"), here);
    assert_eq!(machine.run(&["journal", "cancel", "1"]).code(), 2, "nothing of it is left to be taken back");
    assert_eq!(machine.run(&["flag", "999", "+seen"]).code(), 1);
    assert_eq!(machine.run(&["flag", &here[0], "+two words"]).code(), 2);
    assert_eq!(machine.run(&["flag", &here[0]]).code(), 2, "no flag is named");
}

#[tokio::test(flavor = "multi_thread")]
async fn mailboxes_are_made_filled_renamed_and_deleted_with_no_network_between() {
    let (machine, server, _) = synced(1).await;
    std::fs::write(machine.folder.path().join("own.eml"), mail(5)).unwrap();
    assert_eq!(machine.run(&["mailbox", "create", "Plans/2027"]).code(), 0);
    let appended = machine.run(&["append", "Plans/2027", "own.eml", "--flags", "seen,$Mine", "--json"]).objects();
    let id = appended[0]["ids"][0].as_str().unwrap().to_owned();
    let rows = machine.run(&["list", "Plans/2027", "--json"]).objects();
    assert_eq!((&rows[0]["id"], words(&rows[0]["flags"])), (&json!(id), vec!["seen", "$Mine"]));
    assert_eq!(machine.run(&["mailbox", "rename", "Plans/2027", "Plans/Next"]).code(), 0);
    assert_eq!(ids(&machine, "Plans/Next"), std::slice::from_ref(&id));
    let synced = machine.run(&["sync"]);
    assert_eq!(synced.code(), 0, "{}", synced.err());
    assert_eq!(ids(&machine, "Plans/Next"), [id]);
    let snapshot = server.model.world().snapshot();
    let there = &snapshot.accounts[crate::common::USER].mailboxes;
    let held = there.iter().find(|(name, _)| name.ends_with(b"Next")).map(|(_, mailbox)| mailbox.messages.len());
    assert_eq!(held, Some(1));
    assert_eq!(machine.run(&["mailbox", "delete", "Plans/Next"]).code(), 2, "without a terminal it needs --yes");
    assert_eq!(machine.run(&["mailbox", "delete", "Plans/Next", "--yes", "--now"]).code(), 0);
    assert_eq!(machine.run(&["list", "Plans/Next"]).code(), 1);
    assert_eq!(machine.run(&["mailbox", "rename", "inbox", "Other"]).code(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_direction_can_be_synced_alone() {
    let (machine, server, here) = synced(1).await;
    machine.run(&["flag", &here[0], "+seen"]);
    server.deliver("INBOX", mail(7).as_bytes());
    let pull = machine.run(&["sync", "--pull-only", "--json"]).objects().pop().unwrap();
    assert_eq!((&pull["messages_new"], &pull["operations_left"]), (&json!(1), &json!(1)));
    server.deliver("INBOX", mail(8).as_bytes());
    let push = machine.run(&["sync", "--push-only", "--json"]).objects().pop().unwrap();
    assert_eq!((&push["messages_new"], &push["operations_done"]), (&json!(0), &json!(1)));
    assert_eq!(ids(&machine, "inbox").len(), 2);
}
