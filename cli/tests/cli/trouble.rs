//! Cuts, another process at work, a second Ctrl-C: what people and scripts meet when something comes in between.
#![allow(clippy::unwrap_used)]

use crate::common::{Machine, Server};
use postrider_model::fault::Link;
use serde_json::json;

/// A mail with a file of a megabyte, as its server holds it.
fn large_mail() -> (Vec<u8>, Vec<u8>) {
    let content: Vec<u8> = (0..786_432u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut mail = b"From: Ann <ann@example.org>\r\nSubject: Large\r\nMessage-ID: <large@x>\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHere it is\r\n--b\r\n\
        Content-Type: application/octet-stream; name=large.bin\r\nContent-Disposition: attachment\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n"
        .to_vec();
    for line in content.chunks(57) {
        mail.extend(crate::common::base64(line).into_bytes());
        mail.extend(b"\r\n");
    }
    mail.extend(b"--b--\r\n");
    (mail, content)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_that_was_cut_goes_on_at_the_byte_where_it_stopped() {
    let (machine, server) = (Machine::new(), Server::start().await);
    let (mail, content) = large_mail();
    server.deliver("INBOX", &mail);
    machine.add_account(&server);
    assert_eq!(machine.run(&["sync", "--bodies", "none"]).code(), 0);
    let id = machine.run(&["list", "--json"]).objects()[0]["id"].as_str().unwrap().to_owned();

    let cut = server.behind(Link::cut_to_client(600_000)).await;
    assert_eq!(machine.run(&["account", "set", "home", "imap.server", &cut, "--allow-plaintext"]).code(), 0);
    let first = machine.run(&["attachment", &id, "2", "-o", "large.bin", "--json"]);
    assert_eq!(first.code(), 3, "{} {}", first.out(), first.err());
    assert_eq!(first.error()["retryable"], true);
    assert!(!machine.folder.path().join("large.bin").exists(), "half a file is none");

    let url = server.url();
    assert_eq!(machine.run(&["account", "set", "home", "imap.server", &url, "--allow-plaintext"]).code(), 0);
    server.model.world().with(|state| state.record_commands(true));
    assert_eq!(machine.run(&["attachment", &id, "2", "-o", "large.bin"]).code(), 0);
    assert!(std::fs::read(machine.folder.path().join("large.bin")).unwrap() == content);
    let asked: Vec<String> =
        server.model.world().received().iter().map(|one| String::from_utf8_lossy(&one.line).into_owned()).collect();
    let offset =
        asked.iter().find_map(|line| line.split_once("BODY.PEEK[2]<")?.1.split('.').next()?.parse::<u64>().ok());
    assert!(offset.is_some_and(|offset| offset > 300_000), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_that_is_not_known_yet_can_be_synced_alone() {
    let (machine, server) = (Machine::new(), Server::start().await);
    server.deliver("INBOX", b"From: a@example.org\r\nSubject: in\r\n\r\n\r\n");
    server.deliver("Archive", b"From: a@example.org\r\nSubject: old\r\n\r\n\r\n");
    machine.add_account(&server);
    let early = machine.run(&["list", "--json"]);
    assert_eq!((early.code(), &early.error()["message"]), (1, &json!("no mail is here yet: postrider sync")));
    let summary = machine.run(&["sync", "--mailbox", "archive", "--json"]).objects();
    assert_eq!(
        (&summary.last().unwrap()["messages_new"], &summary.last().unwrap()["complete"]),
        (&json!(1), &json!(true))
    );
    server.person.create("Later", &[]).unwrap();
    server.deliver("Later", b"From: a@example.org\r\nSubject: later\r\n\r\n\r\n");
    assert_eq!(machine.run(&["sync", "--mailbox", "Later"]).code(), 0);
    assert_eq!(machine.run(&["list", "Later", "--json"]).objects().len(), 1);
    let unknown = machine.run(&["sync", "--mailbox", "nowhere", "--json"]);
    assert_eq!((unknown.code(), &unknown.error()["error"]), (1, &json!("not_found")));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn while_another_process_works_a_backup_is_made_and_the_rest_is_told_who_it_is() {
    use std::process::{Command, Stdio};

    let (machine, server) = (Machine::new(), Server::start().await);
    server.deliver("INBOX", b"From: a@example.org\r\nSubject: in\r\n\r\nwords\r\n");
    machine.add_account(&server);
    assert_eq!(machine.run(&["sync"]).code(), 0);

    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("imap+plain://{}", silent.local_addr().unwrap());
    assert_eq!(machine.run(&["account", "set", "home", "imap.server", &url, "--allow-plaintext"]).code(), 0);
    let mut command = machine.command(&["sync"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let connection = silent.accept().await.unwrap();

    let refused = machine.run(&["list", "--json"]);
    assert_eq!((refused.code(), &refused.error()["error"]), (3, &json!("in_use")));
    assert!(refused.error()["message"].as_str().unwrap().contains(&format!("process {}", child.id())));
    let backup = machine.run(&["backup", "mail.backup"]);
    assert_eq!(backup.code(), 0, "{}", backup.err());

    // The first asks it to end, the second ends it; a sync that hears the first has ended by then.
    for _ in 0..2 {
        Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    }
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(3));
    drop(connection);
    assert_eq!(machine.run(&["--data", "new", "restore", "mail.backup"]).code(), 0);
    assert_eq!(machine.run(&["--data", "new", "list", "--json"]).objects().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_whose_time_is_up_says_so_and_the_next_goes_on() {
    let (machine, server) = (Machine::new(), Server::start().await);
    for number in 0..20 {
        server.deliver("INBOX", format!("From: a@example.org\r\nSubject: {number}\r\n\r\nwords\r\n").as_bytes());
    }
    machine.add_account(&server);
    let stopped = machine.run(&["sync", "--max-time", "0s", "--json"]);
    assert_eq!(stopped.code(), 3, "{}", stopped.err());
    assert_eq!(crate::common::objects(&stopped.out()).last().unwrap()["complete"], false);
    let metered = machine.run(&["sync", "--metered", "--json"]).objects();
    let summary = metered.last().unwrap();
    assert_eq!((&summary["messages_new"], &summary["bodies_fetched"]), (&json!(20), &json!(0)), "each byte costs");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_a_metered_sync_left_are_fetched_by_the_next() {
    let (machine, server) = (Machine::new(), Server::start().await);
    let deliver = |subject: &str| {
        let mail = format!("From: a@example.org\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x>\r\n\r\nwords\r\n");
        server.deliver("INBOX", mail.as_bytes());
    };
    deliver("one");
    machine.add_account(&server);
    assert_eq!(machine.run(&["sync", "--bodies", "all"]).code(), 0);
    assert_eq!(machine.run(&["account", "set", "home", "bodies.policy", "all"]).code(), 0);
    for (subject, left) in
        [("two", &["sync", "--metered"][..]), ("three", &["doctor"]), ("four", &["sync", "--bodies", "none"])]
    {
        deliver(subject);
        assert_eq!(machine.run(left).code(), 0);
        assert_eq!(machine.run(&["list", "--json"]).objects()[0]["body"], "none", "{subject}");
        assert_eq!(machine.run(&["sync"]).code(), 0);
        assert_eq!(machine.run(&["list", "--json"]).objects()[0]["body"], "full", "{subject}");
    }
}
