//! Before TLS, around TLS, and what certificates are worth (hostile cases 1 to 16).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::Duration;

use crate::support::tls::{Authority, as_authority, expired, for_another_host, for_clients, self_signed};
use crate::support::{Peer, connect, connection, endpoint};
use postrider::imap::{Credentials, Event, ImapError, command};
use postrider::model::Secret;
use postrider::wire::{CertificateFault, Security, Trust, WireError};
use tokio::task::JoinHandle;

const SECRET: &str = "hunter2-canary";

fn starttls(trust: Trust) -> postrider::imap::Endpoint {
    endpoint(Security::StartTls, trust)
}

/// Connects by STARTTLS to a server that does as told; returns the failure, and all that it heard of the client.
async fn refused_by<F>(server: impl FnOnce(Peer) -> F) -> (ImapError, Vec<u8>)
where
    F: Future<Output = Peer> + Send + 'static,
{
    let (network, peer) = connection();
    let server = server(peer);
    let server: JoinHandle<Vec<u8>> = tokio::spawn(async move { server.await.gone().await });
    let error = connect(&network, &starttls(Trust::Platform)).await.unwrap_err();
    (error, server.await.unwrap())
}

fn only_starttls(heard: &[u8]) -> bool {
    let heard = String::from_utf8_lossy(heard);
    heard.lines().all(|line| line.ends_with(" CAPABILITY") || line.ends_with(" STARTTLS"))
}

#[tokio::test]
async fn case_001_a_server_that_hides_starttls_gets_no_further_word() {
    let (error, heard) = refused_by(|mut peer| async move {
        peer.send("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n").await;
        peer
    })
    .await;
    assert_eq!((error, heard), (ImapError::NoTls, Vec::new()));
}

#[tokio::test]
async fn case_002_any_answer_but_ok_to_starttls_ends_it() {
    for answer in ["{tag} NO no\r\n", "{tag} BAD bad\r\n", "+ go on\r\n", "* BYE bye\r\n", "* OK sure\r\n", "X9 OK\r\n"]
    {
        let (error, heard) = refused_by(|mut peer| async move {
            peer.send("* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n").await;
            let tag = peer.command("STARTTLS").await;
            peer.send(answer.replace("{tag}", &tag)).await;
            if !answer.starts_with("{tag}") {
                peer.hang_up().await;
            }
            peer
        })
        .await;
        assert!(only_starttls(&heard), "{answer}");
        assert!(!matches!(error, ImapError::Wire(WireError::Certificate(_))), "{answer}: {error:?}");
    }
}

#[tokio::test]
async fn case_003_an_ok_said_in_advance_starts_no_handshake() {
    // Tags are easy to guess.
    for tag in ["A0001", "A0002", "A0003"] {
        let (error, heard) = refused_by(|mut peer| async move {
            peer.send(format!("* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n{tag} OK begin\r\n")).await;
            peer
        })
        .await;
        assert!(matches!(error, ImapError::Wire(WireError::Protocol(_))), "{error:?}");
        assert!(only_starttls(&heard), "no handshake");
    }
}

#[tokio::test]
async fn case_004_bytes_behind_the_ok_to_starttls_end_it() {
    for behind in ["* LIST () \"/\" evil\r\n", "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", "A0003 OK\r\n", "x"] {
        let (error, heard) = refused_by(|mut peer| async move {
            peer.send("* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n").await;
            let tag = peer.command("STARTTLS").await;
            peer.send(format!("{tag} OK begin\r\n{behind}")).await;
            peer
        })
        .await;
        assert_eq!(error, WireError::Protocol("data before TLS that was not asked for").into(), "{behind}");
        assert!(only_starttls(&heard));
    }
}

#[tokio::test]
async fn case_005_a_greeting_that_skips_the_login_is_refused() {
    for security in [Security::StartTls, Security::Plaintext] {
        let (network, mut peer) = connection();
        peer.send("* PREAUTH [CAPABILITY IMAP4rev1 STARTTLS] welcome\r\n").await;
        let error = connect(&network, &endpoint(security, Trust::Platform)).await.unwrap_err();
        assert_eq!(error, ImapError::PreAuthWithoutTls);
        assert!(peer.gone().await.is_empty());
    }
    let (network, mut peer) = connection();
    let identity = self_signed(|_| ());
    let trust = identity.pin();
    let server = tokio::spawn(async move {
        assert!(peer.tls(&identity).await);
        peer.send("* PREAUTH welcome\r\n").await;
        peer.gone().await
    });
    let error = connect(&network, &endpoint(Security::Tls, trust)).await.unwrap_err();
    assert!(matches!(error, ImapError::Protocol(_)), "{error:?}");
    assert!(server.await.unwrap().is_empty());
}

