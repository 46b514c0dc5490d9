//! What an action costs until it is acknowledged, by turns with a bare insert that is as durable, in the same run; and what a full
//! journal costs whoever opens the store. Everything goes through the API, as in an app. With the word `acts` it only does a thousand
//! actions, with `inserts` a thousand bare inserts: for `strace -f -c -e trace=fsync,fdatasync`.

#![allow(missing_docs, clippy::expect_used, clippy::print_stdout, clippy::disallowed_methods)]

mod store_fixture;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use postrider::api::{Core, CoreOptions, CredentialError, FlagChange, ListFilter, PlaceId, Secret, SecretStore};
use store_fixture::filled;

const TURNS: usize = 2000;
/// So often before it counts, until both logs have their size.
const WARM_UP: usize = 3000;

struct NoSecrets;

impl SecretStore for NoSecrets {
    fn password(&self, _account: &str) -> Result<Secret, CredentialError> {
        Ok(Secret::new(""))
    }
}

async fn open(dir: &Path) -> Core {
    let options =
        CoreOptions { dir: dir.to_owned(), secrets: Arc::new(NoSecrets), tokens: None, network: None, clock: None };
    Core::open(options).await.expect("a core")
}

/// A core with so many messages, and the newest 10,000 of them.
async fn ready(dir: &Path, messages: u32) -> (Core, Vec<PlaceId>) {
    let (store, ..) = tokio::task::block_in_place(|| filled(dir, messages));
    store.close().await.expect("closed");
    let core = open(dir).await;
    let ids = newest(&core, 10_000).await;
    (core, ids)
}

/// The newest messages of the first mailbox.
async fn newest(core: &Core, count: usize) -> Vec<PlaceId> {
    let account = core.accounts().await.expect("accounts").first().expect("one account").id;
    let mailbox = core.mailboxes(account).await.expect("mailboxes").first().expect("one mailbox").id;
    let (mut ids, mut after) = (Vec::new(), None);
    while ids.len() < count {
        let page = core.messages(mailbox, ListFilter::default(), after, 500).await.expect("a page");
        ids.extend(page.messages.into_iter().map(|row| row.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    ids.truncate(count);
    ids
}

async fn flag(core: &Core, ids: Vec<PlaceId>, on: bool) {
    let word = vec!["flagged".to_owned()];
    let change =
        if on { FlagChange { add: word, remove: Vec::new() } } else { FlagChange { add: Vec::new(), remove: word } };
    core.flag(ids, change).await.expect("an action");
}

struct Bare(rusqlite::Connection);

impl Bare {
    fn new(dir: &Path) -> Self {
        let bare = rusqlite::Connection::open(dir.join("bare.db")).expect("a database");
        let setup =
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)";
        bare.execute_batch(setup).expect("a table");
        Self(bare)
    }

    fn insert(&self) {
        let mut insert = self.0.prepare_cached("INSERT INTO t (x) VALUES (?1)").expect("SQL");
        insert.execute([r#"{"kind":"flags","add":["\\Flagged"],"remove":[]}"#]).expect("a row");
    }
}

/// The one at this hundredth, of all.
fn at(times: &mut [Duration], hundredth: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * hundredth / 100).min(times.len() - 1)]
}

fn ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

async fn acknowledged(only: Option<&str>) {
    let dir = tempfile::tempdir().expect("a folder");
    let bare = Bare::new(dir.path());
    let (core, ids) = ready(dir.path(), 20_000).await;
    if let Some(only) = only {
        for id in ids.iter().take(1000) {
            match only {
                "acts" => flag(&core, vec![*id], true).await,
                _ => bare.insert(),
            }
        }
        return;
    }
    let (mut acts, mut inserts) = (Vec::new(), Vec::new());
    for (turn, id) in ids.iter().take(WARM_UP + TURNS).enumerate() {
        let begun = Instant::now();
        bare.insert();
        let inserted = begun.elapsed();
        let begun = Instant::now();
        flag(&core, vec![*id], true).await;
        if turn >= WARM_UP {
            acts.push(begun.elapsed());
            inserts.push(inserted);
        }
    }
    for hundredth in [50, 99] {
        let (act, insert) = (at(&mut acts, hundredth), at(&mut inserts, hundredth));
        println!(
            "p{hundredth} of {TURNS}: an action {act:.0?}, a bare insert {insert:.0?}, {:.2}x",
            ratio(act, insert)
        );
    }
    core.close().await.expect("closed");
}

async fn many_at_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let (core, ids) = ready(dir.path(), 20_000).await;
    let mut times = Vec::new();
    for run in 0..5 {
        let begun = Instant::now();
        flag(&core, ids.clone(), run % 2 == 0).await;
        times.push(begun.elapsed());
    }
    println!("10,000 flag changes in one action, with none to 40,000 pending before: {times:.0?}");
    core.close().await.expect("closed");
}

async fn opened() {
    let dir = tempfile::tempdir().expect("a folder");
    let (core, ids) = ready(dir.path(), 100_000).await;
    for id in ids {
        flag(&core, vec![id], true).await;
    }
    core.close().await.expect("closed");
    let mut times = Vec::new();
    for _ in 0..20 {
        let begun = Instant::now();
        let core = open(dir.path()).await;
        let page = newest(&core, 50).await;
        times.push(begun.elapsed());
        assert_eq!(page.len(), 50);
        core.close().await.expect("closed");
    }
    println!(
        "open, list of mailboxes with counts, first page; 100,000 messages, 10,000 operations: p50 {:.1?}, most {:.1?}",
        at(&mut times, 50),
        at(&mut times, 100)
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // As a test it would take too long.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let only = arguments.iter().find(|argument| ["acts", "inserts"].contains(&argument.as_str()));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        acknowledged(only.map(String::as_str)).await;
        if only.is_none() {
            many_at_once().await;
            opened().await;
        }
    });
}
