//! Accounts, and where their passwords are.
#![allow(clippy::unwrap_used)]

use crate::common::{Machine, PASSWORD, Server, USER, holds};
use serde_json::json;

const ADD: [&str; 7] = ["account", "add", USER, "--imap", "imaps://imap.postrider.example", "--name", "home"];

#[test]
fn an_account_is_added_shown_changed_and_removed() {
    let machine = Machine::new();
    let added = machine.run(&[&ADD[..], &["--no-check", "--json"]].concat()).objects();
    assert_eq!(added[0]["account"], "home");

    let listed = machine.run(&["account", "list", "--json"]).objects();
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0]["account"], &listed[0]["email"]), (&json!("home"), &json!(USER)));
    assert_eq!(listed[0]["server"], "imaps://imap.postrider.example");
    assert_eq!(listed[0]["last_sync"], json!(null));
    assert!(listed[0]["id"].is_string());

    assert_eq!(machine.run(&["account", "set", USER, "name", "private"]).code(), 0);
    assert_eq!(machine.run(&["account", "set", "private", "bodies.policy", "all"]).code(), 0);
    let shown = machine.run(&["account", "show", "--json"]).objects();
    assert_eq!(shown[0]["settings"]["name"], "private");
    assert_eq!(shown[0]["settings"]["bodies.policy"], "all");
    assert!(machine.run(&["account", "show"]).out().contains("bodies.policy"));

    assert_eq!(machine.run(&["account", "remove", "private"]).code(), 2, "what destroys needs --yes off a terminal");
    assert_eq!(machine.run(&["account", "list", "--json"]).objects().len(), 1);
    assert_eq!(machine.run(&["account", "remove", "private", "--yes"]).code(), 0);
    assert_eq!(machine.run(&["account", "list", "--json"]).objects().len(), 0);
}

#[test]
fn a_setting_that_does_not_fit_is_refused_and_changes_nothing() {
    let machine = Machine::new();
    assert_eq!(machine.run(&[&ADD[..], &["--no-check"]].concat()).code(), 0);
    for (key, value) in [
        ("colour", "blue"),
        ("bodies.policy", "some"),
        ("imap.server", "pops://x"),
        ("imap.server", "imap+plain://127.0.0.1:1"),
        ("imap.server", ""),
    ] {
        let ran = machine.run(&["account", "set", "home", key, value]);
        assert_eq!(ran.code(), 2, "{key}={value}: {}", ran.err());
    }
    let shown = machine.run(&["account", "show", "--json"]).objects();
    assert_eq!(shown[0]["settings"]["imap.server"], "imaps://imap.postrider.example");
}

#[test]
fn a_name_is_given_once_and_its_password_is_not_replaced() {
    let machine = Machine::new();
    let line = [&ADD[..], &["--no-check", "--password-stdin"]].concat();
    assert_eq!(machine.feed(&line, "first\n").code(), 0);
    let again = machine.feed(&[&line[..], &["--json"]].concat(), "second\n");
    assert_eq!(again.code(), 1);
    assert_eq!(again.error()["error"], "already_exists");
    assert!(holds(&machine.data(), b"first"));
    assert!(!holds(&machine.data(), b"second"));
}

