//! Servers that break off, talk nonsense, or deny what every server tells.

use std::sync::Arc;

use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile, StatusItem};
use postrider_model::world::{FlagChange, NewMessage};

use crate::bad_server::victim::{MAILS, SYNC, Victim, mail};

/// Every stage of a sync, by the command in which it shows.
const STAGES: [&str; 7] = ["GREETING", "AUTHENTICATE", "ENABLE", "NAMESPACE", "LIST", "EXAMINE", "UID FETCH"];

/// Changes each untagged response that holds `word`.
fn each(word: &'static str, change: impl Fn(String) -> String + Send + Sync + 'static) -> Act {
    Act::Rewrite(Arc::new(move |responses: Vec<Vec<u8>>| {
        let one = |response: Vec<u8>| {
            let text = String::from_utf8_lossy(&response).into_owned();
            if text.starts_with("* ") && text.contains(word) { change(text).into_bytes() } else { response }
        };
        responses.into_iter().map(one).collect()
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn case_041_a_farewell_at_any_stage_is_told_and_costs_nothing() {
    let victim = Victim::new().await;
    for stage in STAGES {
        victim.fails_by(stage, Act::Bye("so long".to_owned()), 3, "server_unavailable");
        victim.fails_by(stage, Act::Bye("[UNAVAILABLE] later".to_owned()), 3, "server_unavailable");
        if stage != "GREETING" {
            victim.fails_by(stage, Act::ByeAfter("so long".to_owned()), 3, "server_unavailable");
        }
    }
    victim.recovers();
}

#[tokio::test(flavor = "multi_thread")]
async fn case_041_a_connection_that_ends_at_any_stage_is_told_and_costs_nothing() {
    let victim = Victim::new().await;
    for stage in STAGES {
        victim.fails_by(stage, Act::Cut, 3, "network");
        if stage != "GREETING" {
            victim.fails_by(stage, Act::CutAfter, 3, "network");
        }
    }
    victim.recovers();
}

#[tokio::test(flavor = "multi_thread")]
async fn case_042_garbage_at_any_stage_breaks_the_protocol_or_is_stepped_over() {
    let victim = Victim::new().await;
    let every_byte: Vec<u8> = (0..=255).collect();
    for garbage in [
        &b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n\r\n<html>"[..],
        b"\x16\x03\x03\x00\x05hello\r\n",
        b"A9999 OK not yours\r\n",
        &every_byte,
        b"{5}\r\nhello\r\n",
        b"* 1 FETCH (UID 1 BODY[] {3}\r\nabcdef\r\n))))\r\n",
    ] {
        for stage in STAGES {
            victim.fails_by(stage, Act::Before(garbage.to_vec()), 3, "protocol");
        }
    }
    // What looks like a response of which nothing is known harms nobody.
    for garbage in ["* \u{fffd}\r\n", "* FOO (((\r\n", "* 99999999999 EXISTS\r\n", "* LIST\r\n", "* STATUS INBOX (\r\n"]
    {
        for stage in ["AUTHENTICATE", "LIST", "EXAMINE"] {
            victim.script().add(Rule::always(stage, Act::Between(garbage.as_bytes().to_vec())));
            let ran = victim.sync();
            assert_eq!(ran.code(), 0, "{garbage} in {stage}: {} {}", ran.out(), ran.err());
            victim.script().clear();
        }
    }
    victim.recovers();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_the_server_refuses_is_told() {
    let victim = Victim::new().await;
    for answer in ["NO [SERVERBUG] broken", "BAD what?"] {
        victim.fails_by("LIST", Act::Refuse(answer.to_owned()), 1, "server_refused");
        for stage in ["EXAMINE", "ENABLE", "NAMESPACE", "UID FETCH", "UID SEARCH"] {
            victim.script().add(Rule::always(stage, Act::Refuse(answer.to_owned())));
            let ran = victim.sync();
            assert!(matches!(ran.code(), 0 | 3), "{stage}: {} {}", ran.out(), ran.err());
            victim.script().clear();
        }
    }
    victim.recovers();
}

#[tokio::test(flavor = "multi_thread")]
async fn case_029_a_uidvalidity_of_zero_is_none_and_the_mailbox_is_left_alone() {
    for profile in [Profile::full(), Profile::bare()] {
        let victim = Victim::of(profile).await;
        let zero = || each("UIDVALIDITY ", |text| zeroed(&text, "UIDVALIDITY "));
        for command in ["EXAMINE", "LIST", "STATUS"] {
            victim.script().add(Rule::always(command, zero()));
        }
        victim.person.deliver("INBOX", NewMessage::new(mail(50))).unwrap();
        let ran = victim.sync();
        assert_eq!(ran.code(), 3, "{} {}", ran.out(), ran.err());
        assert!(ran.out().contains("\"event\":\"notice\""), "the person is told: {}", ran.out());
        assert_eq!(victim.listed().len() as u64, MAILS);
    }
}

/// The text with the number behind `word` made zero.
fn zeroed(text: &str, word: &str) -> String {
    let mut pieces = text.split(word);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push_str(word);
        out.push('0');
        out.push_str(piece.trim_start_matches(|char: char| char.is_ascii_digit()));
    }
    out
}

#[tokio::test(flavor = "multi_thread")]
async fn case_029_uids_and_modseqs_of_zero_or_beyond_are_none() {
    for (word, command, beyond) in [
        ("UID ", "UID FETCH", "4294967296"),
        ("MODSEQ ", "UID FETCH", "9223372036854775808"),
        ("HIGHESTMODSEQ ", "EXAMINE", "9223372036854775808"),
    ] {
        for number in ["0", beyond, "18446744073709551616", "-1", "NIL"] {
            let victim = Victim::new().await;
            let change =
                move |text: String| zeroed(&text, word).replace(&format!("{word}0"), &format!("{word}{number}"));
            victim.script().add(Rule::always(command, each(word, change)));
            victim.person.set_flags("INBOX", &[3], FlagChange::Add, &["\\Seen"]).unwrap();
            victim.person.deliver("INBOX", NewMessage::new(mail(50))).unwrap();
            let ran = victim.machine.run(&SYNC);
            assert!(matches!(ran.code(), 0 | 3) && !ran.err().contains("panicked"), "{} {}", ran.out(), ran.err());
            assert!(victim.listed().len() as u64 >= MAILS, "nothing is lost");
            victim.script().clear();
            let ran = victim.machine.run(&SYNC);
            assert_eq!(ran.objects().last().unwrap()["complete"], true, "{word}{number}: {}", ran.out());
            assert_eq!(victim.listed().len() as u64, MAILS + 1, "{word}{number}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_049_a_server_that_never_tells_uidnext_is_compared() {
    for mut profile in [Profile::full(), Profile::bare(), Profile::full().without(Extension::Qresync)] {
        profile.quirks.no_uidnext_at_select = true;
        profile.quirks.status_omits.push(StatusItem::UidNext);
        let victim = Victim::of(profile).await;
        victim.person.deliver("INBOX", NewMessage::new(mail(50))).unwrap();
        victim.person.deliver("INBOX", NewMessage::new(mail(51))).unwrap();
        let ran = victim.sync();
        assert_eq!(ran.objects().last().unwrap()["messages_new"], 2, "{}", ran.out());
        victim.unharmed();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_030_nil_everywhere_is_no_message_and_empties_none() {
    let victim = Victim::new().await;
    victim.person.deliver("INBOX", NewMessage::new(mail(50))).unwrap();
    let all_nil = |text: String| {
        let number = text.split(' ').nth(1).unwrap_or("1").to_owned();
        let uid = text.split("UID ").nth(1).map(|rest| rest.split([' ', ')']).next().unwrap_or("1").to_owned());
        format!(
            "* {number} FETCH (UID {} FLAGS NIL INTERNALDATE NIL RFC822.SIZE NIL MODSEQ NIL EMAILID NIL THREADID NIL \
             X-GM-MSGID NIL ENVELOPE NIL BODYSTRUCTURE NIL PREVIEW NIL BODY[] NIL BODY[HEADER.FIELDS (SUBJECT)] NIL)\r\n",
            uid.unwrap_or_else(|| "NIL".to_owned())
        )
    };
    let nil = |text: String| {
        let name = text.split(' ').nth(1).unwrap_or("OK").to_owned();
        format!("* {name} NIL NIL NIL\r\n")
    };
    victim.script().add(Rule::always("UID FETCH", each(" FETCH ", all_nil)));
    let ran = victim.sync();
    assert!(matches!(ran.code(), 0 | 3), "{} {}", ran.out(), ran.err());
    assert_eq!(victim.listed().len() as u64, MAILS, "no row without a mail");
    for (command, word) in [("LIST", "LIST "), ("LIST", "STATUS "), ("NAMESPACE", "NAMESPACE "), ("EXAMINE", "OK [")] {
        victim.script().clear();
        victim.script().add(Rule::always(command, each(word, nil)));
        let ran = victim.sync();
        assert!(matches!(ran.code(), 0 | 3), "{command} {word}: {} {}", ran.out(), ran.err());
    }
    // A first sync that meets nothing else.
    victim.script().clear();
    let ran = victim.sync();
    assert_eq!(ran.objects().last().unwrap()["complete"], true);
    assert_eq!(victim.listed().len() as u64, MAILS + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_020_a_structure_nested_ten_thousand_deep_costs_its_structure_alone() {
    let victim = Victim::new().await;
    for (number, depth) in [(100, 10_000), (101, 400_000)] {
        victim.person.deliver("INBOX", NewMessage::new(mail(number))).unwrap();
        let deep = move |text: String| {
            let (before, rest) = text.split_once("BODYSTRUCTURE ").unwrap();
            let header = rest.find("BODY[").map_or("", |at| &rest[at..]);
            let nested = "(".repeat(depth) + "\"text\" \"plain\"" + &")".repeat(depth);
            format!("{before}BODYSTRUCTURE {nested} {header}")
        };
        victim.script().add(Rule::always("UID FETCH", each("BODYSTRUCTURE ", deep)));
        let ran = victim.sync();
        assert_eq!(ran.objects().last().unwrap()["messages_new"], 1, "{} {}", ran.out(), ran.err());
        victim.script().clear();
        let newest = victim.listed()[0]["id"].as_str().unwrap().to_owned();
        assert_eq!(victim.machine.run(&["show", &newest, "--raw"]).0.stdout, mail(number));
        assert_eq!(victim.machine.run(&["show", &newest, "--structure"]).code(), 0);
    }
}