/// Goes through STARTTLS; the server says `before` before it and `capabilities` after it.
async fn upgraded(before: &'static str, capabilities: &'static str) -> (postrider::imap::Session, JoinHandle<Vec<u8>>) {
    let (network, mut peer) = connection();
    let identity = self_signed(|_| ());
    let trust = identity.pin();
    let server = tokio::spawn(async move {
        peer.send(format!("{before}* OK [CAPABILITY IMAP4rev1 STARTTLS AUTH=PLAIN SASL-IR] hello\r\n")).await;
        let tag = peer.command("STARTTLS").await;
        peer.send(format!("* 7 EXISTS\r\n* LIST () \"/\" evil\r\n* OK [ALERT] pay here\r\n{tag} OK begin\r\n")).await;
        assert!(peer.tls(&identity).await);
        while let Some(line) = peer.line().await {
            let tag = line.split(' ').next().unwrap().to_owned();
            if line.ends_with(" CAPABILITY") {
                peer.send(format!("* CAPABILITY {capabilities}\r\n")).await;
            }
            peer.send(format!("{tag} OK done\r\n")).await;
        }
        peer.gone().await
    });
    (connect(&network, &starttls(trust)).await.unwrap(), server)
}

#[tokio::test]
async fn case_006_007_nothing_said_before_tls_is_told_after_it() {
    let (mut session, server) = upgraded("", "IMAP4rev1").await;
    session.submit(command::noop());
    assert!(matches!(session.next().await, Ok(Event::Done { .. })), "the first event is the answer to NOOP");
    drop(session);
    server.await.unwrap();
}

#[tokio::test]
async fn case_008_a_referral_is_not_followed() {
    let (network, mut peer) = connection();
    let server = tokio::spawn(async move {
        peer.send("* OK [REFERRAL imap://evil.example/] moved\r\n").await;
        let tag = peer.command("NOOP").await;
        peer.send(format!("{tag} NO [REFERRAL imap://evil.example/INBOX] moved\r\n")).await;
        peer.gone().await
    });
    let mut session = connect(&network, &endpoint(Security::Plaintext, Trust::Platform)).await.unwrap();
    session.submit(command::noop());
    while !matches!(session.next().await.unwrap(), Event::Done { .. }) {}
    drop(session);
    server.await.unwrap();
    assert_eq!(network.hosts(), ["mail.example.org"]);
}

#[tokio::test]
async fn case_009_015_what_is_no_greeting_gets_no_word() {
    for greeting in [
        "HTTP/1.1 302 Found\r\nLocation: http://portal/\r\n\r\n<html>\r\n",
        "<!DOCTYPE html>\r\n",
        "220 mail.example.org ESMTP\r\n",
        "+OK POP3\r\n",
        "* 5 EXISTS\r\n",
        "* CAPABILITY IMAP4rev1\r\n",
        "A0001 OK hello\r\n",
        "* OKAY\r\n",
        "SSH-2.0-x\r\n",
    ] {
        let (error, heard) = refused_by(|mut peer| async move {
            peer.send(greeting).await;
            peer
        })
        .await;
        assert_eq!(error, ImapError::Protocol("no greeting: this is no IMAP server"), "{greeting}");
        assert!(heard.is_empty());
    }
}

#[tokio::test]
async fn case_010_only_what_the_server_can_do_after_tls_decides_how_to_log_in() {
    // Before TLS, PLAIN was offered; after it, LOGIN alone is left.
    let (mut session, server) = upgraded("", "IMAP4rev1").await;
    assert!(session.is_secure() && !session.capabilities_known() && session.capabilities().is_empty());
    let credentials = Credentials::Password { user: "tim".to_owned(), secret: Secret::new(SECRET) };
    let login = session.login_command(&starttls(Trust::Platform), &credentials, None).await.unwrap().unwrap();
    assert_eq!(login.name(), "LOGIN");
    drop(session);
    server.await.unwrap();
}

#[tokio::test]
async fn case_011_no_path_believes_a_wrong_certificate() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let faults = [
        (authority.issue(expired), CertificateFault::Expired),
        (authority.issue(for_another_host), CertificateFault::WrongHost),
        (authority.issue(for_clients), CertificateFault::Untrusted),
        (stranger.issue(|_| ()), CertificateFault::Untrusted),
        (self_signed(|_| ()), CertificateFault::Untrusted),
        (self_signed(as_authority), CertificateFault::Untrusted),
    ];
    for (identity, fault) in faults {
        for security in [Security::Tls, Security::StartTls] {
            let error = met(security, &identity, authority.trust()).await.unwrap_err();
            assert_eq!(error, WireError::Certificate(fault).into(), "{security:?}");
        }
    }
    for security in [Security::Tls, Security::StartTls] {
        let good = authority.issue(|_| ());
        met(security, &good, authority.trust()).await.unwrap();
        assert!(met(security, &good, Trust::Platform).await.is_err(), "the system knows nothing of that authority");
    }
}

