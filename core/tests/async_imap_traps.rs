//! Why the guard is there: each fault of async-imap 0.12.0 and imap-proto 0.17.0 shown on the crates themselves first, then
//! on a session of ours, which has it not. Where a new version of theirs loses one, its test fails, and the guard may
//! lose what it does about it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "async_imap_traps/answers.rs"]
mod answers;
#[path = "async_imap_traps/cost.rs"]
mod cost;
#[path = "async_imap_traps/idle.rs"]
mod idle;
#[path = "async_imap_traps/log.rs"]
mod log;
#[path = "async_imap_traps/parser.rs"]
mod parser;
#[path = "async_imap_traps/writing.rs"]
mod writing;

mod support;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// A session of async-imap's own over a server that has said `script` already, and its other end. Its next command is
/// A0002.
async fn theirs(script: impl AsRef<[u8]>) -> (async_imap::Session<DuplexStream>, DuplexStream) {
    let (client, mut server) = tokio::io::duplex(16 * 1024 * 1024);
    server.write_all(b"A0001 OK in\r\n").await.unwrap();
    let session = async_imap::Client::new(client).login("tim", "secret").await.unwrap();
    server.write_all(script.as_ref()).await.unwrap();
    let mut login = [0; 100];
    assert!(server.read(&mut login).await.unwrap() > 0);
    (session, server)
}

/// The same where the server closes the connection after the script.
async fn theirs_closed(script: impl AsRef<[u8]>) -> async_imap::Session<DuplexStream> {
    let (session, mut server) = theirs(script).await;
    server.shutdown().await.unwrap();
    // Its reading half stays open, or writing would fail.
    std::mem::forget(server);
    session
}
