//! The process is killed in the middle of a sync, again and again: the store opens each time, the next sync goes on, and
//! at the end nothing is missing, doubled or damaged.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::process::Stdio;

use crate::common::{Machine, Server, USER};

const MAILS: u64 = 1_200;

fn mail(number: u64) -> Vec<u8> {
    let filler = "Snow on the pass, the hut is open. ".repeat((number % 90) as usize);
    format!("From: ann@example.org\r\nSubject: Mail {number}\r\nMessage-ID: <{number}@x>\r\n\r\n{filler}\r\n")
        .into_bytes()
}

/// How many rows and bytes the store's files hold: it grows while a sync goes on.
fn grown(machine: &Machine) -> u64 {
    let size = |name: &str| std::fs::metadata(machine.data().join(name)).map_or(0, |file| file.len());
    size("postrider.db") + size("postrider.db-wal")
}

#[tokio::test(flavor = "multi_thread")]
async fn hard_problem_25_a_sync_that_is_killed_again_and_again_ends_complete() {
    let server = Server::start().await;
    for number in 0..MAILS {
        server.deliver("INBOX", &mail(number));
    }
    let machine = Machine::new();
    machine.add_account(&server);
    let mut killed = 0;
    for round in 0..40u64 {
        let mut child = machine.command(&["sync", "--bodies", "all", "--quiet"]);
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Killed once the store has grown by another bit, so that each round dies at another write.
        let mark = grown(&machine) + 4096 * (1 + round * 7 % 61);
        loop {
            if child.try_wait().unwrap().is_some() {
                break;
            }
            if grown(&machine) >= mark {
                child.kill().unwrap();
                child.wait().unwrap();
                killed += 1;
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    assert!(killed > 5, "only {killed} syncs were killed");
    let last = machine.run(&["sync", "--bodies", "all", "--json"]).objects();
    assert_eq!(last.last().unwrap()["complete"], true);
    let listed = machine.run(&["list", "inbox", "--limit", "1000", "--json"]).objects();
    let next = listed.last().unwrap()["next"].as_str().unwrap().to_owned();
    let rest = machine.run(&["list", "inbox", "--limit", "1000", "--after", &next, "--json"]).objects();
    let rows: Vec<_> = listed.iter().chain(&rest).filter(|row| row["uid"].is_u64()).collect();
    assert_eq!(rows.len() as u64, MAILS);
    let uids: BTreeSet<u64> = rows.iter().map(|row| row["uid"].as_u64().unwrap()).collect();
    assert_eq!(uids.len() as u64, MAILS, "none is there twice");
    assert!(rows.iter().all(|row| row["body"] == "full"), "for {USER}");
    assert_eq!(machine.run(&["doctor"]).code(), 0);
    let some = rows.iter().find(|row| row["uid"] == 78).unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(machine.run(&["show", &some, "--raw"]).0.stdout, mail(77));
}
