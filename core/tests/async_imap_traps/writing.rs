//! What goes out.

use postrider::imap::command::{self, Piece};
use tokio::io::AsyncReadExt;

use crate::theirs;

#[tokio::test]
async fn arguments_can_hold_commands() {
    let (mut session, mut server) = theirs("A0002 OK done\r\nA0003 OK done\r\n").await;
    drop(session.list(Some(""), Some("*\r\nX DELETE INBOX")).await.unwrap());
    drop(session.uid_fetch("1\r\nY DELETE INBOX", "FLAGS").await.unwrap());
    let mut heard = vec![0; 1000];
    let count = server.read(&mut heard).await.unwrap();
    let heard = String::from_utf8_lossy(&heard[..count]);
    assert_eq!(heard.lines().filter(|line| line.contains(" DELETE INBOX")).count(), 2);

    for command in [command::list(b"", b"*\r\nX DELETE INBOX"), command::delete(b"a\r\nX DELETE INBOX")] {
        let lines = command.iter().flat_map(|command| command.pieces()).filter_map(|piece| match piece {
            Piece::Text(text) => Some(text.as_slice()),
            _ => None,
        });
        assert!(lines.flatten().all(|byte| !matches!(byte, b'\r' | b'\n')), "but in a literal, where it is a name");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_has_a_deadline() {
    let (mut session, _server) = theirs("").await;
    let patience = std::time::Duration::from_secs(24 * 3600);
    assert!(tokio::time::timeout(patience, session.noop()).await.is_err());

    let (mut ours, _peer) = crate::support::greeted().await;
    ours.submit(command::noop());
    let outcome = tokio::time::timeout(patience, ours.next()).await.unwrap();
    assert_eq!(outcome, Err(postrider::wire::WireError::TimedOut.into()));
}
