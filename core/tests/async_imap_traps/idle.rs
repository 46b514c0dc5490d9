//! IDLE that lies, hangs and panics.

use std::time::Duration;

use async_imap::extensions::idle::IdleResponse;
use postrider::imap::{Event, StatusKind, Untagged, command};
use postrider::wire::WireError;

use crate::support::{greeted, until_done};
use crate::{theirs, theirs_closed};

#[tokio::test]
async fn a_lost_connection_looks_like_an_interruption_of_our_own() {
    let session = theirs_closed("+ idling\r\n").await;
    let mut idle = session.idle();
    idle.init().await.unwrap();
    let (waiting, _stop) = idle.wait();
    assert_eq!(waiting.await.unwrap(), IdleResponse::ManualInterrupt);

    let (mut ours, mut peer) = greeted().await;
    ours.submit(command::idle());
    peer.command_when_sent(&mut ours, "IDLE").await;
    peer.send("+ idling\r\n").await;
    assert_eq!(ours.next().await, Ok(Event::Continue));
    drop(peer);
    assert_eq!(ours.next().await, Err(WireError::Closed.into()));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_waited_for_for_ever() {
    let (session, _server) = theirs("A0002 NO not now\r\n").await;
    let mut idle = session.idle();
    let patience = Duration::from_secs(24 * 3600);
    assert!(tokio::time::timeout(patience, idle.init()).await.is_err(), "a day is not enough");

    refused("NO not now", StatusKind::No).await;
}

#[tokio::test]
async fn a_bare_bad_panics() {
    let (session, server) = theirs("A0002 BAD\r\n").await;
    let task = tokio::spawn(async move {
        let _server = server;
        session.idle().init().await
    });
    assert!(task.await.unwrap_err().is_panic());

    refused("BAD", StatusKind::Bad).await;
}

async fn refused(answer: &'static str, kind: StatusKind) {
    let (mut ours, mut peer) = greeted().await;
    ours.submit(command::idle());
    let server = tokio::spawn(async move {
        let tag = peer.command("IDLE").await;
        peer.send(format!("* 2 EXISTS\r\n{tag} {answer}\r\n")).await;
        peer
    });
    let (events, outcome) = until_done(&mut ours).await;
    assert_eq!((events, outcome.unwrap().kind), (vec![Event::Data(Untagged::Exists(2))], kind));
    server.await.unwrap();
}
