//! Very large mailboxes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use postrider_model::profile::Profile;
use postrider_model::world::{FlagChange, Generator, Newsletter, Uid};
use tokio::io::AsyncWriteExt as _;

use crate::client::{Client, server};

struct Counted(Arc<AtomicU64>);

impl Generator for Counted {
    fn bytes(&self, uid: Uid) -> Vec<u8> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Newsletter::default().bytes(uid)
    }
}

#[tokio::test]
async fn a_million_messages_are_made_only_when_read() {
    let (server, rival) = server(Profile::full());
    let made = Arc::new(AtomicU64::new(0));
    rival.generate("INBOX", 1_000_000, 10, Counted(Arc::clone(&made))).unwrap();
    let mut client = Client::inbox(&server).await;
    assert!(
        client.ok("STATUS INBOX (MESSAGES UNSEEN UIDNEXT)").await.has("MESSAGES 1000000 UNSEEN 10 UIDNEXT 1000001")
    );
    assert!(client.ok("UID SEARCH RETURN (COUNT ALL) ALL").await.has("COUNT 1000000 ALL 1:1000000"));
    assert_eq!(made.load(Ordering::Relaxed), 0);
    rival.set_flags("INBOX", &[5], FlagChange::Add, &["\\Flagged"]).unwrap();
    rival.expunge("INBOX", &[7, 999_999]).unwrap();
    let news = client.ok("NOOP").await;
    assert_eq!(news.untagged, ["* 999999 EXPUNGE", "* 7 EXPUNGE", "* 5 FETCH (FLAGS (\\Flagged \\Seen))"]);
    let last = client.ok("UID FETCH 1000000 (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])").await;
    assert!(last.has("* 999998 FETCH (UID 1000000 FLAGS ()") && last.has("Subject: Issue number 1000000\r\n"));
    assert_eq!(made.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_client_that_does_not_read_stops_the_stream() {
    let (server, rival) = server(Profile::full());
    let made = Arc::new(AtomicU64::new(0));
    rival.generate("INBOX", 30_000, 0, Counted(Arc::clone(&made))).unwrap();
    let mut client = Client::inbox(&server).await;
    client.stream.write_all(b"x UID FETCH 1:* (ENVELOPE)\r\n").await.unwrap();
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    let first = made.load(Ordering::Relaxed);
    assert!(first > 0 && first < 2000, "{first} messages were made ahead of the reader");
    client.ok("NOOP").await;
    assert!(made.load(Ordering::Relaxed) >= 30_000);
}
