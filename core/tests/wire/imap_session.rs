//! A conversation as commands and events: pipelining, literals, IDLE, login, compression, cancellation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::time::Duration;

use crate::support::{Kept, Peer, append_of, connection, endpoint, greeted, plain, until_done};
use postrider::imap::{Event, ImapError, Session, StatusKind, Untagged, command};
use postrider::wire::{Limits, Security, Traffic, Trust, WireError};
use tokio::time::Instant;

/// A session whose greeting names these capabilities.
async fn able(capabilities: &str) -> (Session, Peer) {
    let (network, mut peer) = connection();
    peer.send(format!("* OK [CAPABILITY IMAP4rev1 {capabilities}] hello\r\n")).await;
    (plain(&network).await.unwrap(), peer)
}

#[tokio::test]
async fn commands_queued_together_leave_in_one_flight_and_end_by_name() {
    let (network, mut peer) = connection();
    peer.send("* OK hello\r\n").await;
    let traffic = Arc::new(Traffic::default());
    let endpoint = endpoint(Security::Plaintext, Trust::Platform);
    let spool = Box::new(Kept::default());
    let connecting = Session::connect(
        &network,
        &endpoint,
        Arc::clone(&traffic),
        Limits::default(),
        spool,
        postrider::imap::Deadlines::default(),
    );
    let mut session = connecting.await.unwrap();
    let ids = [command::noop(), command::check(), command::unselect()].map(|command| session.submit(command));
    assert_eq!(session.pending(), 3);
    let server = tokio::spawn(async move {
        let tags = [peer.command("NOOP").await, peer.command("CHECK").await, peer.command("UNSELECT").await];
        // The second first: RFC 3501 section 5.5.
        peer.send(format!("{} NO no\r\n* 5 EXISTS\r\n{} OK a\r\n{} BAD c\r\n", tags[1], tags[0], tags[2])).await;
        peer.gone().await
    });
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(match session.next().await.unwrap() {
            Event::Done { id, condition } => (Some(id), Some(condition.kind)),
            _ => (None, None),
        });
    }
    let expected =
        [(1, StatusKind::No), (0, StatusKind::Ok), (2, StatusKind::Bad)].map(|(at, k)| (Some(ids[at]), Some(k)));
    assert_eq!(seen, [expected[0], (None, None), expected[1], expected[2]]);
    assert_eq!(session.pending(), 0);
    drop(session);
    let heard = server.await.unwrap();
    let spent = traffic.snapshot();
    assert_eq!((spent.flights, spent.connections, spent.bytes_out), (1, 1, heard.len() as u64));
    assert_eq!(spent.bytes_in, "* OK hello\r\n* 5 EXISTS\r\nA0002 OK a\r\nA0003 NO no\r\nA0004 BAD c\r\n".len() as u64);
}

#[tokio::test]
async fn a_literal_waits_for_the_server_unless_it_said_that_it_need_not() {
    let long = [b'x'; 5000];
    for (capabilities, body, waits) in [
        ("", &b"mail"[..], true),
        ("LITERAL-", b"mail", false),
        ("LITERAL-", &long, true),
        ("LITERAL+", &long, false),
        ("IMAP4rev2", b"mail", false),
    ] {
        let (mut session, mut peer) = able(capabilities).await;
        session.submit(append_of(body));
        session.submit(command::noop());
        let (size, expected) = (body.len(), body.to_vec());
        let server = tokio::spawn(async move {
            let line = peer.line().await.unwrap();
            if waits {
                assert!(line.ends_with(&format!("{{{size}}}")), "{line}");
                assert!(peer.is_quiet().await, "nothing before the server asked");
                peer.send("* 1 EXISTS\r\n+ go on\r\n").await;
            } else {
                assert!(line.ends_with(&format!("{{{size}+}}")), "{line}");
            }
            assert_eq!(peer.bytes(size).await, expected);
            assert_eq!(peer.line().await.unwrap(), "");
            let tag = line.split(' ').next().unwrap().to_owned();
            peer.send(format!("{tag} OK [APPENDUID 1 2] done\r\n")).await;
            peer.ok("NOOP").await;
            peer.gone().await
        });
        let (events, outcome) = until_done(&mut session).await;
        assert_eq!(outcome.unwrap().kind, StatusKind::Ok);
        assert_eq!(events.len(), usize::from(waits), "the server's going on is no event");
        until_done(&mut session).await.1.unwrap();
        drop(session);
        server.await.unwrap();
    }
}

