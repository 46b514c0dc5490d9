//! Answers that are lost, or taken for others.

use futures_util::{StreamExt, TryStreamExt};
use postrider::imap::{Code, Event, StatusKind, Untagged};
use postrider::wire::{Security, Trust, WireError};
use tokio::io::AsyncWriteExt;

use crate::support::{answered, append_of, connect, connection, endpoint, greeted, until_done};
use crate::{theirs, theirs_closed};

#[tokio::test]
async fn a_refusal_looks_like_success() {
    let (mut session, _server) = theirs("A0002 NO no\r\nA0003 NO no\r\nA0004 BAD bad\r\nA0005 NO no\r\n").await;
    assert!(session.uid_search("ALL").await.unwrap().is_empty(), "a mailbox that cannot be searched looks empty");
    let fetched: Vec<_> = session.uid_fetch("1:*", "FLAGS").await.unwrap().collect().await;
    assert!(fetched.is_empty());
    session.noop().await.unwrap();
    let names: Vec<_> = session.list(None, Some("*")).await.unwrap().try_collect().await.unwrap();
    assert!(names.is_empty());

    let (mut ours, mut peer) = greeted().await;
    let server = tokio::spawn(async move {
        let tag = peer.command("NOOP").await;
        peer.send(format!("{tag} NO no\r\n")).await;
        peer
    });
    ours.submit(postrider::imap::command::noop());
    assert_eq!(until_done(&mut ours).await.1.unwrap().kind, StatusKind::No);
    server.await.unwrap();
}

#[tokio::test]
async fn the_end_of_the_connection_looks_like_success() {
    let found = theirs_closed("* SEARCH 1 2 3\r\n").await.uid_search("ALL").await.unwrap();
    assert_eq!(found.len(), 3, "there may have been more");
    let mailbox = theirs_closed("* 5 EXISTS\r\n").await.select("INBOX").await.unwrap();
    assert_eq!(mailbox.uid_validity, None);
    let mut session = theirs_closed("* BYE bye\r\n").await;
    for _ in 0..3 {
        session.noop().await.unwrap();
    }

    let (mut ours, mut peer) = greeted().await;
    let server = tokio::spawn(async move {
        peer.command("NOOP").await;
        peer.send("* SEARCH 1 2 3\r\n").await;
    });
    ours.submit(postrider::imap::command::noop());
    let (events, outcome) = until_done(&mut ours).await;
    assert_eq!((events.len(), outcome), (1, Err(WireError::Closed.into())));
    server.await.unwrap();
}

#[tokio::test]
async fn data_that_nobody_asked_for_is_dropped_beyond_a_hundred() {
    let script: String = (0..300).map(|_| "* 1 EXPUNGE\r\n").collect();
    let (mut session, _server) = theirs(format!("{script}A0002 OK done\r\n")).await;
    session.noop().await.unwrap();
    assert_eq!(session.unsolicited_responses.len(), 100, "200 removals nobody will ever hear of");

    let (events, outcome) = answered(script).await;
    outcome.unwrap();
    assert_eq!(events, vec![Event::Data(Untagged::Expunge(1)); 300]);
}

#[tokio::test]
async fn one_response_that_it_does_not_know_ends_the_connection() {
    for response in [
        "* ESEARCH (TAG \"A0002\") UID COUNT 3\r\n",
        "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n",
        "* STATUS INBOX (SIZE 5)\r\n",
        "* SEARCH 2 5 (MODSEQ 9)\r\n",
        "* LIST () \"/\" a (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n",
        "* 1 FETCH (BINARY.SIZE[1] 5)\r\n",
        "* CAPABILITY IMAP4rev2\r\n",
        "* FOO bar\r\n",
    ] {
        let (mut session, _server) = theirs(format!("{response}A0002 OK done\r\n")).await;
        session.run_command("NOOP").await.unwrap();
        assert!(session.read_response().await.is_err(), "{response}");
        assert!(session.read_response().await.unwrap().is_none(), "and what comes after it is lost");

        let (events, outcome) = answered(response).await;
        assert_eq!((events.len(), outcome.unwrap().kind), (1, StatusKind::Ok), "{response}");
    }
}

