//! What a first sync costs the store: 100,000 new messages with envelopes and structures, in batches.

#![allow(missing_docs, clippy::expect_used)]

mod store_fixture;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use store_fixture::{batches, empty, fill, wait};

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

criterion_group!(benches, insert);
criterion_main!(benches);
