//! Tapes from seeds. Every seed draws first which kinds of things happen in it at all, so that few of them are all alike.

use super::stories;
use super::tape::{Deed, Fault, MailboxAct, Reply, RivalAct, Schedule, ServerSpec, Tape, Then, UserAct};
use crate::workload::Dice;

/// Labels are left out: what is lost or doubled there is another question.
const PRESETS: [&str; 6] = ["bare", "dovecot", "cyrus", "exchange", "courier", "full"];
/// What matters to replay and sync, switched at random.
const SWITCHED: [&str; 8] =
    ["UIDPLUS", "MOVE", "CONDSTORE", "QRESYNC", "OBJECTID", "LIST-STATUS", "COMPRESS=DEFLATE", "ESEARCH"];
const COMMANDS: [&str; 6] = ["UID STORE", "UID COPY", "UID MOVE", "UID EXPUNGE", "SELECT", "STATUS"];
const CODES: [&str; 7] = [
    "NO later",
    "NO [INUSE] busy",
    "NO [OVERQUOTA] full",
    "NO [NOPERM] not you",
    "NO [SERVERBUG] oops",
    "NO [TRYCREATE] no such mailbox",
    "BAD what",
];

/// More than the streams of random numbers that a seed draws from.
const TAPES: u64 = 64;

/// How likely things are in one run.
struct Swarm {
    rivals: u64,
    links: u64,
    answers: u64,
    deaths: u64,
    renumbers: bool,
    power: bool,
}

impl Swarm {
    fn draw(dice: &mut Dice) -> Self {
        Self {
            rivals: dice.below(4),
            links: dice.below(3),
            answers: dice.below(3).saturating_sub(1),
            deaths: dice.below(3).saturating_sub(1),
            renumbers: dice.below(4) == 0,
            power: dice.below(2) == 0,
        }
    }
}

pub(super) fn tape(seed: u64) -> Tape {
    let dice = |tape: u64| Dice::new(seed.wrapping_mul(TAPES).wrapping_add(tape));
    let swarm = Swarm::draw(&mut dice(0));
    let mut workload = workload(&mut dice(1), &swarm);
    let mut faults = faults(&mut dice(2), &swarm);
    let mut others = dice(5);
    if others.below(5) == 0 {
        let swarm = Swarm::draw(&mut others);
        workload = with_second(&mut others, &swarm, workload);
        faults.extend(breaks(&mut others, &swarm).into_iter().map(|fault| Fault::Second(Box::new(fault))));
    }
    let mut own = dice(6);
    if own.below(3) == 0 {
        with_appends(&mut own, &swarm, &mut workload, &mut faults);
    }
    let mut folders = dice(7);
    let second = workload.iter().any(|deed| matches!(deed, Deed::Second(_)));
    if folders.below(4) == 0 && !second {
        with_mailboxes(&mut folders, &swarm, &mut workload, &mut faults);
    }
    let schedule = schedule(&mut dice(3), workload.len());
    let mut tape = Tape { server: server(&mut dice(4)), workload, faults, schedule };
    let mut theirs = dice(10);
    if !second && theirs.below(4) == 0 {
        with_rivals_on_mailboxes(&mut theirs, &mut tape.workload);
    }
    // Drawn by itself: with other numbers everything else would be another tape.
    let mut looks = dice(9);
    for deed in tape.workload.iter_mut().skip(2) {
        let syncs = match deed {
            Deed::Second(deed) => &mut **deed,
            deed => deed,
        };
        if *syncs == Deed::Sync && looks.below(8) == 0 {
            *syncs = Deed::Look;
        }
    }
    let mut told = dice(8);
    if !second && told.below(4) == 0 {
        stories::tell(&mut told, &mut tape);
    }
    tape
}

fn server(dice: &mut Dice) -> ServerSpec {
    let preset = dice.pick(&PRESETS).copied().unwrap_or("bare").to_owned();
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for name in SWITCHED {
        match dice.below(6) {
            0 => with.push(name.to_owned()),
            1 | 2 => without.push(name.to_owned()),
            _ => {}
        }
    }
    let move_stops = dice.below(16) == 0;
    ServerSpec { preset, without, with, move_stops, mails: small(dice, 6) as u8 + 2 }
}

