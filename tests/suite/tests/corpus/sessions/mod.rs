//! Plays recorded sessions of real servers: line by line to our session, and, by the kind of command, to a whole sync. Runs
//! where `POSTRIDER_CORPUS` names the folder of the corpora.
//!
//! Played are the sessions of `mailkit`, which have both sides. The others have one: `imaptest` and `james-mpt` hold what any
//! server must answer, with variables and patterns in place of the answers, and `nostarttls` describes deeds in the
//! configuration of another tool (each of them is a case of its own, 1 to 10). Their lines go through the parser in `corpus_imap`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod recorded;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use postrider::api::{BoxStream, Network, WireError};
use postrider::imap::{Deadlines, Endpoint, Event, ImapError, Session, StatusKind, command};
use postrider::sync::IncomingSpool;
use postrider::wire::{Limits, Security, Traffic, Trust};
use postrider_tests::phone::{Phone, with_bodies};
use recorded::{Recorded, kind, say, sessions};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};

/// Recordings that are broken themselves.
const BROKEN: [&str; 1] = [
    // Edited: a literal in it is longer than announced.
    "ImapFolderFetch__CreateFetchStreamUnsolicitedInfoCommands",
];

/// A network with one end of a connection.
struct One(Mutex<Option<DuplexStream>>);

impl Network for One {
    fn connect<'a>(
        &'a self,
        _host: &'a str,
        _port: u16,
    ) -> Pin<Box<dyn Future<Output = Result<BoxStream, WireError>> + Send + 'a>> {
        let end = self.0.lock().unwrap().take();
        Box::pin(async move { end.map(|end| Box::new(end) as BoxStream).ok_or(WireError::Refused) })
    }
}

/// What the driver made of one recorded session, step by step.
async fn played(session: &Recorded) -> Vec<Result<StatusKind, ImapError>> {
    let (client, server) = tokio::io::duplex(1 << 20);
    let steps = session.steps.clone();
    let server = tokio::spawn(async move {
        let (from, mut to) = tokio::io::split(server);
        let mut lines = BufReader::new(from).lines();
        for (number, step) in steps.iter().enumerate() {
            let mut tag = String::new();
            if number > 0 {
                let Ok(Some(line)) = lines.next_line().await else { return };
                tag = line.split(' ').next().unwrap_or_default().to_owned();
            }
            let heard = to.write_all(&step.answer(&tag)).await.is_ok();
            if !heard || number > 0 && step.is_left_open() {
                return;
            }
        }
    });
    let network = One(Mutex::new(Some(client)));
    let endpoint = Endpoint { host: "x".to_owned(), port: 143, security: Security::Plaintext, trust: Trust::Platform };
    let spool = Box::new(IncomingSpool::default());
    let deadlines = Deadlines::default();
    let connected =
        Session::connect(&network, &endpoint, Arc::new(Traffic::default()), Limits::default(), spool, deadlines).await;
    let mut imap = match connected {
        Ok(imap) => imap,
        Err(error) => return vec![Err(error)],
    };
    let mut outcomes = Vec::new();
    for _ in session.steps.iter().skip(1) {
        imap.submit(command::noop());
        let outcome = loop {
            match imap.next().await {
                Ok(Event::Done { condition, .. }) => break Ok(condition.kind),
                Ok(_) => {}
                Err(error) => break Err(error),
            }
        };
        let ended = outcome.is_err();
        outcomes.push(outcome);
        if ended {
            break;
        }
    }
    server.abort();
    outcomes
}

#[tokio::test]
async fn every_recorded_session_is_understood_answer_by_answer() {
    let Some(all) = sessions() else { return };
    let (mut compared, mut faults) = (0, Vec::new());
    for session in &all {
        let outcomes = played(session).await;
        if BROKEN.contains(&session.name.as_str()) {
            assert!(outcomes.iter().any(Result::is_err), "{} is in order", session.name);
            continue;
        }
        if let Some(Err(error)) = outcomes.first()
            && session.steps.len() > outcomes.len() + 1
            && session.steps[0].is_greeting_of_a_login()
        {
            // A server that takes us for logged in, on an unprotected connection, is refused as it must be.
            assert_eq!(*error, ImapError::PreAuthWithoutTls, "{}", session.name);
            continue;
        }
        for (step, outcome) in session.steps.iter().skip(1).zip(outcomes) {
            compared += 1;
            match (step.status(), &outcome) {
                (Some(expected), Ok(kind)) if expected == *kind => {}
                (_, Err(ImapError::Bye { .. })) if step.says_goodbye() => {}
                // An answer that the recording leaves open, or that is no answer: the end of the connection tells.
                (None, Err(_)) => {}
                (expected, outcome) => {
                    faults.push(format!("{}: {expected:?} was heard as {outcome:?}", session.name));
                }
            }
        }
    }
    say(&format!("{} sessions, {compared} answers", all.len()));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(all.len() >= 60 && compared >= 450, "{} sessions, {compared} answers", all.len());
}

