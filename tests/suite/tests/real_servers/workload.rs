//! Hundreds of acts of a person with no network reach a real server, by a process that is killed again and again, over a network that
//! is cut again and again. In the end a second client, which shares nothing with the core, finds what the person wanted:
//! nothing lost, nothing doubled, nothing else.
//!
//! Nobody comes back before the server is done with the connection that broke: see `Proxy`.
//!
//! `POSTRIDER_WORKLOAD=10000` sets how many acts there are; `POSTRIDER_SEED` sets the seed that is printed. How it goes depends on the
//! machine too: the same seed need not fail again.
#![allow(clippy::unwrap_used, clippy::print_stderr)]
#![allow(clippy::disallowed_methods, reason = "it looks after a process, and no runtime waits for it")]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use postrider::api::OperationState;
use postrider_tests::phone::{Loopback, PASSWORD, Phone, USER, in_memory};
use postrider_tests::proxy::Proxy;
use postrider_tests::servers::{Cyrus, CyrusOptions, Dovecot, DovecotOptions, RawClient};
use postrider_tests::wishes::{Held, Wishes, mail};
use postrider_tests::workload::Dice;

const MAILBOXES: u64 = 5;
const MAILS: u64 = 300;

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|number| number.parse().ok()).unwrap_or(otherwise)
}

/// What the second client sees, with flags as the phone names them.
fn held(port: u16, names: &[String]) -> Held {
    let mut client = RawClient::log_in(port, USER, PASSWORD).unwrap();
    let mut all = Held::new();
    for name in names {
        let mut mailbox = std::collections::BTreeMap::new();
        for message in client.full_messages(name).unwrap() {
            let text = String::from_utf8(message.body).unwrap();
            let id = text.lines().find_map(|line| line.strip_prefix("Message-ID: <")).unwrap().trim_end_matches('>');
            assert!(text.as_bytes() == mail(id), "{id}: another text");
            let shown = |flag: &String| flag.strip_prefix('\\').map_or_else(|| flag.clone(), str::to_ascii_lowercase);
            let flags = message.flags.iter().map(shown).collect();
            *mailbox.entry((id.to_owned(), flags)).or_default() += 1;
        }
        all.insert(name.clone(), mailbox);
    }
    all
}

/// Runs the process that replays, and kills it once so many bytes have passed. Returns whether it came to its end before.
fn lived_on(folder: &Path, proxy: &Proxy, bytes: u64) -> bool {
    let until = proxy.passed() + bytes;
    let mut replayer = Command::new(env!("CARGO_BIN_EXE_replayer"));
    replayer.arg(folder).arg(proxy.port().to_string()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = replayer.spawn().unwrap();
    loop {
        if child.try_wait().unwrap().is_some() {
            let ended = child.wait_with_output().unwrap();
            assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
            return true;
        }
        if proxy.passed() >= until {
            child.kill().unwrap();
            child.wait().unwrap();
            proxy.runs_dry();
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

async fn reaches(port: u16, acts: u64, log: impl Fn() -> String) {
    let seed = number("POSTRIDER_SEED", 1);
    eprintln!("POSTRIDER_SEED={seed}");
    let names: Vec<String> = (0..MAILBOXES).map(|number| format!("Box{number}")).collect();
    let mut client = RawClient::log_in(port, USER, PASSWORD).unwrap();
    for name in &names {
        client.run(&format!("CREATE {name}")).unwrap();
    }
    for number in 0..MAILS {
        client.append(&names[(number % MAILBOXES) as usize], "", &mail(&format!("{number}@example.org"))).unwrap();
    }
    let folder = in_memory().unwrap();
    let proxy = Proxy::to(port, seed).unwrap();
    let open = async || Phone::at(folder.path(), Arc::new(Loopback(port)), None).await.unwrap();
    let phone = open().await;
    phone.sync().await.unwrap();
    let mut wishes = Wishes::of(&phone, &names, seed).await;
    assert_eq!(wishes.count() as u64, MAILS);
    let begun = Instant::now();
    for _ in 0..acts {
        wishes.act(&phone).await;
    }
    wishes.are_shown(&phone, "offline").await;
    phone.core.close().await.unwrap();
    let acted = begun.elapsed();
    let (mut dice, mut kills) = (Dice::new(seed + 1), 0);
    // Each lives a little longer than the one before, so that there is an end.
    while !lived_on(folder.path(), &proxy, 1 + dice.below(6_000 + 800 * kills)) {
        kills += 1;
    }
    let replayed = begun.elapsed() - acted;
    eprintln!("{acts} acts in {acted:?}, brought there in {replayed:?}; {kills} kills, {} cuts", proxy.cuts());
    let phone = open().await;
    wishes.are_shown(&phone, "replayed").await;
    let all = phone.core.operations(phone.account, true).await.unwrap();
    let failed: Vec<_> = all.iter().filter(|one| one.state != OperationState::Done).collect();
    assert!(failed.is_empty(), "{failed:?}\n{}", log());
    let (held, expected) = (held(port, &names), wishes.expected());
    for name in &names {
        let (held, expected) = (&held[name], &expected[name]);
        for mail in held.keys().chain(expected.keys()) {
            assert_eq!(held.get(mail), expected.get(mail), "{name}: {mail:?}, on the server and wanted\n{}", log());
        }
    }
    phone.sync().await.unwrap();
    wishes.are_shown(&phone, "synced again").await;
    assert!(phone.core.check(false).await.unwrap().problems.is_empty());
    phone.core.close().await.unwrap();
    assert!(kills > 5 && proxy.cuts() > 5, "{kills} kills, {} cuts", proxy.cuts());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workload_reaches_dovecot_once_through_kills_and_cuts() {
    let server = Dovecot::start(&DovecotOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    reaches(server.imap_port(), number("POSTRIDER_WORKLOAD", 300), || server.log()).await;
}

/// Fewer, for Cyrus takes its time.
#[tokio::test(flavor = "multi_thread")]
async fn a_workload_reaches_cyrus_once_through_kills_and_cuts() {
    let server = Cyrus::start(&CyrusOptions::plain_names()).unwrap_or_else(|error| panic!("{error}"));
    reaches(server.imap_port(), number("POSTRIDER_WORKLOAD", 150), || server.log()).await;
}
