//! `sim --seeds N --start SEED`: plays seeds, and ends with 1 at the first that violates an invariant, telling how to replay it.
//! `sim --tape FILE` plays a stored tape. `--minimise` makes a failing tape short and prints it; `--twice` demands that each
//! seed runs the same way twice; `--situations` prints what was met; `--going` tells all that fail and goes on; `--trace`
//! prints what happens.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program of the tests")]

use std::process::ExitCode;

use postrider_tests::sim::{SITUATIONS, Situations, Tape, minimise, play, play_traced};

#[derive(Default)]
struct Options {
    seeds: u64,
    start: u64,
    tape: Option<String>,
    minimise: bool,
    twice: bool,
    situations: bool,
    going: bool,
    trace: bool,
}

fn options() -> Result<Options, String> {
    let mut options = Options { seeds: 1000, ..Options::default() };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--seeds" => options.seeds = value()?.parse().map_err(|_| "--seeds needs a number")?,
            "--start" => options.start = value()?.parse().map_err(|_| "--start needs a number")?,
            "--tape" => options.tape = Some(value()?),
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

/// Plays a tape; tells of what is wrong, and whether there was anything.
fn judge(name: &str, tape: &Tape, options: &Options, met: &mut Situations) -> bool {
    let verdict = play_traced(tape, options.trace);
    verdict.trace.iter().for_each(|line| println!("{line}"));
    met.add(&verdict.situations);
    if options.twice && play(tape).hash != verdict.hash {
        eprintln!("{name} does not run the same way twice");
        return false;
    }
    let Some(violation) = verdict.violation else { return true };
    println!("{name} fails {violation}");
    if options.minimise {
        let (short, why) = minimise(tape);
        println!("in short: {why}");
        println!("{}", serde_json::to_string(&short).unwrap_or_default());
    }
    false
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let mut met = Situations::default();
    let mut good = true;
    if let Some(file) = &options.tape {
        let tape = std::fs::read(file).map_err(|error| error.to_string());
        match tape.and_then(|bytes| serde_json::from_slice::<Tape>(&bytes).map_err(|error| error.to_string())) {
            Ok(tape) => good = judge(file, &tape, &options, &mut met),
            Err(error) => {
                eprintln!("{file}: {error}");
                return ExitCode::from(2);
            }
        }
    } else {
        for seed in options.start..options.start.saturating_add(options.seeds) {
            if !judge(&format!("seed {seed}"), &Tape::of(seed), &options, &mut met) {
                println!(
                    "replay: cargo run --release -p postrider-tests --bin sim -- --seeds 1 --start {seed} --minimise"
                );
                good = false;
                if !options.going {
                    break;
                }
            }
        }
    }
    if options.situations {
        for name in SITUATIONS {
            println!("{:>8}  {name}", met.count(name));
        }
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
