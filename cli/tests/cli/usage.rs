//! The command line itself: help, wrong usage, completions, manual pages.
#![allow(clippy::unwrap_used)]

use std::io::Read;
use std::process::Stdio;

use crate::common::Machine;

/// Every command, by its words.
fn commands(machine: &Machine, path: &[&str]) -> Vec<Vec<String>> {
    let help = machine.run(&[path, &["--help"]].concat());
    assert_eq!(help.code(), 0);
    let text = help.out();
    let Some((_, listed)) = text.split_once("Commands:\n") else { return vec![owned(path)] };
    let names = listed.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").flat_map(|name| commands(machine, &[path, &[name]].concat())).collect()
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn the_help_of_every_command_shows_examples() {
    let machine = Machine::new();
    let all = commands(&machine, &[]);
    assert!(all.len() >= 22, "{all:?}");
    for path in all {
        let path: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let help = machine.run(&path).out();
        assert!(help.contains("Examples:\n  postrider "), "{path:?}\n{help}");
    }
    assert!(machine.run(&["--help"]).out().contains("Examples:"));
}

#[test]
fn wrong_usage_ends_with_2_and_is_told_on_standard_error() {
    let machine = Machine::new();
    for line in [
        &["nonsense"][..],
        &[],
        &["show"],
        &["show", "abc"],
        &["list", "--limit", "0"],
        &["show", "1", "--raw", "--text"],
        &["sync", "--max-time", "soon"],
        &["sync", "--bodies", "some"],
        &["export", "inbox"],
        &["attachment", "1", "-o", "x"],
        &["account", "add", "a@example.org"],
        &["account", "add", "a@example.org", "--imap", "mail.example.org"],
        &["account", "add", "a@example.org", "--imap", "smtp://mail.example.org"],
        &["account", "add", "a@example.org", "--imap", "imap+plain://127.0.0.1:1"],
        &["account", "add", "a@example.org", "--imap", "imaps://x", "--smtp", "smtp+plain://127.0.0.1:1"],
        &["account", "set", "a@example.org", "name"],
        &["search", "before:yesterday"],
        &["--log", "=!", "status"],
    ] {
        let ran = machine.run(line);
        assert_eq!(ran.code(), 2, "{line:?}: {}", ran.err());
        assert_eq!(ran.out(), "", "{line:?}");
        assert!(!ran.err().is_empty(), "{line:?}");
    }
}

#[test]
fn with_json_an_error_is_one_object_with_its_kind() {
    let machine = Machine::new();
    let error = machine.run(&["nonsense", "--json"]).error();
    assert_eq!(error["error"], "usage");
    assert_eq!(error["message"], "unrecognized subcommand 'nonsense'");
    for line in [&["--json", "list"][..], &["show", "1", "--json"], &["account", "show", "--json"]] {
        let ran = machine.run(line);
        let error = ran.error();
        assert_eq!(ran.code(), 1);
        assert_eq!(error["error"], "not_found", "{line:?}");
        assert_eq!(error["retryable"], false);
        assert_eq!(error["needs_user"], false);
        assert!(error["message"].is_string());
    }
}

#[test]
fn completions_are_made_for_the_usual_shells() {
    let machine = Machine::new();
    for (shell, mark) in [("bash", "complete -F"), ("zsh", "#compdef postrider"), ("fish", "complete -c postrider")] {
        let ran = machine.run(&["completions", shell]);
        assert_eq!(ran.code(), 0);
        assert!(ran.out().contains(mark), "{shell}");
        assert!(ran.out().contains("mailboxes"), "{shell}");
    }
    assert!(!machine.data().exists(), "no store is needed for it");
}

#[test]
fn manual_pages_are_made_for_every_command() {
    let machine = Machine::new();
    let page = machine.run(&["man"]);
    assert!(page.out().contains(".TH postrider 1"));
    let pages = machine.folder.path().join("man1");
    std::fs::create_dir(&pages).unwrap();
    assert_eq!(machine.run(&["man", "--dir", "man1"]).code(), 0);
    assert!(pages.join("postrider-account-add.1").exists());
}

#[test]
fn a_reader_that_goes_away_early_is_no_error() {
    let machine = Machine::new();
    let mut command = machine.command(&["completions", "bash"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut complaints = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaints).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(complaints, "");
}

#[test]
fn what_is_not_built_yet_is_not_there() {
    let machine = Machine::new();
    for word in ["watch", "compose", "reply", "send", "outbox"] {
        let ran = machine.run(&[word, "--json"]);
        assert_eq!((ran.code(), &ran.error()["error"]), (2, &serde_json::json!("usage")), "{word}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_store_is_in_the_platforms_folder_unless_another_is_named() {
    let machine = Machine::new();
    let share = machine.folder.path().join("share");
    let list = |arguments: &[&str]| {
        let mut command = machine.command(arguments);
        command.env("XDG_DATA_HOME", &share);
        command
    };
    assert!(list(&["status"]).env_remove("POSTRIDER_DATA").status().unwrap().success());
    assert!(share.join("postrider/postrider.db").exists());
    assert!(list(&["status"]).status().unwrap().success());
    assert!(machine.data().join("postrider.db").exists(), "POSTRIDER_DATA counts for more");
    assert!(list(&["--data", "own", "status"]).status().unwrap().success());
    assert!(machine.folder.path().join("own/postrider.db").exists(), "and --data for most");
}
