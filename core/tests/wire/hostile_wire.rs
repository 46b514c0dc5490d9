//! What a server may send, and what becomes of it (hostile cases 17 to 41).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use crate::support::{Kept, answered, append_of, connection, greeted, greeted_with, plain, until_done};
use postrider::imap::{Event, ImapError, StatusKind, Untagged, command};
use postrider::wire::{Limits, Literal, WireError};

#[tokio::test]
async fn case_019_bytes_that_are_no_text_behind_a_code_are_read_past() {
    for text in ["[ALERT]\u{e9}", "[CAPABILITY IMAP4rev1]\u{1f600}x", "[X \u{e9}]", "\u{e9}"] {
        for bytes in [text.as_bytes().to_vec(), [text.as_bytes(), b"\xff\xfe\x00"].concat()] {
            let (network, mut peer) = connection();
            peer.send([b"* OK ", &bytes[..], b"\r\n"].concat()).await;
            let mut session = plain(&network).await.expect("the greeting is taken");
            let server = tokio::spawn(async move {
                let tag = peer.command("NOOP").await;
                peer.send([b"* NO ", &bytes[..], b"\r\n", tag.as_bytes(), b" OK ", &bytes[..], b"\r\n"].concat()).await;
                peer
            });
            session.submit(command::noop());
            let (events, outcome) = until_done(&mut session).await;
            assert_eq!((events.len(), outcome.unwrap().kind), (1, StatusKind::Ok));
            server.await.unwrap();
        }
    }
}

#[test]
fn case_020_a_structure_nested_a_million_times_costs_its_structure_alone() {
    // On the stack of a thread of iOS that is not the main one.
    let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for depth in [32, 33, 100, 10_000, 500_000] {
                let line = format!("* 1 FETCH (UID 7 FLAGS (\\Seen) BODYSTRUCTURE {})\r\n", "(".repeat(depth));
                let (events, outcome) = answered(line).await;
                outcome.unwrap();
                assert_eq!(events.len(), 1, "{depth}");
            }
            let (_, outcome) = answered(format!("* 1 FETCH (BODYSTRUCTURE {}\r\n", "(".repeat(2_000_000))).await;
            assert_eq!(outcome, Err(WireError::LineTooLong.into()));
        });
    });
    thread.unwrap().join().unwrap();
}

#[tokio::test]
async fn case_021_a_line_without_end_is_given_up_at_the_limit() {
    for begin in ["* LIST () \"/\" ", "* OK ", "A0002 OK ", "* SEARCH ", "* 1 FETCH (BODYSTRUCTURE (\"", "", "+ "] {
        let mut answer = begin.as_bytes().to_vec();
        answer.resize(2 * 1024 * 1024, b'a');
        let (events, outcome) = answered(answer).await;
        assert_eq!((events, outcome), (vec![], Err(WireError::LineTooLong.into())), "{begin}");
    }
}

#[tokio::test]
async fn case_021_time_is_linear_in_what_arrives_however_it_is_cut() {
    /// A server that sends one byte at a time.
    async fn spent(count: usize) -> Duration {
        let mut line = b"* 1 FETCH (FLAGS (".to_vec();
        line.resize(line.len() + count, b'a');
        line.extend_from_slice(b"))\r\n");
        let (mut session, mut peer) = greeted().await;
        session.submit(command::noop());
        let server = tokio::spawn(async move {
            let tag = peer.command("NOOP").await;
            for byte in &line {
                peer.send([*byte]).await;
                tokio::task::yield_now().await;
            }
            peer.send(format!("{tag} OK done\r\n")).await;
            peer
        });
        let start = tokio::time::Instant::now();
        until_done(&mut session).await.1.unwrap();
        server.await.unwrap();
        start.elapsed()
    }
    spent(1000).await;
    let (short, long) = (spent(50_000).await, spent(400_000).await);
    assert!(long < short * 30, "eight times the bytes took {long:?} after {short:?}");
}

