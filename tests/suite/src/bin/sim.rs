//! `sim --seeds N --start SEED`: plays seeds, and ends with 1 where one violates an invariant, telling how to replay it.
//! `sim --tape FILE` plays a stored tape. `--minimise` makes a failing tape short and prints it; `--twice` demands that each
//! seed runs the same way twice; `--situations` demands that every named situation was met, and tells how often; `--going` tells
//! all that fail and goes on; `--trace` prints what happens; `--jobs N` plays on so many threads.
//! `sim --cuts KINDS` cuts a session that replays after every octet, in both directions, on so many kinds of servers.
//! `sim --mutants all|found|NAME,NAME|ten:WORD` plants faults one after the other and demands that each is found within `--seeds`;
//! `found` are those that are known to be found, and `ten:WORD` chooses ten of them by a word, such as a commit; with `--tape` the
//! one fault named. Needs the feature `mutants`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program of the tests")]
#![allow(clippy::disallowed_methods, reason = "it tells how long it took, in the time of the clock on the wall")]

use std::ops::Range;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use postrider_tests::sim::{CUT_KINDS, Situations, Tape, cut, minimise, play, play_traced, situations};

#[derive(Default)]
struct Options {
    seeds: u64,
    start: u64,
    jobs: usize,
    tape: Option<String>,
    mutants: Option<String>,
    cuts: Option<usize>,
    minimise: bool,
    twice: bool,
    situations: bool,
    going: bool,
    trace: bool,
}

fn options() -> Result<Options, String> {
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let mut options = Options { seeds: 1000, jobs, ..Options::default() };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--seeds" => options.seeds = value()?.parse().map_err(|_| "--seeds needs a number")?,
            "--start" => options.start = value()?.parse().map_err(|_| "--start needs a number")?,
            "--jobs" => options.jobs = value()?.parse().map_err(|_| "--jobs needs a number")?,
            "--tape" => options.tape = Some(value()?),
            "--mutants" => options.mutants = Some(value()?),
            "--cuts" => options.cuts = Some(value()?.parse().map_err(|_| "--cuts needs a number")?),
            "--minimise" => options.minimise = true,
            "--twice" => options.twice = true,
            "--situations" => options.situations = true,
            "--trace" => options.trace = true,
            "--going" => options.going = true,
            _ => return Err(format!("unknown: {word}")),
        }
    }
    Ok(options)
}

/// Plays a tape. What is wrong with it, if anything.
fn judge(tape: &Tape, options: &Options, met: &Mutex<Situations>) -> Option<String> {
    let verdict = play_traced(tape, options.trace);
    verdict.trace.iter().for_each(|line| println!("{line}"));
    met.lock().unwrap_or_else(std::sync::PoisonError::into_inner).add(&verdict.situations);
    if options.twice && play(tape).hash != verdict.hash {
        return Some("does not run the same way twice".to_owned());
    }
    let violation = verdict.violation?;
    let mut told = format!("fails {violation}");
    if options.minimise {
        let (short, why) = minimise(tape);
        let json = serde_json::to_string(&short).unwrap_or_default();
        told.push_str(&format!("\nin short: {why}\n{json}"));
    }
    Some(told)
}

