//! Login mechanisms, TLS and compression.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use postrider_model::Security;
use postrider_model::profile::{Extension, Profile};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::client::{Client, server, with_mail};

async fn try_auth(profile: Profile, lines: &[&str]) -> crate::client::Answer {
    let (server, _) = server(profile);
    server.world().with(|state| state.account_mut("jo").unwrap().tokens.insert("token".to_owned()));
    let mut client = Client::over(server.connect_in_memory()).await;
    let tag = client.begin(lines[0]).await;
    for line in &lines[1..] {
        assert!(client.response().await.unwrap().starts_with('+'));
        client.send(format!("{line}\r\n")).await;
    }
    client.finish(&tag).await
}

#[tokio::test]
async fn every_mechanism_lets_the_right_ones_in() {
    let b64 = |text: &str| STANDARD.encode(text);
    let plain = b64("\0jo\0secret");
    let bearer = b64("user=jo\u{1}auth=Bearer token\u{1}\u{1}");
    let oauth = b64("n,a=jo,\u{1}host=x\u{1}auth=Bearer token\u{1}\u{1}");
    let wrong = b64("user=jo\u{1}auth=Bearer old\u{1}\u{1}");
    for (lines, tagged) in [
        (vec!["AUTHENTICATE PLAIN".to_owned(), plain.clone()], "OK [CAPABILITY "),
        (vec![format!("AUTHENTICATE PLAIN {plain}")], "OK"),
        (vec![format!("AUTHENTICATE plain {}", b64("\0jo\0wrong"))], "NO [AUTHENTICATIONFAILED]"),
        (vec!["AUTHENTICATE LOGIN".to_owned(), b64("jo"), b64("secret")], "OK"),
        (vec![format!("AUTHENTICATE XOAUTH2 {bearer}")], "OK"),
        (vec!["AUTHENTICATE OAUTHBEARER".to_owned(), oauth], "OK"),
        (vec![format!("AUTHENTICATE XOAUTH2 {wrong}"), String::new()], "NO [AUTHENTICATIONFAILED]"),
        (vec!["AUTHENTICATE PLAIN".to_owned(), "*".to_owned()], "BAD"),
        (vec!["AUTHENTICATE GSSAPI".to_owned()], "NO"),
    ] {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let answer = try_auth(Profile::full(), &lines).await;
        assert!(answer.tagged.starts_with(tagged), "{answer:?}");
    }
    let refused = try_auth(Profile::full().without(Extension::SaslIr), &[&format!("AUTHENTICATE PLAIN {plain}")]).await;
    assert!(refused.tagged.starts_with("BAD"));
}

#[tokio::test]
async fn a_full_house_is_no_wrong_password() {
    let mut profile = Profile::full();
    profile.quirks.max_sessions = Some(1);
    let (server, _) = server(profile);
    let first = Client::login(&server).await;
    let mut second = Client::over(server.connect_in_memory()).await;
    assert!(second.run("LOGIN jo secret").await.tagged.starts_with("NO [LIMIT]"));
    drop(first);
    tokio::task::yield_now().await;
    second.ok("LOGIN jo secret").await;
}

