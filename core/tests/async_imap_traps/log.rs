//! What is written to the log, and by how much work.

use std::cell::RefCell;

use base64::Engine as _;
use postrider::imap::{Credentials, Untagged, command};
use postrider::model::Secret;
use postrider::wire::{Security, Trust};

use crate::support::{connection, endpoint, plain, until_done};
use crate::theirs;

thread_local! {
    static LOGGED: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps what is logged by the thread of each test.
struct Recorder;

impl log::Log for Recorder {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        LOGGED.with_borrow_mut(|logged| logged.push_str(&format!("{}: {}\n", record.target(), record.args())));
    }

    fn flush(&self) {}
}

/// Begins to record, everything that there is.
pub(crate) fn record() {
    static RECORDER: Recorder = Recorder;
    // The first of the tests does it for all.
    let _ = log::set_logger(&RECORDER);
    log::set_max_level(log::LevelFilter::Trace);
    LOGGED.with_borrow_mut(String::clear);
}

/// What was logged since.
pub(crate) fn recorded() -> String {
    LOGGED.with_borrow(String::clone)
}

#[tokio::test]
async fn passwords_and_mail_are_logged() {
    record();
    let (mut session, _server) = theirs("* 1 FETCH (BODY[] {12}\r\nbody-canary.)\r\nA0002 OK done\r\n").await;
    session.run_command("NOOP").await.unwrap();
    session.read_response().await.unwrap();
    assert!(recorded().contains("LOGIN \\\"tim\\\" \\\"secret\\\"") && recorded().contains("body-canary"));

    for mechanisms in ["", "AUTH=PLAIN SASL-IR", "AUTH=PLAIN"] {
        record();
        let (network, mut peer) = connection();
        peer.send(format!("* OK [CAPABILITY IMAP4rev1 {mechanisms}] hello\r\n")).await;
        let server = tokio::spawn(async move {
            let line = peer.line().await.unwrap();
            let tag = line.split(' ').next().unwrap();
            if mechanisms == "AUTH=PLAIN" {
                peer.send("+ \r\n").await;
                peer.line().await.unwrap();
            }
            // A server that repeats the password in its answer.
            peer.send(format!("{tag} OK [CAPABILITY IMAP4rev1] hello tim, password-canary\r\n")).await;
            let tag = peer.command("NOOP").await;
            peer.send(format!("* 1 FETCH (BODY[] {{12}}\r\nbody-canary.)\r\n{tag} OK done\r\n")).await;
            peer
        });
        let mut ours = plain(&network).await.unwrap();
        let credentials =
            Credentials::Password { user: "user-canary".to_owned(), secret: Secret::new("password-canary") };
        let endpoint = endpoint(Security::Plaintext, Trust::Platform);
        let login = ours.login_command(&endpoint, &credentials, None).await.unwrap().unwrap();
        ours.log_in(login).await.unwrap();
        ours.submit(command::noop());
        let (events, outcome) = until_done(&mut ours).await;
        outcome.unwrap();
        assert!(matches!(&events[0], postrider::imap::Event::Data(Untagged::Fetch(_))));
        let logged = recorded();
        assert!(logged.contains("async_imap"), "it does log");
        let coded = base64::engine::general_purpose::STANDARD.encode("\0user-canary\0password-canary");
        assert!(!logged.contains("canary") && !logged.contains(&coded), "{logged}");
        assert!(!format!("{ours:?}").contains("canary"));
        server.await.unwrap();
    }
}
