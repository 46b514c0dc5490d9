//! Mailbox names of every kind: bytes, not paths, and none that takes another's place.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::NewMessage;

use crate::bad_server::victim::{Victim, mail};

/// A LIST response with this name as a literal, which can hold any byte.
fn listed(name: &[u8]) -> Vec<u8> {
    [format!("* LIST () \"/\" {{{}}}\r\n", name.len()).as_bytes(), name, b"\r\n"].concat()
}

/// The same as a quoted string, which can hold most.
fn quoted(name: &[u8]) -> Vec<u8> {
    [b"* LIST () \"/\" \"", name, b"\"\r\n"].concat()
}

/// The names that are shown of the account's mailboxes.
fn shown(victim: &Victim) -> Vec<String> {
    let rows = victim.machine.run(&["mailboxes", "--json"]).objects();
    rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

/// Every path below a folder, as text.
fn paths(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        found.push(path.to_string_lossy().into_owned());
        if path.is_dir() {
            paths(&path, found);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_035_a_mailbox_name_may_hold_any_byte_and_never_becomes_a_path() {
    let victim = Victim::new().await;
    let before = shown(&victim);
    let mut names: Vec<Vec<u8>> = (0..=255).map(|byte| [b"byte", &[byte][..], b"x"].concat()).collect();
    let odd: [&[u8]; 22] = [
        b"..",
        b"../../etc/passwd",
        b"/",
        b"//",
        b"/etc/odd",
        b"C:\\odd",
        b"CON",
        b"odd\r\nA0001 OK done",
        b"odd\r\n* BYE",
        b"odd\0end",
        b"\"odd\"",
        b"odd\\",
        b"{5}",
        b"%",
        b"*",
        b"odd & bad",
        b"&odd",
        b"&AAAA-",
        b"&2AA-",
        b"&2ADeAA-",
        b" odd ",
        b"~odd",
    ];
    names.extend(odd.iter().map(|name| name.to_vec()));
    let lines: Vec<u8> = names.iter().flat_map(|name| listed(name)).collect();
    victim.script().add(Rule::always("LIST", Act::Before(lines)));
    let ran = victim.sync();
    assert!(matches!(ran.code(), 0 | 3), "{} {}", ran.out(), ran.err());
    assert!(before.iter().all(|name| shown(&victim).contains(name)), "those that were there still are");
    assert!(shown(&victim).len() > 250, "{:?}", shown(&victim));
    let mut below = Vec::new();
    paths(victim.machine.folder.path(), &mut below);
    assert!(!below.iter().any(|path| path.contains("odd") || path.contains("byte")), "{below:?}");
    // Shown to people, none can play with the terminal.
    let text = victim.machine.run(&["mailboxes"]);
    assert!(text.out().chars().all(|char| char == '\n' || !char.is_control()), "{:?}", text.out());
    victim.recovers();
}

#[tokio::test(flavor = "multi_thread")]
async fn case_035_names_that_the_grammar_forbids_are_read_or_left_out() {
    let victim = Victim::new().await;
    let lines: Vec<u8> = (1..=255_u8)
        .filter(|byte| !b"\r\n\"\\".contains(byte))
        .flat_map(|byte| [quoted(&[b'q', byte]), [b"* LIST () \"/\" a", &[byte][..], b"\r\n"].concat()].concat())
        .collect();
    victim.script().add(Rule::always("LIST", Act::Before(lines)));
    let ran = victim.sync();
    assert!(matches!(ran.code(), 0 | 3), "{} {}", ran.out(), ran.err());
    victim.script().clear();
    for line in [
        &b"* LIST () NIL nodelimiter\r\n"[..],
        b"* LIST () \"ab\" two\r\n",
        b"* LIST () \"\\\"\" quote\r\n",
        b"* LIST () \"\" empty\r\n",
        b"* LIST NIL NIL NIL\r\n",
        b"* LIST (\\Noselect \"/\" open\r\n",
        b"* LIST\r\n",
        b"* LIST () \"/\" \"\"\r\n",
        b"* LIST () \"/\" {0}\r\n\r\n",
        b"* LIST () \"/\" cycle (\"OLDNAME\" (cycle))\r\n",
    ] {
        victim.script().add(Rule::always("LIST", Act::Before(line.to_vec())));
        let ran = victim.sync();
        assert!(matches!(ran.code(), 0 | 3), "{}: {} {}", line.escape_ascii(), ran.out(), ran.err());
        victim.script().clear();
    }
    victim.recovers();
}

#[tokio::test(flavor = "multi_thread")]
async fn case_035_a_name_of_64_kilobytes_is_left_out() {
    let victim = Victim::new().await;
    let before = shown(&victim);
    let long = vec![b'n'; 64 * 1024];
    let lines = [listed(&long), quoted(&long[..60_000]), listed(&long[..1_001])].concat();
    victim.script().add(Rule::always("LIST", Act::Before(lines)));
    let ran = victim.sync();
    assert!(matches!(ran.code(), 0 | 3), "{} {}", ran.out(), ran.err());
    assert_eq!(shown(&victim), before);
    victim.script().clear();
    victim.script().add(Rule::always("LIST", Act::Before(listed(&long[..1_000]))));
    victim.sync();
    assert_eq!(shown(&victim).len(), before.len() + 1);
    victim.script().clear();
    victim.recovers();
}

#[tokio::test(flavor = "multi_thread")]
async fn case_035_and_062_names_that_look_alike_stay_apart_and_the_inbox_stays_one() {
    let victim = Victim::of(Profile::full().without(Extension::Utf8Accept)).await;
    let composed = b"Caf&AOk-";
    let decomposed = b"Cafe&AwE-";
    let alike: [&[u8]; 8] = [composed, decomposed, b"work", b"Work", b"WORK", b"work ", b"inbox", b"iNbOx"];
    for name in [&composed[..], decomposed, b"work", b"Work", b"WORK"] {
        victim.person.create(std::str::from_utf8(name).unwrap(), &[]).unwrap();
        victim.person.deliver(std::str::from_utf8(name).unwrap(), NewMessage::new(mail(70))).unwrap();
    }
    let lines: Vec<u8> = alike.iter().flat_map(|name| [quoted(name), listed(name)].concat()).collect();
    victim.script().add(Rule::always("LIST", Act::After(Vec::new())));
    victim.script().add(Rule::always("LIST", Act::Before(lines)));
    for _ in 0..2 {
        let ran = victim.sync();
        assert!(matches!(ran.code(), 0 | 3), "{} {}", ran.out(), ran.err());
        let names = shown(&victim);
        let of = |wanted: &str| names.iter().filter(|name| *name == wanted).count();
        assert_eq!((of("INBOX"), of("Caf\u{e9}"), of("Cafe\u{301}")), (1, 1, 1), "{names:?}");
        assert_eq!((of("work"), of("Work"), of("WORK")), (1, 1, 1), "{names:?}");
    }
    victim.script().clear();
    victim.recovers();
    assert_eq!(victim.machine.run(&["list", "Cafe\u{301}", "--json"]).objects().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_035_a_hundred_thousand_mailboxes_are_ten_thousand_and_none_is_lost() {
    let victim = Victim::new().await;
    let before: BTreeSet<String> = shown(&victim).into_iter().collect();
    let lines = |from: u32| -> Vec<u8> {
        let one = |number: u32| {
            format!(
                "* LIST () \"/\" many{number}\r\n* STATUS many{number} (MESSAGES 0 UIDNEXT 1 UIDVALIDITY {number} \
                 UNSEEN 0 HIGHESTMODSEQ 1)\r\n"
            )
        };
        (from..from + 100_000).map(one).collect::<String>().into_bytes()
    };
    // Behind those that are real, then in front of them: what is not listed any more may be there all the same.
    let behind = Act::Between(lines(1));
    let in_front = {
        let flood = lines(200_000);
        Act::Rewrite(Arc::new(move |responses: Vec<Vec<u8>>| [vec![flood.clone()], responses].concat()))
    };
    for act in [behind, in_front] {
        victim.script().add(Rule::always("LIST", act));
        let ran = victim.sync();
        assert!(matches!(ran.code(), 0 | 3), "{} {}", ran.out(), ran.err());
        victim.script().clear();
        let now: BTreeSet<String> = shown(&victim).into_iter().collect();
        assert!(before.is_subset(&now), "{:?} are gone", before.difference(&now).collect::<Vec<_>>());
        assert!(now.len() <= 20_000, "{}", now.len());
    }
    victim.recovers();
}
