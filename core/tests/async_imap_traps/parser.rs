//! Lines at which imap-proto panics, or takes the process with it, or tells less than was said.

use std::panic::catch_unwind;

use async_imap::imap_proto::{AttributeValue, Response};
use postrider::imap::{Event, StatusKind, Untagged};

use crate::support::answered;

fn parse(line: &[u8]) -> Response<'_> {
    Response::parse(line).unwrap().1
}

#[tokio::test]
async fn these_lines_panic() {
    for line in [
        &b"* OK [ALERT]\xc3\xa9\r\n"[..],
        b"* NO [PARSE]\xc3\xa9\r\n",
        b"* 1 FETCH (INTERNALDATE NIL)\r\n",
        b"* METADATA \"\" (/private/comment {1}\r\n\xff)\r\n",
    ] {
        let panicked = catch_unwind(|| drop(Response::parse(line))).is_err();
        assert!(panicked, "{}", line.escape_ascii());

        let (events, outcome) = answered(line).await;
        assert_eq!((events.len(), outcome.unwrap().kind), (1, StatusKind::Ok), "{}", line.escape_ascii());
    }
    // And behind a tag of ours.
    assert!(catch_unwind(|| drop(Response::parse(b"A0002 NO [ALERT]\xc3\xa9\r\n"))).is_err());
    let (_, outcome) = answered("A0002 NO [ALERT]\u{e9}\r\n").await;
    assert_eq!(outcome.unwrap().kind, StatusKind::No);
}

/// Set in the process that is made to die.
const DOOMED: &str = "POSTRIDER_TRAP_DOOMED";

#[tokio::test]
async fn parentheses_overflow_the_stack_and_end_the_process() {
    let line = format!("* 1 FETCH (BODYSTRUCTURE {})\r\n", "(".repeat(20_000));
    if std::env::var_os(DOOMED).is_some() {
        let parsing = move || Response::parse(line.as_bytes()).is_ok();
        // Smaller than the stack of any thread here; larger only delays it.
        let thread = std::thread::Builder::new().stack_size(512 * 1024).spawn(parsing).unwrap();
        let _ = thread.join();
        return;
    }
    let test = "parser::parentheses_overflow_the_stack_and_end_the_process";
    let doomed = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--test-threads=1"])
        .env(DOOMED, "1")
        .output()
        .unwrap();
    assert!(!doomed.status.success(), "the process should have died");
    assert!(doomed.status.code().is_none(), "by a signal, not by a failed test");

    let (events, outcome) = answered(line).await;
    assert_eq!((events.len(), outcome.unwrap().kind), (1, StatusKind::Ok));
}

#[tokio::test]
async fn quoted_strings_keep_their_backslashes() {
    let line = "* LIST () \"\\\\\" \"a\\\"b\"\r\n";
    assert!(format!("{:?}", parse(line.as_bytes())).contains("a\\\\\\\"b"), "the backslash is still in the name");

    let (events, _) = answered(line).await;
    let [Event::Data(Untagged::List(entry))] = &events[..] else { panic!("{events:?}") };
    assert_eq!((entry.name.as_slice(), entry.delimiter), (&b"a\"b"[..], Some('\\')));
}

#[tokio::test]
async fn values_are_lost_or_taken_for_others() {
    let Response::Fetch(_, attributes) = parse(b"* 1 FETCH (PREVIEW \"hello\")\r\n") else { panic!() };
    assert!(!format!("{attributes:?}").contains("hello"), "the preview is gone");
    assert!(attributes.iter().all(|attribute| !matches!(attribute, AttributeValue::Uid(_))));
    let (events, _) = answered("* 1 FETCH (PREVIEW \"hello\")\r\n").await;
    let [Event::Data(Untagged::Fetch(fetch))] = &events[..] else { panic!("{events:?}") };
    assert_eq!(fetch.preview.as_deref(), Some("hello"));

    assert!(matches!(parse(b"* ENABLED CONDSTORE\r\n"), Response::Capabilities(_)), "what was enabled is no ability");
    let (events, _) = answered("* ENABLED CONDSTORE\r\n").await;
    assert_eq!(events, [Event::Data(Untagged::Enabled(vec!["CONDSTORE".to_owned()]))]);

    let Response::Vanished { uids, .. } = parse(b"* VANISHED 5:1\r\n") else { panic!() };
    assert!(uids.iter().all(|range| range.is_empty()), "five messages have gone");
    let (events, _) = answered("* VANISHED 5:1\r\n").await;
    let [Event::Data(Untagged::Vanished { uids, .. })] = &events[..] else { panic!("{events:?}") };
    assert_eq!(uids.len(), 5);
}
