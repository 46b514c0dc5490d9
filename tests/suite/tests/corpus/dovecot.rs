//! A Dovecot that holds a corpus of real and odd mails: every one is kept byte for byte as a second client sees it, each can be
//! read, and both see the same flags before and after that client changed them.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use postrider::api::{ListFilter, MessageRow};
use postrider_tests::phone::{Loopback, PASSWORD, Phone, USER, with_bodies};
use postrider_tests::servers::{Dovecot, DovecotOptions, RawClient};

/// Files below a folder, in order.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

async fn rows(phone: &Phone) -> Vec<MessageRow> {
    let inbox = phone.core.find_mailbox(Some(phone.account), "inbox").await.unwrap();
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = phone.core.messages(inbox.id, ListFilter::default(), after, 1000).await.unwrap();
        rows.extend(page.messages);
        after = page.next;
        if after.is_none() {
            return rows;
        }
    }
}

/// Seen or not, by UID, as the second client sees it.
fn unseen(client: &mut RawClient) -> Vec<u32> {
    client.run("EXAMINE INBOX").unwrap();
    let answers = client.run("UID SEARCH UNSEEN").unwrap();
    let line = answers.iter().find(|line| line.starts_with(b"* SEARCH")).unwrap();
    String::from_utf8_lossy(line).split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

#[tokio::test]
async fn every_mail_of_the_corpus_is_kept_byte_for_byte_and_can_be_read() {
    let Some(corpus) = std::env::var_os("POSTRIDER_CORPUS").map(PathBuf::from) else {
        writeln!(std::io::stdout(), "corpus suite not run: POSTRIDER_CORPUS is not set").unwrap();
        return;
    };
    let mut found = Vec::new();
    files(&corpus.join("mime"), &mut found);
    assert!(found.len() > 1000, "the corpus is there");
    let server = Dovecot::start(&DovecotOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let mut client = RawClient::log_in(server.imap_port(), USER, PASSWORD).unwrap();
    let mut taken = 0;
    for file in &found {
        // What the server refuses (an empty mail, one with NUL) it does not hold either.
        taken += u32::from(client.append("INBOX", "", &std::fs::read(file).unwrap()).is_ok());
    }
    assert!(taken > 2500, "{taken} of {} mails were taken", found.len());
    let phone = Phone::new(Arc::new(Loopback(server.imap_port()))).await.unwrap();
    let (summary, notices) = phone.sync_with(with_bodies()).await.unwrap();
    assert!(summary.complete, "{notices:?}");
    let there: BTreeMap<u32, Vec<u8>> = client.bodies("INBOX").unwrap().into_iter().collect();
    let here = rows(&phone).await;
    assert_eq!((here.len() as u32, there.len() as u32), (taken, taken));
    for row in &here {
        let uid = row.uid.unwrap();
        let raw = phone.core.raw(row.id).await.unwrap().read_all().unwrap();
        assert!(raw == there[&uid], "the bytes of UID {uid} differ");
        phone.core.text(row.id).await.unwrap();
        phone.core.message(row.id).await.unwrap();
        phone.core.attachments(row.id).await.unwrap();
    }
    client.run("SELECT INBOX").unwrap();
    client.run("UID STORE 100:299,1000:1500 +FLAGS (\\Seen)").unwrap();
    phone.sync().await.unwrap();
    let mut unread: Vec<u32> = rows(&phone)
        .await
        .iter()
        .filter(|row| !row.flags.contains(&"seen".to_owned()))
        .filter_map(|row| row.uid)
        .collect();
    unread.sort_unstable();
    assert_eq!(unread, unseen(&mut client));
}