#[tokio::test]
async fn case_022_an_announcement_costs_nothing() {
    for announced in ["2147483649", "4294967295", "4294967296", "9223372036854775808", "18446744073709551616"] {
        let (events, outcome) = answered(format!("* 1 FETCH (UID 1 BODY[] {{{announced}}}\r\n")).await;
        assert!(events.is_empty());
        assert!(matches!(outcome, Err(ImapError::Wire(WireError::LiteralTooLarge(_)))), "{announced}");
    }
    // Below the limit it goes to the spool as it arrives.
    let kept = Kept::default();
    let (mut session, mut peer) = greeted_with(Limits::default(), kept.clone()).await;
    let server = tokio::spawn(async move {
        peer.command("NOOP").await;
        peer.send("* 1 FETCH (UID 1 BODY[] {2000000000}\r\n0123456789").await;
    });
    session.submit(command::noop());
    assert_eq!(session.next().await, Err(WireError::Closed.into()));
    server.await.unwrap();
    let partial = session.take_partial().unwrap();
    assert_eq!(partial.data, Literal::Spooled { token: 0, len: 10 });
    assert_eq!(partial.announced, 2_000_000_000);
    let kept = kept.0.lock().unwrap();
    assert_eq!((kept[0].bytes.as_slice(), kept[0].ended), (&b"0123456789"[..], true));
    assert!(kept[0].bytes.capacity() < 4096);
}

#[tokio::test]
async fn case_023_what_lies_in_a_literal_is_never_a_response() {
    let body = b"\r\nA0002 OK done\r\n* BYE bye\r\n+ go\r\n{5}\r\n\0\xff\r\n* 1 EXPUNGE\r\n";
    let answer = [format!("* 1 FETCH (UID 7 BODY[] {{{}}}\r\n", body.len()).as_bytes(), body, b")\r\n"].concat();
    let (events, outcome) = answered(answer).await;
    outcome.unwrap();
    let [Event::Data(Untagged::Fetch(fetch))] = &events[..] else { panic!("{events:?}") };
    assert_eq!(fetch.bodies[0].data, Some(Literal::Memory(body.to_vec().into())));
    // Announced longer than it is: the tagged line is part of it, and the end of the connection is no success.
    let (mut session, mut peer) = greeted().await;
    let server = tokio::spawn(async move {
        let tag = peer.command("NOOP").await;
        peer.send(format!("* 1 FETCH (UID 7 BODY[] {{100}}\r\nshort)\r\n{tag} OK done\r\n")).await;
    });
    session.submit(command::noop());
    assert_eq!(session.next().await, Err(WireError::Closed.into()));
    server.await.unwrap();
    // Announced shorter: the rest is no response.
    let (events, outcome) = answered("* 1 FETCH (UID 7 BODY[] {2}\r\nlonger than that)\r\nof a mail)\r\n").await;
    assert!(matches!(outcome, Err(ImapError::Wire(WireError::Protocol(_)))), "{outcome:?} after {events:?}");
}

#[tokio::test]
async fn case_024_a_literal_where_none_can_be_changes_nothing() {
    for answer in ["{5}\r\nA0002 OK done\r\n", "A0002 OK {5}\r\nhello\r\n", "A0002 {2}\r\nOK\r\n"] {
        let (events, outcome) = answered(answer).await;
        assert!(events.is_empty() && matches!(outcome, Err(ImapError::Wire(WireError::Protocol(_)))), "{answer}");
    }
    for answer in ["* {1}\r\n5 EXISTS\r\n", "* {8}\r\n5 EXISTS\r\n", "* SEARCH {1}\r\n7 8\r\n", "* {3}\r\nBYE bye\r\n"]
    {
        let (events, outcome) = answered(answer).await;
        assert_eq!((events, outcome.unwrap().kind), (vec![Event::Data(Untagged::Other)], StatusKind::Ok), "{answer}");
    }
}

#[tokio::test]
async fn case_038_039_a_status_that_answers_nothing_of_ours_ends_the_session() {
    for answer in
        ["A0003 OK x\r\n", "a0002 OK x\r\n", "A0001 OK x\r\n", "A0003 NO x\r\n", "X NO x\r\n", "A00002 OK\r\n"]
    {
        let (events, outcome) = answered(answer).await;
        assert!(events.is_empty());
        assert_eq!(outcome, Err(WireError::Protocol("a status that answers no command").into()), "{answer}");
    }
    // The tag of a finished command.
    let (mut session, mut peer) = greeted().await;
    let server = tokio::spawn(async move {
        let tag = peer.command("NOOP").await;
        peer.send(format!("{tag} OK done\r\n")).await;
        peer.command("CHECK").await;
        peer.send(format!("{tag} OK done\r\n")).await;
        peer
    });
    session.submit(command::noop());
    until_done(&mut session).await.1.unwrap();
    session.submit(command::check());
    assert!(until_done(&mut session).await.1.is_err());
    server.await.unwrap();
}