/// A server that answers each kind of command as it was recorded, in turn; the last answer of a kind again and again.
struct ByKind(Arc<Recorded>);

impl Network for ByKind {
    fn connect<'a>(
        &'a self,
        _host: &'a str,
        _port: u16,
    ) -> Pin<Box<dyn Future<Output = Result<BoxStream, WireError>> + Send + 'a>> {
        let (client, server) = tokio::io::duplex(1 << 20);
        tokio::spawn(answer(server, Arc::clone(&self.0)));
        Box::pin(async { Ok(Box::new(client) as BoxStream) })
    }
}

async fn answer(server: DuplexStream, session: Arc<Recorded>) {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let (from, mut to) = tokio::io::split(server);
    let mut lines = BufReader::new(from);
    let greeting = session.steps.first().map(|step| step.answer("*")).unwrap_or_default();
    let mut open = to.write_all(&greeting).await.is_ok();
    while open {
        let mut line = String::new();
        if lines.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        while let Some(length) = literal(&line) {
            let _ = to.write_all(b"+ go on\r\n").await;
            let mut octets = vec![0; length];
            if lines.read_exact(&mut octets).await.is_err() {
                return;
            }
            line.truncate(line.trim_end().rfind('{').unwrap_or(0));
            let _ = lines.read_line(&mut line).await;
        }
        let tag = line.split(' ').next().unwrap_or_default().to_owned();
        let kind = kind(&line);
        let fitting: Vec<_> = session.steps.iter().skip(1).filter(|step| step.kind == kind).collect();
        let number = taken.entry(kind.clone()).or_default();
        let step = fitting.get(*number).or(fitting.last());
        *number += 1;
        open = !step.is_some_and(|step| step.is_left_open());
        let answer = match step {
            Some(step) => step.answer(&tag),
            None if kind == "LOGIN" || kind == "AUTHENTICATE" => format!("{tag} OK welcome\r\n").into_bytes(),
            None => format!("{tag} BAD not recorded\r\n").into_bytes(),
        };
        open &= to.write_all(&answer).await.is_ok();
    }
}

fn literal(line: &str) -> Option<usize> {
    line.trim_end().strip_suffix('}')?.rsplit('{').next()?.parse().ok()
}

#[tokio::test]
async fn a_sync_with_what_was_recorded_ends_in_order() {
    let Some(all) = sessions() else { return };
    let (mut ended_well, mut mailboxes) = (0, 0);
    let count = all.len();
    for session in all {
        let session = Arc::new(session);
        let phone = Phone::new(Arc::new(ByKind(Arc::clone(&session)))).await.unwrap();
        for _ in 0..2 {
            let limit = std::time::Duration::from_secs(90);
            let outcome = tokio::time::timeout(limit, phone.sync_with(with_bodies())).await;
            let outcome = outcome.unwrap_or_else(|_| panic!("{}: no end", session.name));
            ended_well += usize::from(outcome.is_ok());
            if let Err(error) = outcome {
                assert_ne!(error.kind(), "internal", "{}: {error}", session.name);
                assert_ne!(error.kind(), "invalid_input", "{}: {error}", session.name);
            }
        }
        let health = phone.core.check(false).await.unwrap();
        assert_eq!(health.problems, [], "{}", session.name);
        mailboxes += phone.core.mailboxes(phone.account).await.unwrap().len();
    }
    say(&format!("{count} sessions: {ended_well} syncs ended well, {mailboxes} mailboxes"));
    assert!(ended_well >= 60 && mailboxes >= 50, "{ended_well} syncs, {mailboxes} mailboxes");
}
