//! What a first sync costs the store: 100,000 new messages with envelopes and structures, in batches.

#![allow(missing_docs, clippy::expect_used)]

mod store_fixture;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use postrider::mime;
use postrider::model::{Flags, MailboxId, SystemFlag, Uid, UidSet};
use postrider::store::{BodySource, NewMessage, Store, ToIndex, Unindexed};
use store_fixture::{batches, empty, fill, filled, message, raw, wait};

fn insert(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("store");
    group.sample_size(10);
    group.bench_function("insert_100k", |bencher| {
        bencher.iter_batched(
            || {
                let dir = tempfile::tempdir().expect("a folder");
                let (store, _, mailbox) = empty(dir.path());
                (dir, store, mailbox, batches(100_000).collect::<Vec<_>>())
            },
            |(dir, store, mailbox, batches)| {
                fill(&store, mailbox, batches);
                wait(store.flush()).expect("flushed");
                (dir, store)
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// Making as many mails searchable by their headers.
fn index(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("store");
    group.sample_size(10);
    group.bench_function("index_100k_headers", |bencher| {
        bencher.iter_batched(
            || {
                let dir = tempfile::tempdir().expect("a folder");
                let (store, _, _) = filled(dir.path(), 100_000);
                (dir, store)
            },
            |(dir, store)| {
                while wait(store.mirror(|tx| {
                    let header = |mail: Unindexed| ToIndex { message: mail.message, had_body: false, digest: None };
                    let batch: Vec<_> = tx.unindexed(500, u64::MAX)?.into_iter().map(header).collect();
                    tx.index(&batch)?;
                    Ok(!batch.is_empty())
                }))
                .expect("indexed")
                {}
                (dir, store)
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// What other clients did since: of 100,000 messages, 10,000 got other flags, 5,000 went.
fn change(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a folder");
    let (store, _, mailbox) = filled(dir.path(), 100_000);
    let mut group = criterion.benchmark_group("store");
    group.sample_size(10);
    let mut seen = false;
    group.bench_function("update_flags_10k_of_100k", |bencher| {
        bencher.iter(|| {
            seen = !seen;
            let mut flags = Flags::new();
            if seen {
                flags.insert(SystemFlag::Seen);
            }
            let updates: Vec<_> =
                (1..=100_000).step_by(10).filter_map(Uid::new).map(|uid| (uid, flags.clone(), None)).collect();
            wait(store.mirror(move |tx| tx.update_flags(mailbox, &updates))).expect("updated")
        });
    });
    let gone: UidSet = (1..=100_000).step_by(20).filter_map(Uid::new).collect();
    let back: Vec<_> = gone.iter().map(|uid| message(uid.get())).collect();
    group.bench_function("remove_5k_of_100k", |bencher| {
        bencher.iter_batched(
            || {
                let back = back.clone();
                wait(store.mirror(move |tx| tx.insert_new(mailbox, &back))).expect("inserted");
                gone.clone()
            },
            |gone| wait(store.mirror(move |tx| tx.remove_uids(mailbox, &gone))).expect("removed"),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// Of 2,000 whole mails: bytes to envelope and structure, row, stored bytes, words of the index.
fn parse_and_store(criterion: &mut Criterion) {
    const COUNT: u32 = 2000;
    let mut group = criterion.benchmark_group("store");
    group.sample_size(10);
    group.throughput(Throughput::Elements(COUNT.into()));
    let stages = [("parse_and_store", false), ("parse_store_and_index", true)];
    for (name, indexed) in stages {
        group.bench_function(format!("{name}_{COUNT}"), |bencher| {
            bencher.iter_batched(
                || {
                    let dir = tempfile::tempdir().expect("a folder");
                    let (store, _, mailbox) = empty(dir.path());
                    (dir, store, mailbox, (1..=COUNT).map(|uid| (uid, raw(uid))).collect::<Vec<_>>())
                },
                |(dir, store, mailbox, mails)| {
                    for batch in mails.chunks(200) {
                        arrive(&store, mailbox, batch, indexed);
                    }
                    wait(store.flush()).expect("flushed");
                    (dir, store)
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn arrive(store: &Store, mailbox: MailboxId, batch: &[(u32, Vec<u8>)], indexed: bool) {
    let mut bodies = Vec::new();
    let mut news = Vec::new();
    for (uid, raw) in batch {
        let mut new = NewMessage::new(Uid::new(*uid).expect("from 1 on"));
        new.envelope = mime::envelope(&raw[..mime::header_end(raw)]);
        new.size = Some(raw.len() as u64);
        news.push(new);
        let body = wait(store.prepare_body(BodySource::Bytes(raw.clone()))).expect("hashed");
        bodies.push((Uid::new(*uid).expect("from 1 on"), body));
    }
    let write = store.mirror(move |tx| {
        tx.insert_new(mailbox, &news)?;
        for (uid, body) in bodies {
            let place = tx.place_by_uid(mailbox, uid)?.expect("inserted");
            let message = tx.message(place)?.expect("inserted").row.message;
            tx.store_body(message, "", body)?;
        }
        Ok(())
    });
    wait(write).expect("stored");
    if !indexed {
        return;
    }
    let write = store.mirror(|tx| {
        let digest = |mail: Unindexed| {
            let raw = mail.body.map(|body| body.into_bytes().expect("stored")).unwrap_or_default();
            ToIndex { message: mail.message, had_body: true, digest: Some(mime::digest(&raw)) }
        };
        let ready: Vec<_> = tx.unindexed(u32::MAX, u64::MAX)?.into_iter().map(digest).collect();
        tx.index(&ready)
    });
    wait(write).expect("indexed");
}

criterion_group!(benches, insert, index, change, parse_and_store);
criterion_main!(benches);
