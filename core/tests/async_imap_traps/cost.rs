//! What a few bytes of a server can cost.

use std::time::Duration;

use postrider::imap::Event;
use postrider::wire::Literal;

use crate::log::{record, recorded};
use crate::support::{Kept, answered, greeted_with};
use crate::theirs;

/// The capacity that async-imap's buffer shows in its debug output.
fn capacity(shown: &str) -> usize {
    let (_, rest) = shown.split_once("capacity: ").unwrap();
    rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn an_announced_literal_takes_its_memory_before_it_comes() {
    // It would take up to 512 MiB; 32 are enough to see it.
    let line = "* 1 FETCH (UID 1 BODY[] {33554432}\r\n";
    let (mut session, _server) = theirs(line).await;
    session.run_command("NOOP").await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(50), session.read_response()).await.is_err());
    assert!(capacity(&format!("{session:?}")) >= 33_554_432);

    let kept = Kept::default();
    let (mut ours, mut peer) = greeted_with(postrider::wire::Limits::default(), kept.clone()).await;
    ours.submit(postrider::imap::command::noop());
    peer.command_when_sent(&mut ours, "NOOP").await;
    peer.send(line).await;
    assert!(tokio::time::timeout(Duration::from_millis(50), ours.next()).await.is_err());
    assert!(capacity(&format!("{ours:?}")) <= 8192);
    assert_eq!(kept.0.lock().unwrap()[0].bytes.capacity(), 0);
}

#[tokio::test]
async fn a_large_literal_is_held_in_memory() {
    const SIZE: usize = 4 * 1024 * 1024;
    let response = [format!("* 1 FETCH (UID 1 BODY[] {{{SIZE}}}\r\n").as_bytes(), &vec![b'x'; SIZE], b")\r\n"].concat();
    let (mut session, _server) = theirs(&response).await;
    session.run_command("NOOP").await.unwrap();
    let response_data = session.read_response().await.unwrap().unwrap();
    assert!(format!("{response_data:?}").len() > SIZE, "all of it in one piece");

    let (events, outcome) = answered(response).await;
    outcome.unwrap();
    let [Event::Data(postrider::imap::Untagged::Fetch(fetch))] = &events[..] else { panic!() };
    assert_eq!(fetch.bodies[0].data, Some(Literal::Spooled { token: 0, len: SIZE as u64 }));
}

/// How many bytes async-imap has looked at, by its own log, for a search that found so many.
async fn looked_at_by_them(found: usize) -> usize {
    let (mut session, _server) = theirs(search(found) + "A0002 OK done\r\n").await;
    record();
    assert_eq!(session.uid_search("ALL").await.unwrap().len(), found);
    recorded().len()
}

fn search(found: usize) -> String {
    let numbers: Vec<String> = (1..=found).map(|number| format!(" {}", 1_000_000 + number)).collect();
    format!("* SEARCH{}\r\n", numbers.concat())
}

#[tokio::test]
async fn a_long_line_is_read_again_from_its_start_with_every_few_bytes() {
    let (short, long) = (looked_at_by_them(5_000).await, looked_at_by_them(20_000).await);
    assert!(long > short * 10, "four times the line: {long} after {short}");

    record();
    let (events, outcome) = answered(search(20_000)).await;
    outcome.unwrap();
    let found = events.iter().map(|event| match event {
        Event::Data(postrider::imap::Untagged::Search { uids, .. }) => uids.len(),
        event => panic!("{event:?}"),
    });
    assert_eq!(found.sum::<u64>(), 20_000);
    assert!(recorded().len() < 10_000, "it sees markers alone");
}
