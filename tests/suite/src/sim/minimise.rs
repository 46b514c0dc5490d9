//! A failing tape made short: entries are taken out as long as it still fails.

use super::run::play;
use super::tape::{Schedule, ServerSpec, Tape};

/// The shortest tape that was found to fail, and what it fails with.
pub fn minimise(tape: &Tape) -> (Tape, String) {
    let mut best = tape.clone();
    let mut why = play(&best).violation.unwrap_or_default();
    loop {
        let before = best.clone();
        shorten(&mut best, &mut why, |tape| &mut tape.workload);
        shorten(&mut best, &mut why, |tape| &mut tape.faults);
        shorten(&mut best, &mut why, |tape| &mut tape.server.without);
        shorten(&mut best, &mut why, |tape| &mut tape.server.with);
        simplify(&mut best, &mut why);
        if best == before {
            return (best, why);
        }
    }
}

fn fails(tape: &Tape, best: &mut Tape, why: &mut String) -> bool {
    let Some(violation) = play(tape).violation else { return false };
    *why = violation;
    *best = tape.clone();
    true
}

/// Takes out ever smaller pieces of a list.
fn shorten<T: Clone>(best: &mut Tape, why: &mut String, list: impl Fn(&mut Tape) -> &mut Vec<T>) {
    let mut size = list(best).len();
    while size > 0 {
        let mut at = 0;
        while at < list(best).len() {
            let mut shorter = best.clone();
            let entries = list(&mut shorter);
            entries.drain(at..(at + size).min(entries.len()));
            if !fails(&shorter, best, why) {
                at += size;
            }
        }
        size /= 2;
    }
}

/// Makes the schedule dull and the server plain.
fn simplify(best: &mut Tape, why: &mut String) {
    let plain = ServerSpec { move_stops: false, ..best.server.clone() };
    let few = ServerSpec { mails: 2, ..best.server.clone() };
    let tries = [
        Tape { schedule: Schedule::default(), ..best.clone() },
        Tape { schedule: Schedule { links: Vec::new(), ..best.schedule.clone() }, ..best.clone() },
        Tape { server: plain, ..best.clone() },
        Tape { server: few, ..best.clone() },
    ];
    for tape in tries {
        if tape != *best {
            fails(&tape, best, why);
        }
    }
    let (deeds, links) = (best.workload.len(), 8);
    best.schedule.gaps.truncate(deeds);
    let mut tape = best.clone();
    tape.schedule.links.truncate(links);
    if tape != *best {
        fails(&tape, best, why);
    }
    for index in 0..best.schedule.gaps.len() {
        if best.schedule.gaps[index] != 0 {
            let mut tape = best.clone();
            tape.schedule.gaps[index] = 0;
            fails(&tape, best, why);
        }
    }
}
