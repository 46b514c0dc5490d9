//! The simulation in continuous integration: some hundred seeds, each twice, and every tape that ever failed.
//! `POSTRIDER_SEEDS` and `POSTRIDER_START` play others.
#![allow(clippy::unwrap_used)]

use postrider_tests::sim::{SITUATIONS, Situations, Tape, play};

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(otherwise)
}

/// Situations that are too rare for so few seeds.
const RARE: [&str; 4] = [
    "a power cut that took part of the log",
    "an operation left in flight by a death",
    "an operation tried again by the user",
    "something set aside at the end",
];

#[test]
fn no_seed_violates_an_invariant_and_each_runs_the_same_way_twice() {
    let (start, seeds) = (number("POSTRIDER_START", 0), number("POSTRIDER_SEEDS", 150));
    let mut met = Situations::default();
    for seed in start..start + seeds {
        let tape = Tape::of(seed);
        let verdict = play(&tape);
        let replay =
            format!("cargo run --release -p postrider-tests --bin sim -- --seeds 1 --start {seed} --minimise --trace");
        assert_eq!(verdict.violation, None, "seed {seed}; replay: {replay}");
        assert_eq!(play(&tape).hash, verdict.hash, "seed {seed} does not run the same way twice");
        met.add(&verdict.situations);
    }
    let missing: Vec<_> = SITUATIONS.iter().filter(|name| met.count(name) == 0 && !RARE.contains(name)).collect();
    assert!(seeds < 150 || missing.is_empty(), "never met: {missing:?}");
}

#[test]
fn tapes_that_failed_once_fail_no_more() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tapes");
    let mut played = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let tape: Tape = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(play(&tape).violation, None, "{}", path.display());
        played += 1;
    }
    assert!(played > 10, "only {played} tapes");
}

#[test]
fn a_tape_comes_back_from_its_stored_form() {
    let tape = Tape::of(7);
    assert_eq!(serde_json::from_str::<Tape>(&serde_json::to_string(&tape).unwrap()).unwrap(), tape);
}
