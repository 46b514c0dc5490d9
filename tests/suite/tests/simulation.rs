//! The simulation in small, with every run of the tests: what once failed, and some seeds. Many more are played by
//! `tests/simulation`.

use std::collections::BTreeSet;
use std::path::Path;

use postrider_tests::sim::{Situations, Tape, play, situations};

/// So many seeds meet every situation that is named.
const SEEDS: u64 = 240;

#[test]
fn every_tape_that_once_failed_is_clean() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tapes");
    let mut failed = Vec::new();
    let mut played = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let tape: Tape = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        if let Some(violation) = play(&tape).violation {
            failed.push(format!("{}: {violation}", path.display()));
        }
        played += 1;
    }
    assert!(played >= 61, "the tapes are there: {played}");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn the_first_seeds_are_clean_run_the_same_way_twice_and_meet_most_situations() {
    let mut met = Situations::default();
    for seed in 0..SEEDS {
        let tape = Tape::of(seed);
        let verdict = play(&tape);
        assert_eq!(verdict.violation, None, "seed {seed}: sim --seeds 1 --start {seed} --minimise --trace");
        assert_eq!(play(&tape).hash, verdict.hash, "seed {seed} does not run the same way twice");
        met.add(&verdict.situations);
    }
    let names: BTreeSet<&str> = situations().collect();
    assert!(names.len() >= 60 && names.len() == situations().count(), "{} situations are named", names.len());
    let missed: Vec<&str> = names.into_iter().filter(|name| met.count(name) == 0).collect();
    assert!(missed.len() <= 12, "never met: {missed:?}");
}
