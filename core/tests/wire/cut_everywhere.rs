//! One conversation, cut at every byte of both directions (hostile case 41).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::support::{Kept, Peer, append_of, connection, plain_with};
use postrider::imap::command::{self, Command, FetchItem, Section};
use postrider::imap::{Event, ImapError, Session};
use postrider::model::{Secret, Uid, UidSet};
use postrider::wire::{Limits, Literal, PartialLiteral, WireError};

const BODY: &str = "From: tim\r\n\r\nA0003 OK this is a mail\r\n";

/// What the server answers to each command, and how many bytes more it may say and hear.
struct Server {
    peer: Peer,
    may_say: usize,
    may_hear: usize,
}

impl Server {
    /// Says it; false when the connection was cut.
    async fn say(&mut self, text: &str) -> bool {
        let through = text.len().min(self.may_say);
        self.peer.send(&text[..through]).await;
        self.may_say -= through;
        through == text.len()
    }

    /// The next line; `None` when the connection was cut.
    async fn hear(&mut self) -> Option<String> {
        let line = self.peer.line().await?;
        self.may_hear = self.may_hear.checked_sub(line.len() + 2)?;
        Some(line)
    }

    async fn run(mut self) -> Option<()> {
        self.say("* OK [CAPABILITY IMAP4rev1 IDLE] hello\r\n").await.then_some(())?;
        loop {
            let line = self.hear().await?;
            let (tag, command) = line.split_once(' ')?;
            let data = match command.split(' ').next()? {
                "LIST" => "* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST () \"/\" {4}\r\nWork\r\n".to_owned(),
                "EXAMINE" => "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n".to_owned(),
                "UID" => format!(
                    "* 1 FETCH (UID 8 BODY[] {{5}}\r\nsmall)\r\n* 2 FETCH (UID 9 BODY[] {{{}}}\r\n{BODY})\r\n",
                    BODY.len()
                ),
                "APPEND" => {
                    self.say("+ go on\r\n").await.then_some(())?;
                    self.hear().await?;
                    String::new()
                }
                "IDLE" => {
                    self.say("+ idling\r\n* 3 EXISTS\r\n").await.then_some(())?;
                    self.hear().await?;
                    "* 4 EXISTS\r\n".to_owned()
                }
                "LOGOUT" => "* BYE bye\r\n".to_owned(),
                _ => String::new(),
            };
            self.say(&format!("{data}{tag} OK done\r\n")).await.then_some(())?;
        }
    }
}

struct Heard {
    events: Vec<Event>,
    outcome: Result<(), ImapError>,
    partial: Option<PartialLiteral>,
    kept: Vec<crate::support::Literal>,
}

async fn conversation(may_say: usize, may_hear: usize) -> Heard {
    let (network, peer) = connection();
    let server = tokio::spawn(Server { peer, may_say, may_hear }.run());
    let kept = Kept::default();
    let limits = Limits { literal_in_memory: 10, ..Limits::default() };
    let mut heard = Heard { events: Vec::new(), outcome: Ok(()), partial: None, kept: Vec::new() };
    match plain_with(&network, limits, Box::new(kept.clone())).await {
        Ok(mut session) => {
            heard.outcome = all(&mut session, &mut heard.events).await;
            heard.partial = session.take_partial();
        }
        Err(error) => heard.outcome = Err(error),
    }
    server.await.unwrap();
    heard.kept = kept.0.lock().unwrap().clone();
    heard
}

async fn all(session: &mut Session, events: &mut Vec<Event>) -> Result<(), ImapError> {
    let uids: UidSet = [8, 9].into_iter().filter_map(Uid::new).collect();
    let items = [FetchItem::BodyPeek { section: Section::Whole, partial: None }];
    let flights: [Vec<Command>; 5] = [
        vec![command::login("tim", &Secret::new("x")).unwrap(), command::list(b"", b"*").unwrap()],
        vec![command::examine(b"INBOX", None).unwrap(), command::uid_fetch(&uids, &items, None, false).unwrap()],
        vec![append_of(b"mail"), command::noop()],
        vec![command::idle()],
        vec![command::logout()],
    ];
    for flight in flights {
        for command in flight {
            session.submit(command);
        }
        while session.pending() > 0 {
            events.push(session.next().await?);
            if events.last() == Some(&Event::Continue) {
                session.idle_done();
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn case_041_cut_at_every_byte_what_was_heard_is_a_beginning_of_the_whole() {
    let whole = conversation(usize::MAX, usize::MAX).await;
    whole.outcome.unwrap();
    assert_eq!(whole.events.iter().filter(|event| matches!(event, Event::Done { .. })).count(), 8);
    assert_eq!((whole.partial, whole.kept[0].bytes.as_slice()), (None, BODY.as_bytes()));
    let mut most = 0;
    let mut partials = 0;
    for bytes in 0.. {
        let cut = conversation(bytes, usize::MAX).await;
        assert_eq!(cut.events, whole.events[..cut.events.len()], "after {bytes} bytes");
        assert!(cut.events.len() >= most, "more bytes tell no less");
        most = cut.events.len();
        if let Some(PartialLiteral { data: Literal::Spooled { token, len }, announced, .. }) = cut.partial {
            let kept = &cut.kept[usize::try_from(token).unwrap()];
            assert!(kept.ended && kept.bytes.len() as u64 == len && announced == BODY.len() as u64);
            assert!(BODY.as_bytes().starts_with(&kept.bytes));
            partials += 1;
        }
        if cut.outcome.is_ok() {
            assert_eq!(cut.events, whole.events);
            break;
        }
        assert_eq!(cut.outcome, Err(WireError::Closed.into()), "after {bytes} bytes");
    }
    // Within the literal, and between it and the end of its response.
    assert!(partials >= BODY.len(), "{partials}");
}

#[tokio::test]
async fn case_041_what_the_server_did_not_hear_is_not_done() {
    let whole = conversation(usize::MAX, usize::MAX).await;
    for bytes in 0.. {
        let cut = conversation(usize::MAX, bytes).await;
        assert_eq!(cut.events, whole.events[..cut.events.len()], "after {bytes} bytes");
        if cut.outcome.is_ok() {
            break;
        }
        assert!(matches!(cut.outcome, Err(ImapError::Wire(WireError::Closed | WireError::Io(_)))), "{:?}", cut.outcome);
    }
}
