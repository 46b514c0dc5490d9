//! Sync and reading, against the model server over TCP.
#![allow(clippy::unwrap_used)]

use crate::common::{Machine, Server, objects};
use serde_json::{Value, json};

const PLAIN: &[u8] =
    b"From: Ann Example <ann@example.org>\r\nTo: mara@postrider.example\r\nSubject: First\x07 mail\r\n\
Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: <one@example.org>\r\n\r\n\
From the start.\r\nBytes \xff\x00 as they are\r\n";

const RICH: &[u8] = b"From: Bob <bob@example.org>\r\nTo: mara@postrider.example\r\nCc: cleo@example.org\r\n\
Subject: =?utf-8?q?Re:_First_=E8=8C=B6?= mail\r\nDate: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <two@example.org>\r\n\
In-Reply-To: <one@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Hello <b>there</b></p>\r\n\
--b\r\nContent-Type: application/pdf; name=\"../plan.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\
Content-Disposition: attachment\r\n\r\nSGVsbG8=\r\n--b--\r\n";

/// A synced machine with both mails; gives their ids too.
async fn synced() -> (Machine, Server, String, String) {
    let (machine, server) = (Machine::new(), Server::start().await);
    server.deliver("INBOX", PLAIN);
    server.deliver("INBOX", RICH);
    machine.add_account(&server);
    let sync = machine.run(&["sync", "--bodies", "all"]);
    assert_eq!(sync.code(), 0, "{}", sync.err());
    let rows = machine.run(&["list", "--json"]).objects();
    let id = |row: &Value| row["id"].as_str().unwrap().to_owned();
    let (rich, plain) = (id(&rows[0]), id(&rows[1]));
    (machine, server, plain, rich)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_ends_with_its_summary_and_the_next_costs_little() {
    let (machine, server) = (Machine::new(), Server::start().await);
    server.deliver("INBOX", PLAIN);
    machine.add_account(&server);
    let events = machine.run(&["sync", "--json"]).objects();
    let summary = events.last().unwrap();
    for field in [
        "mailboxes_checked",
        "mailboxes_changed",
        "messages_new",
        "flags_changed",
        "messages_removed",
        "bodies_fetched",
        "operations_done",
        "operations_left",
        "bytes_in",
        "bytes_out",
        "round_trips",
        "connections",
        "elapsed_ms",
    ] {
        assert!(summary[field].is_u64(), "{field}");
    }
    assert_eq!((&summary["event"], &summary["account"]), (&json!("summary"), &json!("home")));
    assert_eq!((&summary["complete"], &summary["messages_new"]), (&json!(true), &json!(1)));
    let again = machine.run(&["sync", "--json", "home", "--mailbox", "inbox"]).objects();
    assert_eq!(again.last().unwrap()["messages_new"], 0);
    assert!(machine.run(&["sync"]).out().starts_with("home: nothing new ("));
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_have_the_fields_of_the_contract_and_go_on_by_their_cursor() {
    let (machine, _server, plain, _) = synced().await;
    let page = machine.run(&["list", "--json", "--limit", "1"]).objects();
    let row = &page[0];
    assert_eq!(row["subject"], "Re: First 茶 mail");
    assert_eq!(row["from"], json!([{"name": "Bob", "email": "bob@example.org"}]));
    assert_eq!(row["date"], "2026-11-24T10:00:00Z");
    assert_eq!((&row["flags"], &row["body"], &row["pending"]), (&json!([]), &json!("full"), &json!([])));
    assert_eq!((&row["mailbox"], &row["has_attachments"]), (&json!("INBOX"), &json!(true)));
    assert_eq!(row["size"], RICH.len());
    assert!(row["id"].is_string() && row["thread_id"].is_string() && row["message"].is_string());
    assert!(row["uid"].is_u64() && row["preview"].is_string());
    let cursor = page[1]["next"].as_str().unwrap();
    let next = machine.run(&["list", "INBOX", "--json", "--limit", "1", "--after", cursor]).objects();
    assert_eq!(next.len(), 1, "the last page has no cursor");
    assert_eq!(next[0]["id"], json!(plain));
    let odd = machine.run(&["list", "--json", "--after", "nonsense"]);
    assert_eq!((odd.code(), &odd.error()["error"]), (2, &json!("invalid_input")));

    let threads = machine.run(&["list", "--threads", "--json"]).objects();
    assert_eq!(threads.len(), 1);
    assert_eq!((&threads[0]["count"], &threads[0]["unread"]), (&json!(2), &json!(2)));
    assert_eq!(machine.run(&["list", "--flagged", "--json"]).objects().len(), 0);
    let mailboxes = machine.run(&["mailboxes", "--json"]).objects();
    assert_eq!(mailboxes[0]["name"], "INBOX");
    assert_eq!((&mailboxes[0]["role"], &mailboxes[0]["unread"]), (&json!("inbox"), &json!(2)));
    assert_eq!((&mailboxes[0]["synced"], &mailboxes[0]["subscribed"]), (&json!(true), &json!(true)));
    assert!(mailboxes[0]["uidvalidity"].is_u64());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_shown_in_each_of_its_views() {
    let (machine, _server, plain, rich) = synced().await;
    assert_eq!(machine.run(&["show", &plain, "--raw"]).0.stdout, PLAIN, "the exact bytes");
    assert_eq!(machine.run(&["show", &rich, "--raw", "--json"]).0.stdout, RICH, "also with --json");
    let whole = machine.run(&["show", &rich]).out();
    for shown in ["Bob <bob@example.org>", "Re: First 茶 mail", "Tue 24 Nov 2026, 10:00", "plan.pdf", "Hello there"] {
        assert!(whole.contains(shown), "{shown}\n{whole}");
    }
    assert!(!machine.run(&["show", &plain]).out().contains(['\u{7}', '\0']), "nothing that steers a terminal");
    assert!(machine.run(&["show", &rich, "--html"]).out().contains("<b>there</b>"));
    assert!(machine.run(&["show", &rich, "--headers"]).out().contains("In-Reply-To: <one@example.org>"));
    assert!(machine.run(&["show", &rich, "--structure"]).out().contains("application/pdf"));
    let object = &machine.run(&["show", &rich, "--json"]).objects()[0];
    assert_eq!(object["message_id"], "two@example.org");
    assert_eq!(object["cc"], json!([{"name": "", "email": "cleo@example.org"}]));
    assert_eq!(object["structure"]["media_type"], "multipart/mixed");
    assert_eq!(object["text"].as_str().unwrap().trim(), "Hello there");
    assert_eq!(object["attachments"].as_array().unwrap().len(), 1);
    assert_eq!(machine.run(&["show", &plain, "--html", "--json"]).error()["error"], "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_is_saved_beside_what_is_there_and_never_outside_the_folder() {
    let (machine, _server, _, rich) = synced().await;
    let listed = machine.run(&["attachment", &rich, "--json"]).objects();
    assert_eq!((&listed[0]["part"], &listed[0]["media_type"]), (&json!("2"), &json!("application/pdf")));
    let name = listed[0]["name"].as_str().unwrap();
    assert!(!name.contains('/') && name.ends_with("plan.pdf"), "{name}");
    for _ in 0..2 {
        let saved = machine.run(&["attachment", &rich, "2", "--json"]).objects();
        let file = machine.folder.path().join(saved[0]["file"].as_str().unwrap());
        assert_eq!(std::fs::read(file).unwrap(), b"Hello");
    }
    assert_eq!(machine.run(&["attachment", &rich, "2", "-o", "own.pdf"]).code(), 0);
    assert_eq!(std::fs::read(machine.folder.path().join("own.pdf")).unwrap(), b"Hello");
    assert_eq!(machine.run(&["attachment", &rich, "2", "-o", "-"]).0.stdout, b"Hello");
    assert_eq!(machine.run(&["attachment", &rich, "9"]).code(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn search_and_conversations_find_what_belongs_together() {
    let (machine, _server, plain, rich) = synced().await;
    let ids = |line: &[&str]| -> Vec<String> {
        let found = machine.run(line).objects();
        found.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&["search", "--json", "from:bob", "is:unread"]), [rich.as_str()]);
    assert_eq!(ids(&["search", "--json", "茶"]), [rich.as_str()]);
    assert_eq!(ids(&["search", "--json", "mail -from:bob"]), [plain.as_str()]);
    assert_eq!(ids(&["search", "--json", "--server", "from:ann"]), [plain.as_str()]);
    assert_eq!(ids(&["thread", &rich, "--json"]), [plain.as_str(), rich.as_str()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_network_everything_here_can_be_read_and_a_sync_asks_to_be_called_again() {
    let (machine, mut server, plain, _) = synced().await;
    server.cut();
    let offline = machine.run(&["sync", "--json"]);
    assert_eq!(offline.code(), 3);
    assert_eq!((&offline.error()["retryable"], &offline.error()["account"]), (&json!(true), &json!("home")));
    assert_eq!(machine.run(&["list", "--json"]).objects().len(), 2);
    assert_eq!(machine.run(&["show", &plain, "--raw"]).0.stdout, PLAIN);
    assert_eq!(machine.run(&["search", "first", "--json"]).objects().len(), 2);
    let status = &machine.run(&["status", "--json"]).objects()[0];
    assert!(status["last_sync"].is_string());
    assert!(status["last_error"]["error"].is_string());
    assert!(machine.run(&["status"]).out().contains("failed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_here_is_fetched_when_it_is_opened() {
    let (machine, mut server) = (Machine::new(), Server::start().await);
    server.deliver("INBOX", PLAIN);
    machine.add_account(&server);
    let summary = objects(&machine.run(&["sync", "--bodies", "none", "--json"]).out());
    assert_eq!(summary.last().unwrap()["bodies_fetched"], 0);
    let row = &machine.run(&["list", "--json"]).objects()[0];
    let id = row["id"].as_str().unwrap();
    assert_eq!(row["body"], "none");
    server.cut();
    let offline = machine.run(&["show", id]);
    assert_eq!(offline.code(), 3);
    assert!(offline.out().contains("Ann Example"), "the header is here all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_ran_out_of_its_budget_goes_on_in_the_next() {
    let (machine, server) = (Machine::new(), Server::start().await);
    let filler = "All work and no play. ".repeat(400);
    for number in 0..60 {
        let mail = format!("From: a@example.org\r\nSubject: {number}\r\nMessage-ID: <{number}@x>\r\n\r\n{filler}\r\n");
        server.deliver("INBOX", mail.as_bytes());
    }
    machine.add_account(&server);
    let mut codes = Vec::new();
    for _ in 0..30 {
        codes.push(machine.run(&["sync", "--bodies", "all", "--max-bytes", "100k"]).code());
        if codes.last() == Some(&0) {
            break;
        }
    }
    assert_eq!((codes.first(), codes.last()), (Some(&3), Some(&0)), "{codes:?}");
    assert!(machine.run(&["list", "--limit", "100", "--json"]).objects().iter().all(|row| row["body"] == "full"));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_sync_ends_in_order() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let machine = Machine::new();
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("imap+plain://{}", silent.local_addr().unwrap());
    let line =
        ["account", "add", "a@b.c", "--imap", &url, "--allow-plaintext", "--no-check", "--password-command", "echo x"];
    assert_eq!(machine.run(&line).code(), 0);
    let mut command = machine.command(&["sync", "--json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Once it is connected it waits for a greeting that never comes.
    let connection = silent.accept().await.unwrap();
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    drop(connection);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert_eq!(machine.run(&["status"]).code(), 0, "the store is unlocked");

    let mut command = machine.command(&["serve-model", "--json"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(objects(&first)[0]["imap"].as_str().unwrap().starts_with("imap+plain://127.0.0.1:"));
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