#[tokio::test]
async fn case_038_a_status_said_before_its_command_is_not_believed() {
    let (mut session, mut peer) = greeted().await;
    let tag = "A0003";
    let server = tokio::spawn(async move {
        let first = peer.command("NOOP").await;
        // In one write: the answer, and one to what may come next.
        peer.send(format!("{first} OK done\r\n{tag} OK done\r\n")).await;
        peer.gone().await
    });
    session.submit(command::noop());
    until_done(&mut session).await.1.unwrap();
    session.submit(append_of(b"a mail"));
    let outcome = until_done(&mut session).await.1;
    assert_eq!(outcome, Err(WireError::Protocol("a status before its command").into()));
    drop(session);
    server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn case_040_silence_ends_in_time() {
    let (mut session, mut peer) = greeted().await;
    let start = tokio::time::Instant::now();
    session.submit(command::noop());
    assert_eq!(session.next().await, Err(WireError::TimedOut.into()));
    assert_eq!(start.elapsed().as_secs(), 60);
    peer.command("NOOP").await;
    assert!(peer.line().await.is_none(), "the connection is closed");
}

#[tokio::test(start_paused = true)]
async fn case_040_a_byte_or_a_line_a_minute_is_no_progress() {
    for drip in ["x", "* OK still here\r\n", "\r\n"] {
        let (mut session, mut peer) = greeted().await;
        let server = tokio::spawn(async move {
            peer.command("NOOP").await;
            loop {
                tokio::time::sleep(Duration::from_secs(59)).await;
                peer.send(drip).await;
            }
        });
        let start = tokio::time::Instant::now();
        session.submit(command::noop());
        assert_eq!(until_done(&mut session).await.1, Err(WireError::TimedOut.into()), "{drip}");
        assert!(start.elapsed() < Duration::from_secs(660), "{:?}", start.elapsed());
        server.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn case_040_a_slow_line_that_goes_on_is_waited_for() {
    let (mut session, mut peer) = greeted_with(Limits::default(), Kept::default()).await;
    let server = tokio::spawn(async move {
        let tag = peer.command("NOOP").await;
        peer.send("* 1 FETCH (UID 1 BODY[] {1000000}\r\n").await;
        for _ in 0..1000 {
            tokio::time::sleep(Duration::from_secs(5)).await;
            peer.send([b'x'; 1000]).await;
        }
        peer.send(format!(")\r\n{tag} OK done\r\n")).await;
        peer
    });
    session.submit(command::noop());
    let (events, outcome) = until_done(&mut session).await;
    assert_eq!((events.len(), outcome.unwrap().kind), (1, StatusKind::Ok));
    server.await.unwrap();
}

#[tokio::test]
async fn case_041_a_farewell_ends_the_session_and_says_why() {
    for (bye, unavailable) in [
        ("* BYE bye\r\n", false),
        ("* BYE [UNAVAILABLE] later\r\n", true),
        ("* BYE Too many connections from your address\r\n", true),
        ("* bye\r\n", false),
    ] {
        let (_, outcome) = answered(bye).await;
        assert_eq!(outcome, Err(ImapError::Bye { unavailable }), "{bye}");
        let (network, mut peer) = connection();
        peer.send(bye).await;
        assert_eq!(plain(&network).await.unwrap_err(), ImapError::Bye { unavailable }, "{bye}");
    }
    // A server that says why and closes before it has read what we say.
    let (mut session, mut peer) = greeted().await;
    peer.send("* BYE [UNAVAILABLE] going down\r\n").await;
    drop(peer);
    session.submit(append_of(&[b'x'; 100_000]));
    assert_eq!(session.next().await, Err(ImapError::Bye { unavailable: true }));
    // Where we asked for it, it is no failure.
    let (mut session, mut peer) = greeted().await;
    let server = tokio::spawn(async move {
        let tag = peer.command("LOGOUT").await;
        peer.send(format!("* BYE bye\r\n{tag} OK done\r\n")).await;
    });
    session.submit(command::logout());
    until_done(&mut session).await.1.unwrap();
    server.await.unwrap();
}

#[tokio::test]
async fn case_042_line_ends_and_spaces_of_all_kinds_are_read() {
    let answer =
        "* 5 EXISTS\n\r\n\n* FOO bar\r\n*  6 EXISTS \r\n* NO\r\n* OK\n* SEARCH\r\n* 7 EXISTS\r\r\n* \0\r\n*\r\n";
    let (events, outcome) = answered(answer).await;
    outcome.unwrap();
    assert_eq!(events.len(), 9);
    for count in [5, 6, 7] {
        assert!(events.contains(&Event::Data(Untagged::Exists(count))), "{count} in {events:?}");
    }
    let (_, outcome) = answered("\r\n".repeat(100_000)).await;
    assert_eq!(outcome, Err(WireError::Protocol("nothing but empty lines").into()));
}