#[tokio::test]
async fn a_refused_literal_is_not_sent_and_the_commands_behind_it_are() {
    let (mut session, mut peer) = greeted().await;
    for command in [append_of(b"never said"), command::noop(), append_of(b"said")] {
        session.submit(command);
    }
    let server = tokio::spawn(async move {
        let tag = peer.command("APPEND").await;
        peer.send(format!("{tag} NO [TRYCREATE] no such mailbox\r\n")).await;
        peer.ok("NOOP").await;
        let tag = peer.command("APPEND").await;
        peer.send("+ \r\n").await;
        assert_eq!(peer.bytes(6).await, b"said\r\n");
        peer.send(format!("{tag} OK done\r\n")).await;
        peer.gone().await
    });
    for kind in [StatusKind::No, StatusKind::Ok, StatusKind::Ok] {
        assert_eq!(until_done(&mut session).await.1.unwrap().kind, kind);
    }
    drop(session);
    assert!(!String::from_utf8_lossy(&server.await.unwrap()).contains("never"));
}

#[tokio::test]
async fn a_continuation_said_in_advance_sends_no_literal() {
    let (mut session, mut peer) = greeted().await;
    session.submit(command::noop());
    let server = tokio::spawn(async move {
        let tag = peer.command("NOOP").await;
        peer.send(format!("{tag} OK done\r\n+ go on\r\n")).await;
        let tag = peer.command("APPEND").await;
        assert!(peer.is_quiet().await);
        peer.send("+ now\r\n").await;
        peer.bytes(6).await;
        peer.send(format!("{tag} OK done\r\n")).await;
        peer.gone().await
    });
    until_done(&mut session).await.1.unwrap();
    session.submit(append_of(b"mail"));
    until_done(&mut session).await.1.unwrap();
    drop(session);
    server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn case_043_idle_lasts_until_done_and_has_no_deadline() {
    let (mut session, mut peer) = greeted().await;
    let idle = session.submit(command::idle());
    let server = tokio::spawn(async move {
        let tag = peer.command("IDLE").await;
        assert!(peer.is_quiet().await);
        peer.send("+ idling\r\n").await;
        tokio::time::sleep(Duration::from_secs(1200)).await;
        peer.send("* 9 EXISTS\r\n").await;
        assert_eq!(peer.line().await.unwrap(), "DONE");
        // The race: news right before the end.
        peer.send(format!("* 10 EXISTS\r\n{tag} OK done\r\n")).await;
        peer.ok("NOOP").await;
        peer.gone().await
    });
    assert_eq!(session.next().await, Ok(Event::Continue));
    assert_eq!(session.next().await, Ok(Event::Data(Untagged::Exists(9))));
    // A wait that is given up takes nothing with it.
    assert!(tokio::time::timeout(Duration::from_secs(3000), session.next()).await.is_err());
    session.idle_done();
    assert_eq!(session.next().await, Ok(Event::Data(Untagged::Exists(10))));
    assert!(matches!(session.next().await, Ok(Event::Done { id, .. }) if id == idle));
    session.submit(command::noop());
    until_done(&mut session).await.1.unwrap();
    drop(session);
    server.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn case_043_a_server_that_never_takes_idle_or_never_ends_it_is_given_up() {
    for takes in [false, true] {
        let (mut session, mut peer) = greeted().await;
        session.submit(command::idle());
        peer.command_when_sent(&mut session, "IDLE").await;
        if takes {
            peer.send("+ idling\r\n").await;
            assert_eq!(session.next().await, Ok(Event::Continue));
            session.idle_done();
        }
        let start = Instant::now();
        assert_eq!(session.next().await, Err(WireError::TimedOut.into()));
        assert!(start.elapsed() <= Duration::from_secs(61));
    }
}

#[tokio::test]
async fn a_command_behind_idle_ends_it_even_before_it_has_begun() {
    let (mut session, mut peer) = greeted().await;
    session.submit(command::idle());
    session.submit(command::noop());
    let server = tokio::spawn(async move {
        let tag = peer.command("IDLE").await;
        assert!(peer.is_quiet().await, "DONE must wait for the server");
        peer.send("+ idling\r\n").await;
        assert_eq!(peer.line().await.unwrap(), "DONE");
        peer.send(format!("{tag} OK done\r\n")).await;
        peer.ok("NOOP").await;
        // And refused: no DONE then.
        let tag = peer.command("IDLE").await;
        peer.send(format!("{tag} NO not now\r\n")).await;
        peer.ok("CHECK").await;
        peer.gone().await
    });
    assert_eq!(until_done(&mut session).await, (vec![], Ok(crate::support::done())));
    until_done(&mut session).await.1.unwrap();
    session.submit(command::idle());
    session.submit(command::check());
    assert_eq!(until_done(&mut session).await.1.unwrap().kind, StatusKind::No);
    until_done(&mut session).await.1.unwrap();
    drop(session);
    let heard = String::from_utf8(server.await.unwrap()).unwrap();
    assert_eq!(heard.matches("DONE").count(), 1);
}

#[tokio::test]
async fn a_wait_dropped_at_any_moment_loses_nothing() {
    let answer = "* 1 EXISTS\r\n* 2 FETCH (UID 7 BODY[] {4}\r\nmail)\r\n* 3 EXISTS\r\n";
    let (mut session, mut peer) = greeted().await;
    session.submit(append_of(b"some mail"));
    session.submit(command::noop());
    let server = tokio::spawn(async move {
        let tag = peer.command("APPEND").await;
        peer.send("+ go on\r\n").await;
        peer.bytes(11).await;
        for byte in format!("{answer}{tag} OK done\r\n").as_bytes() {
            peer.send([*byte]).await;
            tokio::time::sleep(Duration::from_micros(50)).await;
        }
        peer.ok("NOOP").await;
        peer.gone().await
    });
    let mut events = Vec::new();
    let mut dropped = 0;
    while events.len() < 5 {
        match tokio::time::timeout(Duration::ZERO, session.next()).await {
            Ok(event) => events.push(event.unwrap()),
            Err(_) => {
                dropped += 1;
                tokio::task::yield_now().await;
            }
        }
    }
    assert!(dropped > 10, "{dropped}");
    let done = events.iter().map(|event| matches!(event, Event::Done { .. })).collect::<Vec<_>>();
    assert_eq!(done, [false, false, false, true, true]);
    drop(session);
    let heard = server.await.unwrap();
    assert_eq!(String::from_utf8_lossy(&heard).matches("some mail").count(), 1, "nothing was sent twice");
}

#[tokio::test]
async fn a_failed_session_fails_for_ever_and_its_connection_is_closed() {
    let (mut session, mut peer) = greeted().await;
    session.submit(command::noop());
    peer.send("garbage\r\n").await;
    assert!(matches!(session.next().await, Err(ImapError::Wire(WireError::Protocol(_)))));
    assert_eq!(session.next().await, Err(ImapError::Ended));
    session.submit(command::noop());
    assert_eq!(session.next().await, Err(ImapError::Ended));
    // While the session is still there.
    peer.command("NOOP").await;
    assert!(peer.line().await.is_none());
}

#[tokio::test]
async fn the_end_of_the_connection_is_never_an_answer() {
    for answer in ["", "* SEARCH 1 2 3\r\n", "* 1 FETCH (UID 7)\r\n", "A0002 OK", "A0002 OK done\r", "* OK hm\r\n"] {
        let (mut session, mut peer) = greeted().await;
        session.submit(command::noop());
        let server = tokio::spawn(async move {
            peer.command("NOOP").await;
            peer.send(answer).await;
        });
        assert_eq!(until_done(&mut session).await.1, Err(WireError::Closed.into()), "{answer}");
        server.await.unwrap();
    }
}

#[tokio::test]
async fn compressed_the_conversation_goes_on_with_fewer_bytes() {
    let (mut session, mut peer) = able("COMPRESS=DEFLATE").await;
    let server = tokio::spawn(async move {
        let tag = peer.command("COMPRESS DEFLATE").await;
        // What is deflated begins right behind the line end, in the same write.
        peer.deflate(format!("{tag} OK deflating\r\n")).await;
        for _ in 0..3 {
            let tag = peer.command("NOOP").await;
            peer.send(format!("{}{tag} OK done\r\n", "* 1 FETCH (FLAGS (\\Seen))\r\n".repeat(2000))).await;
        }
        peer.gone().await
    });
    assert_eq!(session.compress().await, Ok(true));
    for _ in 0..3 {
        session.submit(command::noop());
        let (events, outcome) = until_done(&mut session).await;
        assert_eq!((events.len(), outcome.unwrap().kind), (2000, StatusKind::Ok));
    }
    drop(session);
    server.await.unwrap();
    // Refused, it goes on as before.
    let (mut session, mut peer) = able("COMPRESS=DEFLATE").await;
    let server = tokio::spawn(async move {
        let tag = peer.command("COMPRESS DEFLATE").await;
        peer.send(format!("{tag} NO [COMPRESSIONACTIVE] no\r\n* 3 EXISTS\r\n")).await;
        peer.ok("NOOP").await;
        peer
    });
    assert_eq!(session.compress().await, Ok(false));
    session.submit(command::noop());
    assert_eq!(until_done(&mut session).await.0, [Event::Data(Untagged::Exists(3))]);
    server.await.unwrap();
}

#[tokio::test]
async fn case_017_a_deflate_bomb_is_given_up() {
    let (mut session, mut peer) = able("COMPRESS=DEFLATE").await;
    let server = tokio::spawn(async move {
        let tag = peer.command("COMPRESS DEFLATE").await;
        peer.deflate(format!("{tag} OK deflating\r\n")).await;
        peer.command("NOOP").await;
        // A literal of a gibibyte, all zeros: a megabyte on the wire.
        peer.send("* 1 FETCH (UID 1 BODY[] {1073741824}\r\n").await;
        let zeros = vec![0; 1024 * 1024];
        for _ in 0..1024 {
            peer.send(&zeros).await;
        }
        peer.gone().await
    });
    assert_eq!(session.compress().await, Ok(true));
    session.submit(command::noop());
    assert_eq!(session.next().await, Err(WireError::Protocol("bytes that make no sense").into()));
    drop(session);
    server.await.unwrap();
}