fn workload(dice: &mut Dice, swarm: &Swarm) -> Vec<Deed> {
    let length = 12 + dice.below(28);
    let mut deeds = vec![Deed::Sync, Deed::Finish];
    for _ in 0..length {
        match dice.below(20 + swarm.rivals * 3) {
            0..=9 => deeds.push(Deed::User(user(dice))),
            10..=13 => deeds.push(Deed::Sync),
            14..=16 => deeds.push(Deed::Finish),
            17 => deeds.push(Deed::Wait(small(dice, 2000))),
            18 => deeds.push(Deed::Restart),
            19 if swarm.deaths > 0 => deeds.push(Deed::Die { power: power(dice, swarm) }),
            19 => {}
            _ => deeds.push(Deed::Rival(rival(dice, swarm))),
        }
    }
    deeds
}

/// Puts what is done on a second phone between what is done on the first.
fn with_second(dice: &mut Dice, swarm: &Swarm, workload: Vec<Deed>) -> Vec<Deed> {
    let mut deeds = Vec::new();
    for (index, deed) in workload.into_iter().enumerate() {
        deeds.push(deed);
        let second = match (index, dice.below(20)) {
            (0, _) => Deed::Sync,
            (1, _) => Deed::Finish,
            (_, 0..=5) => Deed::User(user(dice)),
            (_, 6..=8) => Deed::Sync,
            (_, 9..=10) => Deed::Finish,
            (_, 11) => Deed::Restart,
            (_, 12) if swarm.deaths > 0 => Deed::Die { power: power(dice, swarm) },
            _ => continue,
        };
        deeds.push(Deed::Second(Box::new(second)));
    }
    deeds
}

/// Puts appends of the user's own mails among what is done on the first phone, and answers to them among what goes wrong.
fn with_appends(dice: &mut Dice, swarm: &Swarm, workload: &mut Vec<Deed>, faults: &mut Vec<Fault>) {
    for _ in 0..1 + dice.below(3) {
        let at = 2 + dice.below(workload.len() as u64 - 2) as usize;
        workload.insert(at, Deed::User(UserAct::Append { to: small(dice, 3) as u8 }));
    }
    for _ in 0..swarm.answers {
        let reply = reply(dice);
        faults.push(Fault::Answer { command: "APPEND".to_owned(), skip: small(dice, 2) as u8, reply });
    }
}

/// Puts what is done to mailboxes among what is done on the phone, mail that goes to them, and answers to it.
fn with_mailboxes(dice: &mut Dice, swarm: &Swarm, workload: &mut Vec<Deed>, faults: &mut Vec<Fault>) {
    for _ in 0..3 + dice.below(8) {
        let at = 2 + dice.below(workload.len() as u64 - 2) as usize;
        let (pick, name) = (small(dice, 1000), small(dice, 6) as u8);
        let to = 3 + small(dice, 3) as u8;
        let act = match dice.below(16) {
            0..=4 => UserAct::Mailbox(MailboxAct::Create { name }),
            5..=7 => UserAct::Mailbox(MailboxAct::Rename { pick, name }),
            8..=9 => UserAct::Mailbox(MailboxAct::Delete { pick }),
            10 => UserAct::Mailbox(MailboxAct::Subscribe { pick, on: dice.below(2) == 0 }),
            11..=14 => UserAct::Move { pick, span: 1, to },
            _ => UserAct::Copy { pick, span: 1, to },
        };
        workload.insert(at, Deed::User(act));
    }
    for _ in 0..swarm.answers * 2 {
        let command = dice.pick(&["CREATE", "RENAME", "DELETE"]).copied().unwrap_or("CREATE");
        faults.push(Fault::Answer { command: command.to_owned(), skip: small(dice, 2) as u8, reply: reply(dice) });
    }
}

/// Puts what another client does to mailboxes among the rest.
fn with_rivals_on_mailboxes(dice: &mut Dice, workload: &mut Vec<Deed>) {
    for _ in 0..1 + dice.below(4) {
        let at = 2 + dice.below(workload.len() as u64 - 2) as usize;
        let (pick, name) = (small(dice, 1000), small(dice, 6) as u8);
        let act = match dice.below(10) {
            0..=2 => MailboxAct::Create { name },
            3..=5 => MailboxAct::Rename { pick, name },
            6..=8 => MailboxAct::Delete { pick },
            _ => MailboxAct::Subscribe { pick, on: dice.below(2) == 0 },
        };
        workload.insert(at, Deed::Rival(RivalAct::Mailbox(act)));
    }
}

