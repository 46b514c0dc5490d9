//! Faults on order.

use std::sync::Arc;
use std::time::Duration;

use postrider_model::ModelServer;
use postrider_model::fault::{Act, Chunks, Flow, Link, Rule, Scripted, Step};
use postrider_model::profile::Profile;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::{Answer, Client, with_mail};

async fn with_rule(rule: Rule, command: &str) -> (Answer, ModelServer) {
    let (server, _) = with_mail(Profile::full(), 3);
    let mut client = Client::inbox(&server).await;
    server.script().add(rule);
    let answer = client.run(command).await;
    (answer, server)
}

fn seen(server: &ModelServer) -> bool {
    server.world().with(|state| state.mailbox("jo", b"INBOX").unwrap().unseen()) < 3
}

const STORE: &str = "UID STORE 1 +FLAGS (\\Seen)";

#[tokio::test]
async fn a_command_is_refused_or_denied_after_the_fact() {
    let (answer, server) = with_rule(Rule::once("UID STORE", Act::Refuse("NO [OVERQUOTA] full".into())), STORE).await;
    assert!(answer.tagged == "NO [OVERQUOTA] full" && answer.untagged.is_empty() && !seen(&server));
    let (answer, server) = with_rule(Rule::once("UID STORE", Act::Deny("NO lost it".into())), STORE).await;
    assert!(answer.tagged == "NO lost it" && answer.has("FETCH") && seen(&server));
}

#[tokio::test]
async fn the_connection_ends_before_or_after_the_effect() {
    for (act, applied, bye) in [
        (Act::Cut, false, false),
        (Act::CutAfter, true, false),
        (Act::Bye("maintenance".into()), false, true),
        (Act::ByeAfter("maintenance".into()), true, true),
    ] {
        let (answer, server) = with_rule(Rule::once("UID STORE", act.clone()), STORE).await;
        assert_eq!(answer.tagged, "the connection ended", "{act:?}");
        assert_eq!((seen(&server), answer.has("* BYE maintenance")), (applied, bye), "{act:?}");
    }
}

#[tokio::test]
async fn responses_are_left_out_doubled_turned_and_changed() {
    const FETCH: &str = "UID FETCH 1:3 (FLAGS)";
    let uids = |answer: &Answer| -> Vec<char> {
        let at = |line: &String| line.split_once("UID ").map(|(_, rest)| rest.chars().next().unwrap());
        answer.untagged.iter().filter_map(at).collect()
    };
    let (answer, _) = with_rule(Rule::once("UID FETCH", Act::Omit("UID 2".into())), FETCH).await;
    assert_eq!(uids(&answer), ['1', '3']);
    let (answer, _) = with_rule(Rule::once("UID FETCH", Act::Duplicate("UID 2".into())), FETCH).await;
    assert_eq!(uids(&answer), ['1', '2', '2', '3']);
    let (answer, _) = with_rule(Rule::once("UID FETCH", Act::Reverse), FETCH).await;
    assert_eq!(uids(&answer), ['3', '2', '1']);
    let (answer, _) = with_rule(Rule::once("UID FETCH", Act::Replace("UID 2".into(), "UID 9".into())), FETCH).await;
    assert_eq!(uids(&answer), ['1', '9', '3']);
    let (answer, _) = with_rule(Rule::once("UID FETCH", Act::Before(b"* FOO\r\n".to_vec())), FETCH).await;
    assert_eq!(answer.untagged[0], "* FOO");
    let (answer, _) = with_rule(Rule::once("UID FETCH", Act::Between(b"* FOO\r\n".to_vec())), FETCH).await;
    assert_eq!(answer.untagged[3], "* FOO");
    let only_tag = Act::Rewrite(Arc::new(|mut responses| responses.split_off(responses.len() - 1)));
    let (answer, _) = with_rule(Rule::once("UID FETCH", only_tag), FETCH).await;
    assert!(answer.untagged.is_empty() && answer.tagged.starts_with("OK"));
}

#[tokio::test]
async fn rules_count_commands_and_end() {
    let (server, _) = with_mail(Profile::full(), 1);
    let mut client = Client::inbox(&server).await;
    server.script().add(Rule::once("NOOP", Act::Refuse("NO once".into())).after(1));
    server.script().add(Rule::once("CHECK", Act::After(b"* FOO\r\n".to_vec())));
    assert_eq!(server.script().waiting(), 2);
    client.ok("NOOP").await;
    assert_eq!(client.run("NOOP").await.tagged, "NO once");
    assert!(client.ok("NOOP").await.untagged.is_empty());
    client.ok("CHECK").await;
    assert_eq!(client.ok("NOOP").await.untagged, ["* FOO"]);
    assert_eq!(server.script().waiting(), 0);
}

const BEFORE: &str = "a LOGIN jo secret\r\nb SELECT INBOX\r\nc UID STORE 1 +FLAGS.SILENT (\\Seen)\r\n";

/// Says everything at once and reads to the end.
async fn exchange(server: &ModelServer, link: Link) -> Vec<u8> {
    let (mut stream, _) = server.connect_over(link);
    let text = [BEFORE, "d LOGOUT\r\n"].concat();
    // The link may be cut while this is under way: that is what the test is about.
    let _ = stream.write_all(text.as_bytes()).await;
    let mut received = Vec::new();
    let _ = stream.read_to_end(&mut received).await;
    received
}

