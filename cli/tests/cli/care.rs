//! Export, backup and the doctor.
#![allow(clippy::unwrap_used)]

use std::fs;

use crate::common::{Machine, Server};
use postrider_model::world::FlagChange;
use serde_json::json;

async fn synced() -> (Machine, Server) {
    let (machine, server) = (Machine::new(), Server::start().await);
    for number in 1..=3 {
        let mail = format!(
            "From: ann{number}@example.org\r\nSubject: Mail {number}\r\nMessage-ID: <{number}@x>\r\n\
             Date: Tue, 24 Nov 2026 10:0{number}:00 +0000\r\n\r\nFrom {number}\r\n>From\r\n"
        );
        server.deliver("INBOX", mail.as_bytes());
    }
    server.person.set_flags("INBOX", &[2], FlagChange::Add, &["\\Seen", "\\Flagged"]).unwrap();
    machine.add_account(&server);
    assert_eq!(machine.run(&["sync", "--bodies", "none"]).code(), 0);
    (machine, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_mbox_holds_every_mail_oldest_first_with_its_from_lines_quoted() {
    let (machine, _server) = synced().await;
    let exported = machine.run(&["export", "inbox", "--mbox", "a.mbox", "--json"]).objects();
    assert_eq!((&exported[0]["messages"], &exported[0]["gone"]), (&json!(3), &json!(0)));
    let text = fs::read_to_string(machine.folder.path().join("a.mbox")).unwrap();
    let starts: Vec<&str> = text.lines().filter(|line| line.starts_with("From ")).collect();
    assert_eq!(starts[0], "From ann1@example.org Tue Nov 24 10:01:00 2026");
    assert_eq!(starts.len(), 3);
    assert!(text.contains("\n\n>From 1\n>From\n\nFrom ann2"), "{text}");
    assert!(!text.contains('\r'));
    let again = machine.run(&["export", "inbox", "--mbox", "a.mbox", "--json"]);
    assert_eq!((again.code(), &again.error()["error"]), (1, &json!("already_exists")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_maildir_has_the_flags_in_its_names_and_is_brought_up_to_date_by_another_run() {
    let (machine, server) = synced().await;
    let names = || -> Vec<String> {
        let cur = fs::read_dir(machine.folder.path().join("md/cur")).unwrap();
        let mut names: Vec<String> = cur.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(machine.run(&["export", "inbox", "--maildir", "md"]).code(), 0);
    let flags = |names: &[String]| -> Vec<String> {
        names.iter().map(|name| name.rsplit_once(',').unwrap().1.to_owned()).collect()
    };
    assert_eq!(flags(&names()), ["", "FS", ""]);
    let content = fs::read_to_string(machine.folder.path().join("md/cur").join(&names()[0])).unwrap();
    assert!(content.ends_with("\n\nFrom 1\n>From\n"), "not quoted: {content}");

    server.person.set_flags("INBOX", &[1], FlagChange::Add, &["\\Answered"]).unwrap();
    server.deliver(
        "INBOX",
        b"From: x@example.org\r\nSubject: late\r\nDate: Wed, 25 Nov 2026 10:00:00 +0000\r\n\r\nlate\r\n",
    );
    assert_eq!(machine.run(&["sync"]).code(), 0);
    assert_eq!(machine.run(&["export", "inbox", "--maildir", "md"]).code(), 0);
    assert_eq!(flags(&names()), ["R", "FS", "", ""]);
    assert_eq!(fs::read_dir(machine.folder.path().join("md/tmp")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_makes_the_same_mailbox_elsewhere_and_replaces_nothing_unasked() {
    let (machine, _server) = synced().await;
    assert_eq!(machine.run(&["backup", "mail.backup"]).code(), 0);
    let again = machine.run(&["backup", "mail.backup", "--json"]);
    assert_eq!((again.code(), &again.error()["error"]), (1, &json!("already_exists")));
    assert_eq!(machine.run(&["--data", "new", "restore", "mail.backup"]).code(), 0);
    let restored = machine.run(&["--data", "new", "list", "--json"]).objects();
    assert_eq!(restored, machine.run(&["list", "--json"]).objects());
    assert_eq!(machine.run(&["restore", "mail.backup"]).code(), 2, "what destroys needs --yes");
    assert_eq!(machine.run(&["restore", "mail.backup", "--yes"]).code(), 0);
    let doctor = machine.run(&["doctor", "--json"]).objects();
    assert_eq!(
        (&doctor[0]["ok"], &doctor[0]["problems"], &doctor[0]["repaired"]),
        (&json!(true), &json!([]), &json!([]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_a_damaged_store() {
    let (machine, _server) = synced().await;
    let database = machine.data().join("postrider.db");
    let mut bytes = fs::read(&database).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0xa5);
    fs::write(&database, bytes).unwrap();
    let ran = machine.run(&["doctor"]);
    assert!([1, 4].contains(&ran.code()), "{} {}", ran.out(), ran.err());
}

#[tokio::test(flavor = "multi_thread")]
async fn case_137_the_doctor_begins_anew_with_the_accounts_where_nothing_else_helps() {
    let (machine, _server) = synced().await;
    let database = machine.data().join("postrider.db");
    let sound = fs::read(&database).unwrap();
    let half = sound.len() / 2;
    let pages_lost = [&sound[..half], &vec![0xa5; sound.len() - half]].concat();
    for damaged in [pages_lost, Vec::new(), vec![0x5a; 8192], sound[..half].to_vec()] {
        let _ = fs::remove_file(machine.data().join("postrider.db-wal"));
        fs::write(&database, damaged).unwrap();
        let told = machine.run(&["doctor"]);
        assert!([1, 4].contains(&told.code()), "{} {}", told.out(), told.err());
        let ran = machine.run(&["doctor", "--repair", "--json"]);
        assert_eq!((ran.code(), &ran.objects()[0]["ok"]), (0, &json!(true)), "{} {}", ran.out(), ran.err());
        assert_eq!(machine.run(&["sync", "--bodies", "none"]).code(), 0);
        assert_eq!(
            machine.run(&["list", "inbox", "--json"]).objects().iter().filter(|row| row["uid"].is_u64()).count(),
            3
        );
        assert_eq!(machine.run(&["doctor"]).code(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_holds_the_mirror_against_the_server_and_says_where_it_could_not() {
    let (machine, mut server) = synced().await;
    let checked = machine.run(&["doctor", "--json"]).objects();
    let compared = &checked[0]["servers"][0];
    assert_eq!((&compared["account"], &compared["compared"]), (&json!("home"), &json!(true)));
    assert_eq!((&compared["mailboxes"], &compared["messages"]), (&json!(6), &json!(3)));
    assert!(machine.run(&["doctor"]).out().contains("3 messages in 6 mailboxes agree"));
    server.cut();
    let offline = machine.run(&["doctor", "--json"]).objects();
    assert_eq!((&offline[0]["ok"], &offline[0]["servers"][0]["compared"]), (&json!(true), &json!(false)));
    assert_eq!(offline[0]["servers"][0]["error"], "connection_refused");
    let words = machine.run(&["doctor"]).out();
    assert!(words.contains("home: not compared with the server, which cannot be reached now"), "{words}");
    assert!(!words.contains("All is well"), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_that_a_server_changed_without_a_word_are_found_by_the_doctor_and_put_right() {
    let (machine, server) = synced().await;
    server.deliver("Archive", b"From: x@example.org\r\nSubject: old\r\n\r\nold\r\n");
    assert_eq!(machine.run(&["sync", "--bodies", "none"]).code(), 0);
    let modseq = |set: Option<u64>| -> u64 {
        server.model.world().with(|state| {
            let mailbox = state.account_mut(crate::common::USER).unwrap().mailbox_mut(b"Archive").unwrap();
            mailbox.highest_modseq = set.unwrap_or(mailbox.highest_modseq);
            mailbox.highest_modseq
        })
    };
    let before = modseq(None);
    server.person.set_flags("Archive", &[1], FlagChange::Add, &["\\Seen"]).unwrap();
    modseq(Some(before));
    let found = machine.run(&["doctor", "--json"]);
    assert_eq!(found.code(), 1, "{}", found.out());
    let object = &crate::common::objects(&found.out())[0];
    assert_eq!(object["problems"], json!(["home: Archive: 1 have other flags there"]));
    assert_eq!(machine.run(&["list", "archive", "--unread", "--json"]).objects().len(), 1, "looking changes nothing");
    let repaired = machine.run(&["doctor", "--repair", "--json"]).objects();
    assert_eq!(repaired[0]["repaired"], json!(["home: Archive: 1 have other flags there"]));
    assert_eq!(machine.run(&["list", "archive", "--unread", "--json"]).objects().len(), 0);
    assert_eq!(machine.run(&["doctor"]).code(), 0);
}