/// Of a command that carries out all or nothing.
fn reply(dice: &mut Dice) -> Reply {
    match dice.below(6) {
        0..=1 => Reply::Refuse(dice.pick(&CODES).copied().unwrap_or("NO").to_owned()),
        2 => Reply::ByeAfter,
        3 => Reply::Cut,
        4 => Reply::CutAfter,
        _ => Reply::Silence,
    }
}

fn user(dice: &mut Dice) -> UserAct {
    let pick = small(dice, 1000);
    let span = 1 + (dice.below(3) * dice.below(2)) as u8;
    let to = small(dice, 3) as u8;
    match dice.below(20) {
        0..=6 => UserAct::Flag { pick, span, flag: small(dice, 3) as u8, set: dice.below(3) > 0 },
        7..=12 => UserAct::Move { pick, span, to },
        13..=15 => UserAct::Copy { pick, span, to },
        16..=17 => UserAct::Delete { pick, span },
        18 => UserAct::Cancel { pick },
        _ => UserAct::Retry { pick },
    }
}

fn rival(dice: &mut Dice, swarm: &Swarm) -> RivalAct {
    let (mailbox, to, pick) = (small(dice, 3) as u8, small(dice, 3) as u8, small(dice, 1000));
    match dice.below(16) {
        0..=4 => RivalAct::Deliver { to },
        5..=8 => RivalAct::Flag { mailbox, pick, flag: small(dice, 3) as u8, set: dice.below(2) == 0 },
        9..=10 => RivalAct::Move { mailbox, pick, to },
        11 => RivalAct::Copy { mailbox, pick, to },
        12 => RivalAct::Expunge { mailbox, pick },
        13..=14 => RivalAct::MarkDeleted { mailbox, pick },
        _ if swarm.renumbers => RivalAct::Renumber { mailbox },
        _ => RivalAct::Deliver { to },
    }
}

/// What breaks on one phone: its links, and its lives.
fn breaks(dice: &mut Dice, swarm: &Swarm) -> Vec<Fault> {
    let mut faults = Vec::new();
    for _ in 0..swarm.links * 2 {
        let up = dice.below(2) == 0;
        let after = dice.below(if up { 1500 } else { 9000 }) as u32;
        let then = match dice.below(6) {
            0 | 1 => Then::Cut,
            2 | 3 => Then::HalfCut,
            4 if swarm.deaths > 0 => Then::Die { power: power(dice, swarm) },
            _ => Then::Stall,
        };
        faults.push(Fault::Link { connection: small(dice, 8), up, after, then });
    }
    for _ in 0..swarm.deaths * 2 {
        faults.push(Fault::Transaction { number: 5 + dice.below(120) as u32, power: power(dice, swarm) });
    }
    faults
}

fn faults(dice: &mut Dice, swarm: &Swarm) -> Vec<Fault> {
    let mut faults = breaks(dice, swarm);
    for _ in 0..swarm.answers * 3 {
        let code = |dice: &mut Dice| dice.pick(&CODES).copied().unwrap_or("NO").to_owned();
        let mut command = dice.pick(&COMMANDS).copied().unwrap_or("UID STORE");
        let reply = match dice.below(10) {
            0..=3 => Reply::Refuse(code(dice)),
            // That COPY and STORE undo what they refuse is in RFC 3501; MOVE may have moved some (RFC 6851).
            4 => {
                command = "UID MOVE";
                Reply::Deny("NO not all".to_owned())
            }
            5 => Reply::Bye,
            6 => Reply::ByeAfter,
            7 => Reply::Cut,
            8 => Reply::CutAfter,
            _ => Reply::Silence,
        };
        faults.push(Fault::Answer { command: command.to_owned(), skip: small(dice, 4) as u8, reply });
    }
    faults
}

fn power(dice: &mut Dice, swarm: &Swarm) -> Option<u16> {
    (swarm.power && dice.below(2) == 0).then(|| dice.below(65536) as u16)
}

fn schedule(dice: &mut Dice, deeds: usize) -> Schedule {
    let gaps = (0..deeds).map(|_| if dice.below(3) == 0 { 0 } else { small(dice, 200) }).collect();
    let links = (0..32).map(|_| (small(dice, 60), if dice.below(3) == 0 { small(dice, 9999) } else { 0 })).collect();
    Schedule { gaps, links }
}

fn small(dice: &mut Dice, below: u64) -> u16 {
    u16::try_from(dice.below(below)).unwrap_or(u16::MAX)
}