#[test]
fn a_password_is_in_one_file_of_its_owner_and_goes_with_the_account() {
    let machine = Machine::new();
    let added = machine.feed(&[&ADD[..], &["--no-check", "--password-stdin"]].concat(), &format!("{PASSWORD}\r\n"));
    assert_eq!(added.code(), 0);
    assert!(added.out().contains("secrets.json"), "the command says where it is kept");
    let file = machine.data().join("secrets.json");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(machine.data()).unwrap().permissions().mode() & 0o777, 0o700);
    }
    machine.run(&["account", "set", "home", "name", "private"]);
    let kept = std::fs::read_to_string(&file).unwrap();
    assert_eq!(kept, json!({"private": PASSWORD}).to_string());
    std::fs::remove_file(&file).unwrap();
    assert!(!holds(&machine.data(), PASSWORD.as_bytes()), "nowhere else");
    std::fs::write(&file, kept).unwrap();
    machine.run(&["account", "remove", "private", "--yes"]);
    assert!(!holds(&machine.data(), PASSWORD.as_bytes()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_is_tried_and_a_wrong_password_needs_the_user() {
    let (machine, server) = (Machine::new(), Server::start().await);
    let line = ["account", "add", USER, "--imap", &server.url(), "--allow-plaintext", "--password-stdin", "--json"];
    let refused = machine.feed(&line, "wrong\n");
    assert_eq!(refused.code(), 4, "{}", refused.err());
    assert_eq!(refused.error()["error"], "authentication", "one object, whatever else there was to warn of");
    assert_eq!(refused.error()["needs_user"], true);
    assert_eq!(machine.run(&["account", "list", "--json"]).objects().len(), 0);
    assert!(!holds(&machine.data(), b"wrong"));

    let added = machine.feed(&line, PASSWORD).objects();
    assert_eq!(added[0]["server"]["secure"], false);
    assert!(added[0]["warning"].as_str().unwrap().contains("no protection"));
    let tested = machine.run(&["account", "test", "--json"]).objects();
    assert!(tested[0]["capabilities"].as_array().unwrap().contains(&json!("IDLE")));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_command_can_give_the_password_and_nothing_of_it_is_logged() {
    let (machine, server) = (Machine::new(), Server::start().await);
    let give = format!("printf '{PASSWORD}\\nmore'");
    let line = ["account", "add", USER, "--imap", &server.url(), "--allow-plaintext", "--password-command", &give];
    assert_eq!(machine.run(&line).code(), 0);
    let synced = machine.run(&["sync", "--log", "trace"]);
    assert_eq!(synced.code(), 0, "{}", synced.err());
    assert!(!synced.err().contains(PASSWORD));
    assert!(!machine.data().join("secrets.json").exists());

    machine.run(&["account", "set", USER, "--password-command", "exit 1"]);
    let locked = machine.run(&["sync", "--json"]);
    assert_eq!(locked.code(), 4);
    assert_eq!(locked.error()["error"], "credential_missing");
    assert_eq!(locked.error()["account"], USER);
    assert!(machine.run(&["status"]).out().contains("needs you"));

    machine.feed(&["account", "set", USER, "--password-stdin"], PASSWORD);
    assert_eq!(machine.run(&["sync"]).code(), 0);
}

/// A keyring that is a folder of files, with the arguments of its real program.
#[cfg(target_os = "linux")]
const SECRET_TOOL: &str = r#"#!/bin/sh
verb="$1"; shift
[ "$verb" = store ] && shift 2
name="$(dirname "$0")/secret-$(echo "$6" | tr -cd a-z)"
case "$verb" in
  store) cat >"$name" ;;
  lookup) cat "$name" 2>/dev/null ;;
  clear) rm -f "$name" ;;
esac
"#;

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_in_the_keyring_where_there_is_one_and_nowhere_else() {
    use std::os::unix::fs::PermissionsExt;

    let (machine, server) = (Machine::new(), Server::start().await);
    let tools = machine.folder.path().join("tools");
    std::fs::create_dir(&tools).unwrap();
    std::fs::write(tools.join("secret-tool"), SECRET_TOOL).unwrap();
    std::fs::set_permissions(tools.join("secret-tool"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let run = |line: &[&str], input: &str| {
        let mut command = machine.command(line);
        crate::common::feed(command.env("PATH", &path).env_remove("POSTRIDER_KEYRING"), input)
    };
    let url = server.url();
    let added = run(
        &["account", "add", USER, "--name", "home", "--imap", &url, "--allow-plaintext", "--password-stdin"],
        PASSWORD,
    );
    assert_eq!(added.code(), 0, "{}", added.err());
    assert!(added.out().contains("kept in the system's keyring"), "{}", added.out());
    assert!(!holds(&machine.data(), PASSWORD.as_bytes()), "not in the store, not in a file");
    assert_eq!(std::fs::read_to_string(tools.join("secret-home")).unwrap(), PASSWORD);
    assert_eq!(run(&["sync"], "").code(), 0);

    assert_eq!(run(&["account", "set", "home", "name", "private"], "").code(), 0);
    assert_eq!(run(&["account", "test"], "").code(), 0);
    assert!(!tools.join("secret-home").exists());
    assert_eq!(run(&["account", "remove", "private", "--yes"], "").code(), 0);
    assert!(!tools.join("secret-private").exists());
}
