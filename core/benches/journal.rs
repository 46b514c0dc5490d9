//! What an action costs until it is acknowledged, and what a full journal costs whoever opens the store.

#![allow(missing_docs, clippy::expect_used)]

mod store_fixture;

use std::path::Path;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use postrider::journal::Action;
use postrider::model::{Flags, MailboxId, PlaceId, SystemFlag, Uid};
use postrider::store::{ListFilter, Store};
use store_fixture::{filled, open};

fn flag(on: bool) -> Action {
    let seen = Flags::from_parts(SystemFlag::Flagged as u8, "");
    if on {
        Action::Flags { add: seen, remove: Flags::new() }
    } else {
        Action::Flags { add: Flags::new(), remove: seen }
    }
}

fn places(store: &Store, mailbox: MailboxId, count: u32) -> Vec<PlaceId> {
    let read = store.read_blocking(move |view| {
        (1..=count)
            .map(|uid| view.place_by_uid(mailbox, Uid::new(uid).expect("from 1 on")))
            .collect::<Result<Vec<_>, _>>()
    });
    read.expect("read").into_iter().flatten().collect()
}

fn acknowledged(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut group = criterion.benchmark_group("journal");
    group.bench_function("bare_insert_synchronous_full", |bencher| {
        let dir = tempfile::tempdir().expect("a folder");
        let bare = rusqlite::Connection::open(dir.path().join("bare.db")).expect("a database");
        let setup =
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)";
        bare.execute_batch(setup).expect("a table");
        bencher.iter(|| bare.execute("INSERT INTO t (x) VALUES (?1)", ["an action as JSON, say"]).expect("a row"));
    });
    let dir = tempfile::tempdir().expect("a folder");
    let (store, _, mailbox) = filled(dir.path(), 20_000);
    let all = places(&store, mailbox, 10_000);
    let mut turn = 0_usize;
    group.bench_function("one_action_acknowledged", |bencher| {
        bencher.iter(|| {
            turn += 1;
            let place = all[turn % all.len()];
            let action = flag((turn / all.len()).is_multiple_of(2));
            runtime.block_on(store.journal(move |tx| tx.act(&action, &[place]))).expect("an action");
        });
    });
    group.sample_size(10);
    group.bench_function("ten_thousand_flag_changes_in_one_action", |bencher| {
        bencher.iter_batched(
            || all.clone(),
            |all| {
                turn += 1;
                let action = flag(turn.is_multiple_of(2));
                runtime.block_on(store.journal(move |tx| tx.act(&action, &all))).expect("an action");
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn opened(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let dir = tempfile::tempdir().expect("a folder");
    let (store, _, mailbox) = filled(dir.path(), 100_000);
    let pending = places(&store, mailbox, 10_000);
    for chunk in pending.chunks(100) {
        for place in chunk.iter().copied() {
            let action = flag(true);
            runtime.block_on(store.journal(move |tx| tx.act(&action, &[place]))).expect("an action");
        }
    }
    runtime.block_on(store.close()).expect("closed");
    let mut group = criterion.benchmark_group("journal");
    group.sample_size(20);
    group.bench_function("open_to_first_page_100000_messages_10000_operations", |bencher| {
        bencher.iter(|| first_page(dir.path(), mailbox));
    });
    group.finish();
}

fn first_page(dir: &Path, mailbox: MailboxId) -> usize {
    let store = open(dir);
    let page = store.read_blocking(move |view| view.page(mailbox, ListFilter::default(), None, 50)).expect("a page");
    page.len()
}

criterion_group!(benches, acknowledged, opened);
criterion_main!(benches);
