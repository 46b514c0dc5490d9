//! The private servers speak TLS with a certificate that only their own authority vouches for, and POP3.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader, Error, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use postrider_tests::servers::{Certificate, Cyrus, CyrusOptions, Dovecot, DovecotOptions, LaunchError};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

fn up<S>(started: Result<S, LaunchError>) -> S {
    started.unwrap_or_else(|error| panic!("{error}"))
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

/// The first line that comes over TLS by someone who trusts this authority alone.
fn greeting_over_tls(port: u16, ca_pem: &str) -> Result<String, Error> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca_pem.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let session = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut line = String::new();
    BufReader::new(StreamOwned::new(session, connect(port))).read_line(&mut line)?;
    Ok(line)
}

fn assert_trusted_by_its_own_authority_alone(port: u16, ca_pem: &str, greeting: &str) {
    assert!(greeting_over_tls(port, ca_pem).unwrap().starts_with(greeting));
    assert!(greeting_over_tls(port, &Certificate::new().unwrap().ca_pem).is_err());
}

/// What the server says to STARTTLS on its plain port.
fn starttls(port: u16) -> String {
    let mut stream = BufReader::new(connect(port));
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    stream.get_mut().write_all(b"a STARTTLS\r\n").unwrap();
    line.clear();
    stream.read_line(&mut line).unwrap();
    line
}

#[test]
fn dovecot_speaks_tls_with_the_certificate_it_was_given() {
    let server = up(Dovecot::start(&DovecotOptions { tls: true, pop3: true, ..DovecotOptions::default() }));
    let ca_pem = server.ca_pem().unwrap();
    assert_trusted_by_its_own_authority_alone(server.imaps_port(), ca_pem, "* OK");
    assert_trusted_by_its_own_authority_alone(server.pop3s_port(), ca_pem, "+OK");
    assert!(starttls(server.imap_port()).starts_with("a OK"));
}

#[test]
fn cyrus_speaks_tls_with_the_certificate_it_was_given() {
    let server = up(Cyrus::start(&CyrusOptions { tls: true, ..CyrusOptions::default() }));
    let ca_pem = server.ca_pem().unwrap();
    assert_trusted_by_its_own_authority_alone(server.imaps_port(), ca_pem, "* OK");
    assert!(starttls(server.imap_port()).starts_with("a OK"));
}

#[test]
fn dovecot_hands_mail_out_over_pop3() {
    let server = up(Dovecot::start(&DovecotOptions { pop3: true, ..DovecotOptions::default() }));
    let user = server.user(1);
    let mail = b"Subject: one\r\n\r\nText\r\n";
    server.deliver(user, "INBOX", mail).unwrap();
    let mut stream = BufReader::new(connect(server.pop3_port()));
    let script = format!("USER {}\r\nPASS {}\r\nSTAT\r\n", user.name, user.password);
    stream.get_mut().write_all(script.as_bytes()).unwrap();
    let replies: Vec<String> = stream.lines().take(4).map(Result::unwrap).collect();
    assert_eq!(replies[3], format!("+OK 1 {}", mail.len()));
}