#[tokio::test]
async fn case_012_a_pinned_key_is_believed_and_no_other() {
    // Self-signed, calling itself an authority as `openssl req -x509` makes it, out of date and for another host.
    let pinned = self_signed(|params| {
        for_another_host(params);
        as_authority(params);
        expired(params);
    });
    for security in [Security::Tls, Security::StartTls] {
        met(security, &pinned, pinned.pin()).await.unwrap();
        let error = met(security, &self_signed(|_| ()), pinned.pin()).await.unwrap_err();
        assert_eq!(error, WireError::Certificate(CertificateFault::NotPinned).into());
    }
}

/// Connects to a server with this certificate.
async fn met(security: Security, identity: &crate::support::tls::Identity, trust: Trust) -> Result<(), ImapError> {
    let (network, mut peer) = connection();
    let endpoint = endpoint(security, trust);
    let server = async {
        if security == Security::StartTls {
            peer.send("* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n").await;
            peer.ok("STARTTLS").await;
        }
        if peer.tls(identity).await && security == Security::Tls {
            peer.send("* OK hello\r\n").await;
        }
    };
    let (outcome, ()) = tokio::join!(connect(&network, &endpoint), server);
    outcome.map(|session| assert!(session.is_secure()))
}

#[tokio::test]
async fn case_013_the_end_of_tls_without_its_farewell_is_no_end_of_a_message() {
    let (network, mut peer) = connection();
    let identity = self_signed(|_| ());
    let trust = identity.pin();
    let server = tokio::spawn(async move {
        assert!(peer.tls(&identity).await);
        peer.send("* OK hello\r\n").await;
        peer.command("NOOP").await;
        peer.send("* 1 FETCH (UID 9 BODY[] {100}\r\nonly this").await;
    });
    let mut session = connect(&network, &endpoint(Security::Tls, trust)).await.unwrap();
    session.submit(command::noop());
    assert_eq!(session.next().await, Err(WireError::Closed.into()));
    let partial = session.take_partial().unwrap();
    assert_eq!(partial.data, postrider::wire::Literal::Memory(b"only this"[..].into()));
    assert_eq!((partial.announced, partial.before.as_slice()), (100, &b"* 1 FETCH (UID 9 BODY[] {100}\r\n"[..]));
    server.await.unwrap();
}

#[tokio::test]
async fn case_014_what_is_no_tls_of_today_is_refused() {
    // A server that answers the handshake by TLS 1.0's word for "I know no such version".
    let (network, mut peer) = connection();
    let server = tokio::spawn(async move {
        peer.send([21, 3, 1, 0, 2, 2, 70]).await;
        peer.gone().await
    });
    let error = connect(&network, &endpoint(Security::Tls, Trust::Platform)).await.unwrap_err();
    assert_eq!(error, WireError::TlsPolicy.into());
    server.await.unwrap();
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let (network, mut peer) = connection();
        let identity = self_signed(|_| ());
        let endpoint = endpoint(Security::Tls, identity.pin());
        let server = async {
            assert!(peer.tls_of(&identity, &[version]).await);
            peer.send("* OK hello\r\n").await;
        };
        let (session, ()) = tokio::join!(connect(&network, &endpoint), server);
        session.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn case_016_a_handshake_that_stalls_ends_in_time() {
    // Of what the server says, only so many bytes arrive; the connection stays open.
    let mut stalled = 0;
    for bytes in (0..).step_by(16) {
        let (network, mut peer) = connection();
        let identity = self_signed(|_| ());
        let endpoint = endpoint(Security::Tls, identity.pin());
        peer.stall_after(bytes);
        let server = async {
            peer.tls(&identity).await;
            std::future::pending::<()>().await;
        };
        let start = tokio::time::Instant::now();
        let outcome = tokio::select! {
            outcome = connect(&network, &endpoint) => outcome,
            () = server => unreachable!(),
        };
        assert_eq!(outcome.unwrap_err(), WireError::TimedOut.into());
        if start.elapsed() > Duration::from_secs(21) {
            // The handshake went through: it is the greeting that is missing.
            assert!(start.elapsed() <= Duration::from_secs(61));
            break;
        }
        stalled += 1;
    }
    assert!(stalled > 20, "{stalled}");
}
