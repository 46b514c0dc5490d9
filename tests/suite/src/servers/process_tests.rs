#![allow(clippy::unwrap_used)]

use super::*;

/// A master with a child that does not listen to requests, both of them for ten minutes.
fn stubborn() -> ServerProcess {
    let script = "trap '' TERM INT HUP; sleep 600 & sleep 600";
    ServerProcess::spawn(Command::new("sh").args(["-c", script])).unwrap()
}

#[test]
fn a_dropped_server_is_gone_with_its_children() {
    let mut server = stubborn();
    let group = server.group();
    assert!(server.wait_until(|| anyone_in(group)).unwrap());
    drop(server);
    assert!(!anyone_in(group));
}

#[test]
fn a_server_ends_when_the_line_to_the_tests_is_cut_as_by_their_death() {
    let mut server = stubborn();
    let group = server.group();
    assert!(anyone_in(group));
    drop(server.line.take());
    assert!(!server.wait_until(|| false).unwrap());
    assert!(server.master.try_wait().unwrap().is_some());
}

#[test]
fn a_master_that_ends_early_is_not_waited_for() {
    let mut server = ServerProcess::spawn(Command::new("sh").args(["-c", "exit 3"])).unwrap();
    assert!(!server.wait_until(|| false).unwrap());
}
