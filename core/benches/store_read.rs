//! What apps ask of the store: a page of a list in mailboxes of a thousand and of a million, search and opening at a
//! hundred thousand.

#![allow(missing_docs, clippy::expect_used, clippy::print_stdout)]

mod store_fixture;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use postrider::model::{Digest, SystemFlag, Timestamp, Uid};
use postrider::store::{Cursor, ListFilter, Search, ToIndex};
use store_fixture::{body, filled, open, wait};

fn page(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("store");
    for count in [1_000, 1_000_000] {
        let dir = tempfile::tempdir().expect("a folder");
        let (store, _, mailbox) = filled(dir.path(), count);
        let middle = Timestamp(1_500_000_000 + i64::from(count) / 2 * 300);
        let middle = Cursor { date: middle, place: Cursor::START.place };
        let unread = ListFilter { unread: true, flagged: false };
        let lists = [("first", ListFilter::default(), None), ("middle", ListFilter::default(), Some(middle))];
        for (name, filter, after) in lists.into_iter().chain([("unread", unread, None)]) {
            group.bench_function(format!("page_50_{name}_of_{count}"), |bencher| {
                bencher.iter(|| store.read_blocking(|s| s.page(mailbox, filter, black_box(after), 50)).expect("read"));
            });
        }
        group.bench_function(format!("page_50_threads_of_{count}"), |bencher| {
            let filter = ListFilter::default();
            bencher.iter(|| store.read_blocking(|s| s.page_threads(mailbox, filter, None, 50)).expect("read"));
        });
        group.sample_size(10);
        group.bench_function(format!("known_uids_of_{count}"), |bencher| {
            bencher.iter(|| store.read_blocking(|s| s.known_uids(mailbox, Uid::MIN, Uid::MAX)).expect("read"));
        });
        group.sample_size(100);
    }
    group.finish();
}

fn search(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, _, mailbox) = filled(dir.path(), 100_000);
    for first in (1..=100_000).step_by(1000) {
        let write = store.mirror(move |tx| {
            let mut mails = Vec::new();
            for uid in first..first + 1000 {
                let place = tx.place_by_uid(mailbox, Uid::new(uid).expect("from 1 on"))?.expect("inserted");
                let message = tx.message(place)?.expect("inserted").row.message;
                let digest = Digest { text: body(uid), preview: Some("preview".to_owned()), ..Digest::default() };
                mails.push(ToIndex { message, had_body: true, digest: Some(digest) });
            }
            tx.index(&mails)
        });
        wait(write).expect("written");
    }
    let mut group = criterion.benchmark_group("store");
    let searches = [
        ("rare", "person1234"),
        ("phrase", "\"garden school\""),
        ("in_every_mail", "invoice"),
        ("prefix_1_in_every_mail", "\"p\"*"),
        ("prefix_2", "\"pe\"*"),
        ("prefix_3_in_every_mail", "\"per\"*"),
        ("typed_word", "\"invoice\"*"),
        ("two_words", "invoice holiday"),
        ("two_typed_words", "(\"invoice\"*) AND (\"holiday\"*)"),
        ("column", "subject:invoice"),
    ];
    for (name, matcher) in searches {
        let search = Search { matcher: Some(matcher.to_owned()), ..Search::default() };
        group.bench_function(format!("search_100k_{name}"), |bencher| {
            bencher.iter(|| store.read_blocking(|s| s.search(&search, None, 50)).expect("read"));
        });
    }
    let common = Search { matcher: Some("\"invoice\"*".to_owned()), ..Search::default() };
    let conditions = [
        ("unread_and_word", Search { without: vec![SystemFlag::Seen], ..common.clone() }),
        ("mailbox_and_word", Search { mailboxes: vec![mailbox], ..common.clone() }),
        ("old_and_word", Search { before: Some(Timestamp(1_500_000_000 + 20_000 * 300)), ..common }),
    ];
    for (name, search) in conditions {
        group.bench_function(format!("search_100k_{name}"), |bencher| {
            bencher.iter(|| store.read_blocking(|s| s.search(&search, None, 50)).expect("read"));
        });
    }
    wait(store.close()).expect("closed");
    let size = std::fs::metadata(dir.path().join("postrider.db")).expect("the database").len();
    println!("the database of 100,000 mails, bodies indexed and not stored: {} octets a mail", size / 100_000);
    let open_and_show = || {
        let store = open(dir.path());
        let page = store.read_blocking(|s| s.page(mailbox, ListFilter::default(), None, 50)).expect("read");
        wait(store.close()).expect("closed");
        page
    };
    group.bench_function("open_and_first_page_of_100k", |bencher| bencher.iter(open_and_show));
    #[cfg(target_os = "linux")]
    {
        cold::forget(dir.path());
        let before = cold::read_from_disk();
        open_and_show();
        println!("a cold open and first page reads {} KiB from disk", (cold::read_from_disk() - before) / 1024);
        group.sample_size(20).bench_function("cold_open_and_first_page_of_100k", |bencher| {
            bencher.iter_batched(|| cold::forget(dir.path()), |()| open_and_show(), BatchSize::PerIteration);
        });
    }
    group.finish();
}

/// As after a restart of the machine: the store's files are not in the system's cache. Folders and file names still are. On a
/// file system in memory there is nothing to forget, and nothing is read from disk.
#[cfg(target_os = "linux")]
mod cold {
    use std::path::Path;

    use rustix::fs::{Advice, fadvise};

    pub(super) fn forget(folder: &Path) {
        for entry in std::fs::read_dir(folder).expect("the store's folder") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let file = std::fs::File::open(path).expect("a file of the store");
                // Only what is on disk can be forgotten.
                file.sync_all().expect("synced");
                fadvise(&file, 0, None, Advice::DontNeed).expect("forgotten");
            }
        }
    }

    /// How much this process had read from a disk so far, in bytes.
    pub(super) fn read_from_disk() -> u64 {
        let io = std::fs::read_to_string("/proc/self/io").expect("what Linux tells of a process");
        let line = io.lines().find_map(|line| line.strip_prefix("read_bytes: "));
        line.and_then(|count| count.parse().ok()).expect("a count")
    }
}

criterion_group!(benches, page, search);
criterion_main!(benches);