/// Shares numbers out, in order, among so many threads, until `work` says of one that it is enough.
fn share(jobs: usize, numbers: Range<u64>, work: impl Fn(u64) -> bool + Sync) {
    let (next, stop) = (AtomicU64::new(numbers.start), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= numbers.end {
                        break;
                    }
                    if !work(number) {
                        stop.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
}

/// Plays seeds on several threads until one fails, or all of them. Gives those that fail, by number.
fn play_seeds(options: &Options, going: bool, met: &Mutex<Situations>) -> Vec<(u64, String)> {
    let failed = Mutex::new(Vec::new());
    share(options.jobs, options.start..options.start.saturating_add(options.seeds), |seed| {
        let Some(why) = judge(&Tape::of(seed), options, met) else { return true };
        failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((seed, why));
        going
    });
    let mut failed = failed.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    failed.sort_unstable_by_key(|(seed, _)| *seed);
    failed
}

fn seeds(options: &Options) -> bool {
    let met = Mutex::new(Situations::default());
    let began = Instant::now();
    let failed = play_seeds(options, options.going, &met);
    for (seed, why) in &failed {
        println!("seed {seed} {why}");
        println!(
            "replay: cargo run --profile sim -p postrider-tests --bin sim -- --seeds 1 --start {seed} --minimise --trace"
        );
    }
    let took = began.elapsed().as_secs_f64();
    let rate = options.seeds as f64 * 60.0 / took / options.jobs.max(1) as f64;
    println!(
        "{} seeds from {}, {} failed, {took:.1} s, {rate:.0} a minute and thread{}",
        options.seeds,
        options.start,
        failed.len(),
        if options.twice { ", each twice" } else { "" }
    );
    let met = met.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let missed = situations().filter(|name| met.count(name) == 0).count();
    if options.situations {
        for name in situations() {
            println!("{:>8}  {name}", met.count(name));
        }
        println!("{} situations, {missed} never met", situations().count());
    }
    failed.is_empty() && !(options.situations && missed > 0)
}

/// Cuts a session everywhere, in one direction. Gives how many cuts it was, and what they broke.
fn cut_everywhere(kind: (&str, &[&str]), sent: bool) -> (u32, Vec<String>) {
    let mut broken = Vec::new();
    for after in 0.. {
        // What was sent before the cut arrives and is done, or is lost: by turns where it makes no difference to what is read.
        let verdict = play(&cut(kind, sent, after, after % 2 == 0));
        broken.extend(verdict.violation.map(|why| format!("{kind:?} cut after {after} octets, sent: {sent}: {why}")));
        if verdict.situations.count("a connection that broke") == 0 {
            return (after, broken);
        }
    }
    (0, broken)
}

/// Cuts sessions of several kinds of servers everywhere. Whether nothing came of it.
fn cuts(kinds: usize, options: &Options) -> bool {
    let began = Instant::now();
    let works: Vec<_> = CUT_KINDS.iter().take(kinds).flat_map(|kind| [(*kind, true), (*kind, false)]).collect();
    let done = Mutex::new((0, Vec::new()));
    share(options.jobs, 0..works.len() as u64, |work| {
        let (kind, sent) = works[work as usize];
        let (count, broken) = cut_everywhere(kind, sent);
        println!("{count:>6} cuts of {kind:?}, {}", if sent { "sending" } else { "receiving" });
        let mut done = done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        done.0 += count;
        done.1.extend(broken);
        true
    });
    let (count, broken) = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    broken.iter().for_each(|why| println!("{why}"));
    println!("{count} cuts, {} failed, {:.1} s", broken.len(), began.elapsed().as_secs_f64());
    // A session that is not there is not cut.
    broken.is_empty() && count > 1000 * u32::try_from(works.len()).unwrap_or(u32::MAX)
}

fn tape(file: &str, options: &Options) -> Result<bool, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    let tape: Tape = serde_json::from_slice(&bytes).map_err(|error| format!("{file}: {error}"))?;
    let met = Mutex::new(Situations::default());
    let wrong = judge(&tape, options, &met);
    if let Some(why) = &wrong {
        println!("{file} {why}");
    }
    Ok(wrong.is_none())
}

#[cfg(not(feature = "mutants"))]
fn planted(_: &str) -> Result<(), String> {
    Err("built without the feature `mutants`".to_owned())
}

#[cfg(feature = "mutants")]
fn planted(name: &str) -> Result<(), String> {
    if postrider::mutants::plant(Some(name)) { Ok(()) } else { Err(format!("there is no fault {name}")) }
}

#[cfg(not(feature = "mutants"))]
fn mutants(_: &str, _: &Options) -> Result<bool, String> {
    Err("built without the feature `mutants`".to_owned())
}

/// Plants faults one after the other. Whether each was found.
#[cfg(feature = "mutants")]
fn mutants(wanted: &str, options: &Options) -> Result<bool, String> {
    use postrider::mutants::{ALL, FOUND, plant};
    let names: Vec<&str> = match wanted.split_once(':') {
        Some(("ten", word)) => {
            let first = word.bytes().fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
            (0..10).map(|step| ALL[first.wrapping_add(step * 11) % FOUND].0).collect()
        }
        _ if wanted == "all" => ALL.iter().map(|(name, _)| *name).collect(),
        _ if wanted == "found" => ALL.iter().take(FOUND).map(|(name, _)| *name).collect(),
        _ => wanted.split(',').collect(),
    };
    // What a planted fault breaks may panic: that is told, and need not be shown.
    std::panic::set_hook(Box::new(|_| {}));
    let mut good = true;
    for name in &names {
        planted(name)?;
        let began = Instant::now();
        let failed = play_seeds(options, false, &Mutex::new(Situations::default()));
        plant(None);
        match failed.first() {
            // A seed that fails by itself shows nothing.
            Some((seed, _)) if judge(&Tape::of(*seed), options, &Mutex::default()).is_some() => {
                good = false;
                println!("{name:<28} not found: seed {seed} fails without it too");
            }
            Some((seed, why)) => {
                let why: String = why.chars().take(90).collect();
                let tried = seed - options.start + 1;
                println!("{name:<28} found after {tried:>5} seeds, {:>5.1} s  {why}", began.elapsed().as_secs_f64());
            }
            None => {
                good = false;
                println!("{name:<28} NOT FOUND in {} seeds, {:>5.1} s", options.seeds, began.elapsed().as_secs_f64());
            }
        }
    }
    println!("{} faults planted", names.len());
    Ok(good)
}

fn main() -> ExitCode {
    let outcome = options().and_then(|options| match (&options.tape, &options.mutants, options.cuts) {
        (Some(file), Some(fault), _) => planted(fault).and_then(|()| tape(file, &options)),
        (Some(file), None, _) => tape(file, &options),
        (_, Some(wanted), _) => mutants(wanted, &options),
        (_, _, Some(kinds)) => Ok(cuts(kinds, &options)),
        (None, None, None) => Ok(seeds(&options)),
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
