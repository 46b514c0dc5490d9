//! What scripts rely on, against every profile of the model server and a real Dovecot.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::common::{Machine, USER, objects};
use postrider_tests::servers::{Dovecot, DovecotOptions};
use serde_json::{Value, json};

/// `postrider serve-model`, ended with the test.
struct Serving {
    child: Child,
    url: String,
}

impl Serving {
    fn start(machine: &Machine, options: &[&str]) -> Self {
        let mut command = machine.command(&[&["serve-model", "--json"], options].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let told = &objects(&line)[0];
        assert_eq!(told["user"], USER);
        assert!(told["password"].is_string());
        Self { child, url: told["imap"].as_str().unwrap().to_owned() }
    }

    fn add_to(&self, machine: &Machine) {
        let line = ["account", "add", USER, "--name", "mara", "--imap", &self.url, "--allow-plaintext"];
        let added = machine.feed(&[&line[..], &["--password-stdin"]].concat(), "postrider\n");
        assert_eq!(added.code(), 0, "{}", added.err());
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The object has these fields, and no other, each of the kind that the letter tells: s string, n number, b truth, l list, o
/// object; a small one, or null.
fn has_fields(object: &Value, fields: &[(&str, &str)]) {
    let names: BTreeSet<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, fields.iter().map(|(name, _)| *name).collect(), "{object}");
    for (name, kind) in fields {
        let value = &object[name];
        let fits = match kind.trim_end_matches('?') {
            "s" => value.is_string(),
            "n" => value.is_u64(),
            "b" => value.is_boolean(),
            "l" => value.is_array(),
            "o" => value.is_object(),
            other => panic!("{other}"),
        };
        assert!(fits || kind.ends_with('?') && value.is_null(), "{name} is {value}");
    }
}

const ROW: &[(&str, &str)] = &[
    ("id", "s"),
    ("mailbox", "s"),
    ("uid", "n"),
    ("subject", "s"),
    ("from", "l"),
    ("to", "l"),
    ("date", "s"),
    ("flags", "l"),
    ("size", "n"),
    ("thread_id", "s"),
    ("message", "s"),
    ("has_attachments", "b"),
    ("preview", "s"),
    ("body", "s"),
    ("pending", "l"),
];

const SUMMARY: &[(&str, &str)] = &[
    ("event", "s"),
    ("account", "s"),
    ("complete", "b"),
    ("mailboxes_checked", "n"),
    ("mailboxes_changed", "n"),
    ("messages_new", "n"),
    ("flags_changed", "n"),
    ("messages_removed", "n"),
    ("bodies_fetched", "n"),
    ("operations_done", "n"),
    ("operations_left", "n"),
    ("bytes_in", "n"),
    ("bytes_out", "n"),
    ("round_trips", "n"),
    ("connections", "n"),
    ("elapsed_ms", "n"),
];

const MAILBOX: &[(&str, &str)] = &[
    ("id", "s"),
    ("account", "s"),
    ("name", "s"),
    ("role", "s?"),
    ("total", "n"),
    ("unread", "n"),
    ("server_total", "n?"),
    ("uidvalidity", "n?"),
    ("synced", "b"),
    ("subscribed", "b"),
    ("selectable", "b"),
];

/// Everything that every server must give in the same form.
fn keeps_the_contract(machine: &Machine, least: u64) {
    let events = machine.run(&["sync", "--json", "--bodies", "recent"]).objects();
    let summary = events.last().unwrap();
    has_fields(summary, SUMMARY);
    assert_eq!(summary["complete"], true);
    assert!(summary["messages_new"].as_u64().unwrap() >= least, "{summary}");
    for event in &events {
        assert!(["progress", "notice", "summary"].contains(&event["event"].as_str().unwrap()), "{event}");
    }
    let again = machine.run(&["sync", "--json"]).objects();
    assert_eq!(again.last().unwrap()["messages_new"], 0);

    let mailboxes = machine.run(&["mailboxes", "--json"]).objects();
    for mailbox in &mailboxes {
        has_fields(mailbox, MAILBOX);
        assert!(mailbox["selectable"] == false || mailbox["synced"] == true, "{mailbox}");
    }
    let roles: Vec<&str> = mailboxes.iter().filter_map(|mailbox| mailbox["role"].as_str()).collect();
    for role in ["inbox", "sent"] {
        assert!(roles.contains(&role), "{role}: {roles:?}");
    }

    let rows = machine.run(&["list", "--json", "--limit", "3"]).objects();
    assert!(rows.last().unwrap()["next"].is_string());
    for row in &rows[..3] {
        has_fields(row, ROW);
        assert!(row["date"].as_str().unwrap().ends_with('Z'), "{row}");
        has_fields(&row["from"][0], &[("name", "s"), ("email", "s")]);
    }
    let with_file = machine.run(&["search", "has:attachment", "in:inbox", "--limit", "1", "--json"]).objects();
    let id = with_file[0]["id"].as_str().unwrap();
    let raw = machine.run(&["show", id, "--raw"]).0.stdout;
    assert_eq!(raw.len() as u64, with_file[0]["size"].as_u64().unwrap());
    assert_eq!(machine.run(&["show", id, "--raw", "--json"]).0.stdout, raw);
    let listed = machine.run(&["attachment", id, "--json"]).objects();
    has_fields(&listed[0], &[("part", "s"), ("name", "s"), ("media_type", "s"), ("size", "n"), ("here", "b")]);
    let checked = &machine.run(&["doctor", "--json"]).objects()[0];
    has_fields(checked, &[("ok", "b"), ("problems", "l"), ("repaired", "l"), ("servers", "l")]);
    assert_eq!((&checked["ok"], &checked["servers"][0]["compared"]), (&json!(true), &json!(true)), "{checked}");
    let status = &machine.run(&["status", "--json"]).objects()[0];
    assert!(status["last_sync"].as_str().unwrap().ends_with('Z'));
    assert_eq!(status["needs_user"], false);
}

#[test]
fn every_provider_profile_gives_scripts_the_same() {
    for profile in ["bare", "dovecot", "cyrus", "gmail", "exchange", "courier", "full"] {
        let machine = Machine::new();
        let serving = Serving::start(&machine, &["--profile", profile]);
        serving.add_to(&machine);
        keeps_the_contract(&machine, 300);
        let names: Vec<String> = machine
            .run(&["mailboxes", "--json"])
            .objects()
            .iter()
            .map(|mailbox| mailbox["name"].as_str().unwrap().to_owned())
            .collect();
        assert!(names.contains(&"Club/Hüttenbuch".to_owned()), "{profile}: {names:?}");
        let first =
            |mailbox: &str| machine.run(&["list", mailbox, "--limit", "1", "--json"]).objects()[0]["id"].clone();
        let full_form = match profile {
            "courier" => "INBOX.Sent",
            "gmail" => "[Gmail]/Sent Mail",
            "exchange" => "Sent Items",
            _ => "Sent",
        };
        assert_eq!(first("sent"), first(full_form), "{profile}");
        assert_eq!(first("INBOX"), first("inbox"), "{profile}");
    }
}

#[test]
fn bytes_in_pieces_of_odd_sizes_make_the_same_mailbox() {
    let machine = Machine::new();
    let serving = Serving::start(&machine, &["--seed", "7"]);
    serving.add_to(&machine);
    keeps_the_contract(&machine, 300);
}

#[test]
fn a_real_dovecot_gives_scripts_the_same() {
    let server = Dovecot::start(&DovecotOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let user = server.user(0).clone();
    let mail = |number: u32, file: &str| {
        format!(
            "From: Ann <ann@example.org>\r\nTo: {}\r\nSubject: Mail {number}\r\nMessage-ID: <{number}@example.org>\r\n\
             Date: Tue, 24 Nov 2026 10:0{number}:00 +0000\r\nMIME-Version: 1.0\r\n{file}",
            user.name
        )
    };
    let plain = "Content-Type: text/plain\r\n\r\nHello\r\n";
    let with_file = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\n\
                     Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\
                     Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8=\r\n--b--\r\n";
    for number in 1..=4 {
        let file = if number == 2 { with_file } else { plain };
        server.deliver(&user, "INBOX", mail(number, file).as_bytes()).unwrap();
    }
    let machine = Machine::new();
    let url = format!("imap+plain://127.0.0.1:{}", server.imap_port());
    let line = ["account", "add", &user.name, "--imap", &url, "--allow-plaintext", "--password-stdin"];
    let added = machine.feed(&line, &user.password);
    assert_eq!(added.code(), 0, "{}", added.err());
    keeps_the_contract(&machine, 4);
}