#[tokio::test(start_paused = true)]
async fn a_cut_at_every_byte_delivers_exactly_what_came_before() {
    let whole = exchange(&with_mail(Profile::full(), 1).0, Link::default()).await;
    assert!(whole.ends_with(b"d OK bye\r\n"));
    for cut in 0..=whole.len() {
        let (server, _) = with_mail(Profile::full(), 1);
        let received = exchange(&server, Link::cut_to_client(cut as u64)).await;
        assert_eq!(received, whole[..cut]);
    }
    let mut applied = Vec::new();
    for cut in 0..BEFORE.len() as u64 + 12 {
        let (server, _) = with_mail(Profile::full(), 1);
        exchange(&server, Link::cut_to_server(cut)).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        applied.push(server.world().with(|state| state.mailbox("jo", b"INBOX").unwrap().unseen()) == 0);
    }
    assert_eq!(applied.iter().position(|applied| *applied), Some(BEFORE.len()));
    assert!(applied[BEFORE.len()..].iter().all(|applied| *applied));
}

#[tokio::test(start_paused = true)]
async fn a_link_takes_its_time() {
    let (server, _) = with_mail(Profile::full(), 200);
    let (stream, control) = server.connect_over(Link::round_trip(Duration::from_millis(200)));
    let start = tokio::time::Instant::now();
    let mut client = Client::over(stream).await;
    for command in ["LOGIN jo secret", "SELECT INBOX", "NOOP"] {
        client.ok(command).await;
    }
    assert_eq!(start.elapsed().as_millis(), 700);
    let tags = [client.begin("NOOP").await, client.begin("NOOP").await, client.begin("NOOP").await];
    for tag in tags {
        client.finish(&tag).await;
    }
    assert_eq!(start.elapsed().as_millis(), 900, "pipelined commands share a round trip");
    let before = control.to_client();
    client.ok("FETCH 1:* ENVELOPE").await;
    assert!(control.to_client() - before > 40_000);

    let slow = Flow { bandwidth: Some(10_000), ..Flow::default() };
    let (stream, control) = server.connect_over(Link { to_client: slow, ..Link::default() });
    let start = tokio::time::Instant::now();
    let mut client = Client::over(stream).await;
    client.ok("LOGIN jo secret").await;
    client.ok("SELECT INBOX").await;
    client.ok("FETCH 1:* ENVELOPE").await;
    let expected = control.to_client() as f64 / 10_000.0;
    assert!((start.elapsed().as_secs_f64() - expected).abs() < 2.0, "{:?} for {expected}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_stalled_link_is_silent_until_released() {
    let (server, _) = with_mail(Profile::full(), 1);
    let stalled = Flow { stall: Some(10), ..Flow::default() };
    let (mut stream, control) = server.connect_over(Link { to_client: stalled, ..Link::default() });
    let mut head = [0; 10];
    stream.read_exact(&mut head).await.unwrap();
    let mut more = [0; 1];
    let hour = Duration::from_secs(3600);
    assert!(tokio::time::timeout(hour, stream.read_exact(&mut more)).await.is_err());
    control.release();
    stream.read_exact(&mut more).await.unwrap();
    control.stall();
    let mut client = Client::resume(stream);
    assert!(tokio::time::timeout(hour, client.run("NOOP")).await.is_err());
    control.cut();
    assert!(client.response().await.is_none_or(|line| !line.contains("NOOP")));
}

#[tokio::test]
async fn any_chunking_brings_the_same_octets() {
    let whole = exchange(&with_mail(Profile::full(), 1).0, Link::default()).await;
    for chunks in [Chunks::AtMost(1), Chunks::AtMost(7), Chunks::Seeded(1), Chunks::Seeded(2)] {
        let flow = Flow { chunks, ..Flow::default() };
        let link = Link { to_server: flow, to_client: flow };
        assert_eq!(exchange(&with_mail(Profile::full(), 1).0, link).await, whole, "{chunks:?}");
    }
}

#[tokio::test]
async fn a_scripted_server_says_what_it_was_told() {
    let script = Scripted::greeting("* OK hello")
        .answer("LOGIN *", "* CAPABILITY IMAP4rev1\r\n{tag} OK in\r\n")
        .answer("SELECT *", "* 99999999999999999999 EXISTS\r\n{tag} OK\r\n")
        .expect("* NOOP")
        .step(Step::Read(5));
    let (stream, playing) = script.connect();
    let mut client = Client::over(stream).await;
    assert!(client.ok("LOGIN jo secret").await.has("CAPABILITY"));
    assert!(client.ok("SELECT INBOX").await.has("99999999999999999999"));
    client.begin("NOOP").await;
    client.send("12345").await;
    let transcript = playing.await.unwrap();
    assert_eq!((transcript.failure, transcript.steps), (None, 7));
    assert_eq!(transcript.received.last().unwrap(), b"12345");
    let (stream, playing) = Scripted::greeting("* OK").expect("* LOGIN *").connect();
    let mut client = Client::over(stream).await;
    assert_eq!(client.run("NOOP").await.tagged, "the connection ended");
    assert_eq!(playing.await.unwrap().failure.as_deref(), Some("expected * LOGIN *"));
}
