//! Logging in: by password and by token, in one flight with what follows, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::support::{Peer, connect, connection, endpoint, plain, until_done};
use postrider::imap::{Capabilities, Credentials, ImapError, Session, command};
use postrider::model::Secret;
use postrider::wire::{Security, Trust};

/// A session whose greeting names these capabilities.
async fn able(capabilities: &str) -> (Session, Peer) {
    let (network, mut peer) = connection();
    peer.send(format!("* OK [CAPABILITY IMAP4rev1 {capabilities}] hello\r\n")).await;
    (plain(&network).await.unwrap(), peer)
}

fn password() -> Credentials {
    Credentials::Password { user: "tim".to_owned(), secret: Secret::new("pw-canary") }
}

fn token() -> Credentials {
    Credentials::OAuth { user: "tim@example.org".to_owned(), token: Secret::new("token-canary") }
}

#[tokio::test]
async fn case_155_an_oauth_challenge_is_answered_and_the_refusal_told() {
    for (offered, name, answer) in
        [("AUTH=XOAUTH2", "XOAUTH2", ""), ("AUTH=OAUTHBEARER AUTH=XOAUTH2", "OAUTHBEARER", "AQ==")]
    {
        for at_once in [true, false] {
            let (mut session, mut peer) = able(&format!("{offered}{}", if at_once { " SASL-IR" } else { "" })).await;
            let server = tokio::spawn(async move {
                let tag = peer.command(&format!("AUTHENTICATE {name}")).await;
                if !at_once {
                    peer.send("+ \r\n").await;
                    assert!(peer.line().await.unwrap().len() > 20);
                }
                peer.send("+ eyJzdGF0dXMiOiI0MDAifQ==\r\n").await;
                assert_eq!(peer.line().await.unwrap(), answer);
                // More than the mechanism has: it is ended.
                peer.send("+ eyJzdGF0dXMiOiI0MDAifQ==\r\n").await;
                assert_eq!(peer.line().await.unwrap(), "*");
                peer.send(format!("{tag} NO [AUTHENTICATIONFAILED] token expired\r\n")).await;
                peer.gone().await
            });
            let endpoint = endpoint(Security::Plaintext, Trust::Platform);
            let login = session.login_command(&endpoint, &token(), None).await.unwrap().unwrap();
            let error = session.log_in(login).await.unwrap_err();
            assert_eq!(error, ImapError::Authentication { code: Some("AUTHENTICATIONFAILED".to_owned()) });
            drop(session);
            server.await.unwrap();
        }
    }
}

#[tokio::test]
async fn case_044_questions_without_end_end_the_session() {
    let (mut session, mut peer) = able("AUTH=PLAIN SASL-IR").await;
    let server = tokio::spawn(async move {
        peer.command("AUTHENTICATE PLAIN").await;
        for _ in 0..100 {
            peer.send("+ \r\n").await;
        }
        peer.gone().await
    });
    let endpoint = endpoint(Security::Plaintext, Trust::Platform);
    let login = session.login_command(&endpoint, &password(), None).await.unwrap().unwrap();
    assert_eq!(session.log_in(login).await, Err(ImapError::Protocol("questions without end")));
    drop(session);
    server.await.unwrap();
}

#[tokio::test]
async fn the_login_and_the_first_commands_leave_in_one_flight_where_the_server_is_known() {
    let (network, mut peer) = connection();
    let identity = crate::support::tls::self_signed(|_| ());
    let endpoint = endpoint(Security::Tls, identity.pin());
    let server = async {
        assert!(peer.tls(&identity).await);
        peer.send("* OK hello\r\n").await;
        let login = peer.command("LOGIN tim \"pw-canary\"").await;
        let list = peer.command("NAMESPACE").await;
        peer.send(format!("* CAPABILITY IMAP4rev1 MOVE\r\n{login} OK in\r\n{list} OK done\r\n")).await;
    };
    let client = async {
        let mut session = connect(&network, &endpoint).await.unwrap();
        // As it was after the last login: no mechanisms are named then.
        let remembered = Capabilities::new(["IMAP4rev1", "MOVE"]);
        let login = session.login_command(&endpoint, &password(), Some(&remembered)).await.unwrap().unwrap();
        session.submit(login);
        session.submit(command::namespace());
        let (_, condition) = until_done(&mut session).await;
        session.logged_in(&condition.unwrap()).unwrap();
        assert!(session.capabilities_known() && session.capabilities().moves(), "told before the OK, as Gmail does");
        until_done(&mut session).await.1.unwrap();
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn a_token_asks_the_server_where_what_is_remembered_names_no_mechanism() {
    let (network, mut peer) = connection();
    let identity = crate::support::tls::self_signed(|_| ());
    let endpoint = endpoint(Security::Tls, identity.pin());
    let server = async {
        assert!(peer.tls(&identity).await);
        peer.send("* OK hello\r\n").await;
        let tag = peer.command("CAPABILITY").await;
        peer.send(format!("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR\r\n{tag} OK done\r\n")).await;
        peer.ok("AUTHENTICATE XOAUTH2 dXNlcj10").await;
        let tag = peer.command("CAPABILITY").await;
        peer.send(format!("* CAPABILITY IMAP4rev1 MOVE\r\n{tag} OK done\r\n")).await;
    };
    let client = async {
        let mut session = connect(&network, &endpoint).await.unwrap();
        let remembered = Capabilities::new(["IMAP4rev1"]);
        let login = session.login_command(&endpoint, &token(), Some(&remembered)).await.unwrap().unwrap();
        session.log_in(login).await.unwrap();
        assert!(session.is_logged_in() && session.capabilities().moves() && !session.capabilities().auth("XOAUTH2"));
    };
    tokio::join!(server, client);
}

#[tokio::test]
async fn no_password_goes_over_a_connection_that_should_be_protected_and_is_not() {
    let (mut session, _peer) = able("").await;
    for security in [Security::Tls, Security::StartTls] {
        let endpoint = endpoint(security, Trust::Platform);
        assert_eq!(session.login_command(&endpoint, &password(), None).await, Err(ImapError::NoTls));
    }
}