fn configs() -> (Arc<ServerConfig>, Arc<ClientConfig>) {
    let issued = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let certificate = CertificateDer::from(issued.cert.der().to_vec());
    let key = PrivateKeyDer::try_from(issued.signing_key.serialize_der()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = || Arc::new(rustls::crypto::ring::default_provider());
    let server = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let server = server.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let client = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    (Arc::new(server), Arc::new(client.with_root_certificates(roots).with_no_client_auth()))
}

#[tokio::test]
async fn starttls_protects_the_login() {
    let mut profile = Profile::full();
    profile.login_disabled_without_tls = true;
    let (server, _) = with_mail(profile, 1);
    let (server_config, client_config) = configs();
    let listening = server.listen("127.0.0.1:0", Security::StartTls(server_config)).await.unwrap();
    let mut plain = Client::over(TcpStream::connect(listening.address()).await.unwrap()).await;
    assert!(plain.greeting.contains("STARTTLS LOGINDISABLED") && !plain.greeting.contains("AUTH="));
    assert!(plain.run("LOGIN jo secret").await.tagged.starts_with("NO [PRIVACYREQUIRED]"));
    plain.ok("STARTTLS").await;
    let name = ServerName::try_from("localhost").unwrap();
    let secured = TlsConnector::from(client_config).connect(name, plain.stream).await.unwrap();
    let mut client = Client::resume(secured);
    let capabilities = client.ok("CAPABILITY").await;
    assert!(capabilities.has("AUTH=PLAIN") && !capabilities.has("STARTTLS") && !capabilities.has("LOGINDISABLED"));
    client.ok("LOGIN jo secret").await;
    assert!(client.ok("SELECT INBOX").await.has("* 1 EXISTS"));
}

#[tokio::test]
async fn commands_behind_starttls_are_not_taken_over() {
    let (server, _) = with_mail(Profile::full(), 1);
    let (server_config, _) = configs();
    let (near, far) = tokio::io::duplex(4096);
    tokio::spawn(server.serve(far, Some(server_config)));
    let mut client = Client::over(near).await;
    let answer = client.run("STARTTLS\r\nx1 LOGIN jo secret").await;
    assert!(answer.tagged.starts_with("BAD"), "{answer:?}");
}

#[tokio::test]
async fn implicit_tls_serves_from_the_first_octet() {
    let (server, _) = with_mail(Profile::full(), 2);
    let (server_config, client_config) = configs();
    let listening = server.listen("127.0.0.1:0", Security::Tls(server_config)).await.unwrap();
    let stream = TcpStream::connect(listening.address()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = Client::over(TlsConnector::from(client_config).connect(name, stream).await.unwrap()).await;
    client.ok("LOGIN jo secret").await;
    assert!(client.ok("SELECT INBOX").await.has("* 2 EXISTS"));
}

#[tokio::test]
async fn dropping_the_listener_ends_its_sessions() {
    let (server, _) = with_mail(Profile::full(), 1);
    let listening = server.listen("127.0.0.1:0", Security::Plain).await.unwrap();
    let mut client = Client::over(TcpStream::connect(listening.address()).await.unwrap()).await;
    client.ok("NOOP").await;
    drop(listening);
    assert!(client.response().await.is_none());
}

#[tokio::test]
async fn compression_goes_both_ways() {
    let (server, _) = with_mail(Profile::full(), 300);
    let mut client = Client::inbox(&server).await;
    client.ok("COMPRESS DEFLATE").await;
    let (mut out, mut back) = (Compress::new(Compression::fast(), false), Decompress::new(false));
    let mut packed = Vec::with_capacity(4096);
    out.compress_vec(b"z1 UID FETCH 1:* (ENVELOPE)\r\nz2 COMPRESS DEFLATE\r\n", &mut packed, FlushCompress::Sync)
        .unwrap();
    client.stream.write_all(&packed).await.unwrap();
    let (mut text, mut received) = (Vec::new(), 0);
    while !text.windows(6).any(|here| here == b"z2 NO ") {
        let mut buffer = vec![0; 4096];
        let read = client.stream.read(&mut buffer).await.unwrap();
        received += read;
        let mut rest = &buffer[..read];
        while !rest.is_empty() {
            text.reserve(64 << 10);
            let before = back.total_in();
            back.decompress_vec(rest, &mut text, FlushDecompress::Sync).unwrap();
            rest = &rest[usize::try_from(back.total_in() - before).unwrap()..];
        }
    }
    let text = String::from_utf8(text).unwrap();
    assert_eq!(text.matches(" FETCH (UID ").count(), 300);
    assert!(text.contains("z2 NO [COMPRESSIONACTIVE]"));
    assert!(received * 3 < text.len(), "{received} octets for {}", text.len());
}
