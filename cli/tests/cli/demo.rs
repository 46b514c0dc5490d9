//! The guided tour.
#![allow(clippy::unwrap_used)]

use crate::common::{Machine, objects};

#[test]
fn the_tour_shows_everything_and_leaves_nothing_behind() {
    let machine = Machine::new();
    let tour = machine.run(&["demo"]);
    assert_eq!(tour.code(), 0, "{}", tour.err());
    for sight in [
        "its first sync",
        "The network is cut",
        "postrider search",
        "Work with no network",
        "in flight",
        "Killed.",
        "4 sent operations",
        "What is different now:",
        "new ",
        "moved ",
        "removed ",
        "It cost ",
        "the message is not on the server any more",
        "messages in 14 mailboxes agree",
        "All is well.",
    ] {
        assert!(tour.out().contains(sight), "{sight}\n{}", tour.out());
    }
    assert!(tour.out().lines().count() < 180, "a few screens");
    assert!(!tour.out().contains('\u{1b}'), "no colours off a terminal");
    assert_eq!(std::fs::read_dir(machine.folder.path()).unwrap().count(), 0);
}

#[test]
fn the_tour_for_machines_is_objects_only() {
    let machine = Machine::new();
    let tour = machine.run(&["demo", "--json"]);
    assert_eq!(tour.code(), 0, "{}", tour.err());
    let events = objects(&tour.out());
    let summaries: Vec<_> = events.iter().filter(|event| event["event"] == "summary").collect();
    assert_eq!(summaries.len(), 2);
    assert!(summaries.iter().all(|summary| summary["complete"] == true));
    assert!(summaries[0]["messages_new"].as_u64() > Some(300));
    assert!(events.iter().any(|event| event["ok"] == true && event["servers"][0]["compared"] == true), "the proof");
    let (first, second) = (&summaries[0]["bytes_in"], &summaries[1]["bytes_in"]);
    assert!(second.as_u64() < first.as_u64(), "the difference costs less than all");
    let changes: Vec<_> = events.iter().filter_map(|event| event["change"].as_str()).collect();
    for change in ["new", "flags", "moved", "removed"] {
        assert!(changes.contains(&change), "{change}: {changes:?}");
    }
}
