//! Replays recorded and collected server responses through the parser. Runs where `POSTRIDER_CORPUS` names the folder
//! of the corpora; they are others' work and no part of this repository.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod check;
mod framing;
mod sources;

use std::io::Write;
use std::path::PathBuf;

use check::Tally;
use framing::responses;

/// The folder of IMAP transcripts, or `None`, said plainly, where there is no corpus.
fn transcripts() -> Option<PathBuf> {
    match std::env::var_os("POSTRIDER_CORPUS") {
        Some(folder) => Some(PathBuf::from(folder).join("imap-transcripts")),
        None => {
            say("corpus suite not run: POSTRIDER_CORPUS is not set");
            None
        }
    }
}

/// Says something even where the harness captures output.
fn say(text: &str) {
    std::io::stderr().write_all(format!("\n{text}\n").as_bytes()).expect("stderr");
}

/// Checks every response of every source; at least so many must be there, or the corpus was not read as meant.
fn replay(name: &str, at_least: usize, source: impl FnOnce(PathBuf) -> Vec<(String, Vec<u8>)>) {
    let Some(folder) = transcripts() else { return };
    let mut tally = Tally::default();
    for (origin, bytes) in source(folder) {
        for response in responses(&bytes) {
            tally.check(&origin, &response);
        }
    }
    say(&format!("{name}: {}", tally.summary()));
    assert!(tally.faults.is_empty(), "{}", tally.faults.join("\n"));
    assert!(tally.checked >= at_least, "only {} responses found", tally.checked);
}

#[test]
fn recorded_answers_of_real_servers_are_understood() {
    replay("mailkit", 800, sources::mailkit);
}

#[test]
fn single_lines_of_the_standards_are_understood() {
    replay("mox", 1_000, sources::mox);
    replay("libetpan", 20, sources::libetpan);
}

#[test]
fn responses_with_known_meaning_are_of_their_kind() {
    replay("ruby-net-imap", 130, sources::ruby);
    let Some(folder) = transcripts() else { return };
    let mut compared = 0;
    for (bytes, name, code) in sources::ruby_meanings(&folder) {
        let Some(frame) = responses(&bytes).into_iter().next() else { continue };
        let (read, read_code) = check::names(&postrider::imap::parse::untagged(&frame));
        if !read.is_empty() {
            let name = if name == "ESEARCH" { "SEARCH".to_owned() } else { name };
            assert_eq!((read, &read_code), (name.as_str(), &code), "{}", bytes.escape_ascii());
            compared += 1;
        }
    }
    assert!(compared >= 55, "only {compared} responses compared");
}

#[test]
fn what_test_suites_of_servers_expect_is_understood() {
    replay("imaptest", 400, sources::imaptest);
    replay("james", 1_000, sources::james);
}

#[test]
fn hostile_servers_and_greetings_are_understood() {
    replay("nostarttls", 30, sources::nostarttls);
    replay("banners", 16, sources::banners);
}

#[test]
fn mailbox_names_are_decoded_as_the_table_says() {
    let Some(folder) = transcripts() else { return };
    let mut names = 0;
    for (text, raw) in sources::utf7_pairs(&folder) {
        assert_eq!(postrider::imap::utf7::decode(raw.as_bytes()).as_deref(), Some(text.as_str()), "{raw}");
        assert_eq!(postrider::imap::utf7::encode(&text), raw.as_bytes());
        names += 1;
    }
    for (raw, why) in sources::utf7_invalid(&folder) {
        // A plus sign shifts in plain UTF-7 only: here it is a letter like others.
        let expected = raw.starts_with('+').then(|| raw.clone());
        assert_eq!(postrider::imap::utf7::decode(raw.as_bytes()), expected, "{raw}: {why}");
        assert_eq!(postrider::imap::utf7::shown(raw.as_bytes()), raw);
        names += 1;
    }
    assert!(names >= 30, "only {names} names found");
}