#[tokio::test]
async fn an_answer_to_an_abandoned_command_is_taken_for_the_next_one() {
    let (mut session, _server) = theirs("* 1 FETCH (UID 7)\r\nA0002 NO fetch failed\r\nA0003 OK created\r\n").await;
    drop(session.uid_fetch("1:*", "UID").await.unwrap());
    assert!(session.create("Work").await.is_err(), "it was created");

    let (mut ours, mut peer) = greeted().await;
    let first = ours.submit(postrider::imap::command::noop());
    // Each time the wait for an answer is given up.
    peer.command_when_sent(&mut ours, "NOOP").await;
    let second = ours.submit(postrider::imap::command::check());
    peer.command_when_sent(&mut ours, "CHECK").await;
    peer.send("* 1 FETCH (UID 7)\r\nA0002 NO fetch failed\r\nA0003 OK created\r\n").await;
    let mut done = Vec::new();
    while done.len() < 2 {
        if let Event::Done { id, condition } = ours.next().await.unwrap() {
            done.push((id, condition.kind));
        }
    }
    assert_eq!(done, [(first, StatusKind::No), (second, StatusKind::Ok)]);
}

#[tokio::test]
async fn the_status_of_another_mailbox_is_no_status() {
    let (mut session, _server) = theirs("* STATUS Foo (MESSAGES 9)\r\nA0002 OK done\r\n").await;
    assert_eq!(session.status("foo", "(MESSAGES)").await.unwrap().exists, 0, "not nine, and no error");

    let (events, _) = answered("* STATUS Foo (MESSAGES 9)\r\n").await;
    let [Event::Data(Untagged::Status(status))] = &events[..] else { panic!("{events:?}") };
    assert_eq!((status.name.as_slice(), status.messages), (&b"Foo"[..], Some(9)));
}

#[tokio::test]
async fn an_append_fails_where_news_comes_first_and_tells_no_uid() {
    let (mut session, _server) = theirs("* 5 EXISTS\r\n+ go on\r\nA0002 OK [APPENDUID 7 8] done\r\n").await;
    assert!(session.append("Sent", None, None, b"mail").await.is_err(), "the server still waits for the mail");
    let (mut session, _server) = theirs("+ go on\r\nA0002 OK [APPENDUID 7 8] done\r\n").await;
    let nothing: () = session.append("Sent", None, None, b"mail").await.unwrap();
    assert_eq!(nothing, (), "where it lies is lost");

    let (mut ours, mut peer) = greeted().await;
    ours.submit(append_of(b"mail"));
    let server = tokio::spawn(async move {
        let tag = peer.command("APPEND").await;
        peer.send("* 5 EXISTS\r\n+ go on\r\n").await;
        peer.bytes(6).await;
        peer.send(format!("{tag} OK [APPENDUID 7 8] done\r\n")).await;
        peer
    });
    let (events, outcome) = until_done(&mut ours).await;
    assert_eq!(events, [Event::Data(Untagged::Exists(5))]);
    assert!(matches!(outcome.unwrap().code, Some(Code::AppendUid(..))));
    server.await.unwrap();
}

#[tokio::test]
async fn what_came_before_tls_is_dropped_without_a_word() {
    let (client, mut server) = tokio::io::duplex(1024);
    server.write_all(b"A0001 OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n").await.unwrap();
    let mut client = async_imap::Client::new(client);
    client.run_command_and_check_ok("STARTTLS", None).await.unwrap();
    let _stream: tokio::io::DuplexStream = client.into_inner();

    let (network, mut peer) = connection();
    let server = tokio::spawn(async move {
        peer.send("* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n").await;
        let tag = peer.command("STARTTLS").await;
        peer.send(format!("{tag} OK begin\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n")).await;
        peer
    });
    let ours = connect(&network, &endpoint(Security::StartTls, Trust::Platform)).await;
    assert_eq!(ours.unwrap_err(), WireError::Protocol("data before TLS that was not asked for").into());
    server.await.unwrap();
}
