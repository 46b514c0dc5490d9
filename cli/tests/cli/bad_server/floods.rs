//! Servers that never stop talking: memory stays what it was, whatever they say, and so does the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use postrider_model::fault::{Act, Rule};
use postrider_model::profile::Profile;
use postrider_model::world::NewMessage;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use crate::bad_server::victim::{MAILS, Talk, Victim, mail};

/// Octets of a flood after which the server gives up and closes: the program should have gone long before.
const ENOUGH: u64 = 256 * 1024 * 1024;

const CAPABILITIES: &str = "IMAP4rev1 SASL-IR AUTH=PLAIN ENABLE CONDSTORE QRESYNC NAMESPACE LIST-EXTENDED LIST-STATUS";

/// Agrees to every command until one of this name; then says `begin` and after it `flood` again and again, until the client has
/// gone. Counts what went out.
fn floods(stage: &'static str, begin: &'static str, flood: &'static [u8], sent: &Arc<AtomicU64>) -> Talk {
    let sent = Arc::clone(sent);
    Arc::new(move |stream| {
        let sent = Arc::clone(&sent);
        Box::pin(async move {
            let (from, mut to) = stream.into_split();
            let mut lines = BufReader::new(from).lines();
            if stage != "GREETING" {
                let _ = to.write_all(format!("* OK [CAPABILITY {CAPABILITIES}] hello\r\n").as_bytes()).await;
                while let Ok(Some(line)) = lines.next_line().await {
                    if line.contains(stage) {
                        break;
                    }
                    let tag = line.split(' ').next().unwrap_or_default();
                    if line.ends_with("CAPABILITY") {
                        let _ = to.write_all(format!("* CAPABILITY {CAPABILITIES}\r\n").as_bytes()).await;
                    }
                    let _ = to.write_all(format!("{tag} OK done\r\n").as_bytes()).await;
                }
            }
            let mut outcome = to.write_all(begin.as_bytes()).await;
            let much = flood.repeat(64 * 1024 / flood.len());
            while outcome.is_ok() && sent.load(Ordering::Relaxed) < ENOUGH {
                outcome = to.write_all(&much).await;
                sent.fetch_add(much.len() as u64, Ordering::Relaxed);
            }
        })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn case_021_a_line_without_end_is_given_up_at_any_stage() {
    let victim = Victim::new().await;
    for (stage, begin) in [
        ("GREETING", "* OK "),
        ("GREETING", ""),
        ("AUTHENTICATE", "+ "),
        ("NAMESPACE", "* NAMESPACE (("),
        ("LIST", "* LIST () \"/\" "),
        ("LIST", "* STATUS INBOX ("),
        ("EXAMINE", "* OK [PERMANENTFLAGS ("),
        ("UID FETCH", "* 1 FETCH (UID 1 FLAGS ("),
        ("UID FETCH", "* 1 FETCH (UID 1 BODYSTRUCTURE (\""),
    ] {
        let sent = Arc::default();
        victim.talks(floods(stage, begin, b"a", &sent));
        victim.sync_fails(3, "protocol");
        assert!(sent.load(Ordering::Relaxed) < 32 * 1024 * 1024, "{stage} {begin}: {sent:?} octets were taken");
    }
    victim.recovers();
}

#[tokio::test(flavor = "multi_thread")]
async fn case_022_a_literal_of_four_gigabytes_is_refused_at_its_announcement() {
    let victim = Victim::new().await;
    for announced in ["4294967295", "4294967296", "18446744073709551615", "99999999999999999999999"] {
        for (stage, begin) in [
            ("LIST", format!("* LIST () \"/\" {{{announced}}}\r\n")),
            ("EXAMINE", format!("* 1 FETCH (UID 1 BODY[] {{{announced}}}\r\n")),
        ] {
            victim.fails_by(stage, Act::Before(begin.into_bytes()), 3, "protocol");
        }
    }
    victim.recovers();
}

#[tokio::test(flavor = "multi_thread")]
async fn case_022_a_literal_that_nobody_asked_for_streams_by_and_leaves_nothing() {
    let victim = Victim::new().await;
    for (stage, begin) in [
        ("LIST", "* LIST () \"/\" {2000000000}\r\n"),
        ("EXAMINE", "* 1 FETCH (UID 1 BODY[] {2000000000}\r\n"),
        ("EXAMINE", "* 3 FETCH (UID 3 BODY[HEADER.FIELDS (SUBJECT)] {2000000000}\r\n"),
    ] {
        let sent = Arc::default();
        victim.talks(floods(stage, begin, b"abcdefghijklmno\n", &sent));
        victim.sync_fails(3, "network");
        assert!(sent.load(Ordering::Relaxed) >= ENOUGH, "it went by to its end");
        assert!(disk(&victim) < 4 * 1024 * 1024, "{} octets on disk", disk(&victim));
    }
    victim.recovers();
}

#[tokio::test(flavor = "multi_thread")]
async fn case_022_a_body_many_times_the_size_that_was_told_does_not_fill_the_disk() {
    let victim = Victim::new().await;
    let large = [mail(50), b"0123456789abcde\r\n".repeat(40_000)].concat();
    victim.person.deliver("INBOX", NewMessage::new(&large)).unwrap();
    let flood = Act::Rewrite(Arc::new(|responses: Vec<Vec<u8>>| {
        let one = |response: Vec<u8>| {
            if !response.windows(7).any(|here| here == b"BODY[] ") {
                return response;
            }
            let size = 96 * 1024 * 1024;
            let begin = format!("* 13 FETCH (UID 13 BODY[] {{{size}}}\r\n").into_bytes();
            [begin, vec![b'x'; size], b")\r\n".to_vec()].concat()
        };
        responses.into_iter().map(one).collect()
    }));
    victim.script().add(Rule::always("UID FETCH", flood));
    let ran = victim.sync();
    assert!(matches!(ran.code(), 0 | 3), "{} {}", ran.out(), ran.err());
    assert!(disk(&victim) < 16 * 1024 * 1024, "{} octets on disk", disk(&victim));
    victim.script().clear();
    assert_eq!(victim.sync().code(), 0);
    let newest = victim.listed()[0]["id"].as_str().unwrap().to_owned();
    assert!(victim.machine.run(&["show", &newest, "--raw"]).0.stdout == large, "the true body is what is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn case_025_a_quarter_of_a_million_small_responses_to_one_command_are_stepped_through() {
    let victim = Victim::new().await;
    for flood in [
        "* OK still here\r\n",
        "* 12 EXISTS\r\n",
        "* 3 FETCH (UID 3 FLAGS (\\Seen one two three))\r\n",
        "* VANISHED (EARLIER) 77:99\r\n",
        "* FOO\r\n",
    ] {
        for stage in ["LIST", "EXAMINE"] {
            victim.script().add(Rule::once(stage, Act::Between(flood.repeat(250_000).into_bytes())));
            let ran = victim.sync();
            assert!(matches!(ran.code(), 0 | 3), "{flood}: {} {}", ran.out(), ran.err());
            victim.script().clear();
        }
    }
    victim.recovers();
}

#[tokio::test(flavor = "multi_thread")]
async fn case_025_a_flood_of_different_answers_stays_bounded() {
    for profile in [Profile::full(), Profile::bare()] {
        let victim = Victim::of(profile).await;
        let many = |line: fn(u32) -> String| (1..250_000).map(line).collect::<String>().into_bytes();
        for (stage, flood) in [
            ("EXAMINE", many(|n| format!("* {n} FETCH (UID {} FLAGS (a{n} b c))\r\n", 2 * n))),
            ("EXAMINE", many(|n| format!("* VANISHED (EARLIER) {}\r\n", 5000 + 2 * (250_000 - n)))),
            ("UID SEARCH", many(|n| format!("* SEARCH {}\r\n", 2 * (250_000 - n)))),
            ("LIST", many(|n| format!("* STATUS box{n} (MESSAGES 1)\r\n"))),
        ] {
            victim.script().add(Rule::once(stage, Act::Between(flood)));
            let ran = victim.sync();
            assert!(matches!(ran.code(), 0 | 3), "{stage}: {} {}", ran.out(), ran.err());
            victim.script().clear();
        }
        assert_eq!(victim.sync().objects().last().unwrap()["complete"], true);
        assert_eq!(victim.listed().len() as u64, MAILS);
    }
}

/// Octets of all files in the store's folder.
fn disk(victim: &Victim) -> u64 {
    fn below(folder: &std::path::Path) -> u64 {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
        entries
            .map(|entry| if entry.path().is_dir() { below(&entry.path()) } else { entry.metadata().unwrap().len() })
            .sum()
    }
    below(&victim.machine.data())
}
