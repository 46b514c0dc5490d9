//! Others who change the account meanwhile: random, but the same in every run with the same seed.

use std::collections::BTreeMap;

use postrider_model::world::{FlagChange, NewMessage, Rival, World};

use crate::phone::{Messages, USER};

/// A small generator of random numbers, the same in every run: SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom
/// number generators", 2014). Seeds that lie close together give streams that have nothing to do with one another.
pub struct Dice(u64);

impl Dice {
    /// From any seed.
    pub fn new(seed: u64) -> Self {
        Self(mixed(seed))
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0) % bound.max(1)
    }

    /// One of these, where there are any.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(usize::try_from(self.below(from.len() as u64)).unwrap_or(0))
    }
}

/// Every bit of what comes out depends on every bit that went in.
fn mixed(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// A mail of our own writing with a number in it.
pub fn mail(number: u64) -> NewMessage {
    let filler = "All work and no play. ".repeat((number % 40) as usize);
    NewMessage::new(format!(
        "From: Ann {number} <ann{number}@example.org>\r\nTo: {USER}\r\nSubject: Mail {number}\r\n\
         Date: Tue, 24 Nov 2026 10:{:02}:00 +0000\r\nMessage-ID: <m{number}@example.org>\r\n\r\n{filler}\r\n",
        number % 60
    ))
}

/// What the server holds of the test's account, by names as a phone shows them; `delimiter` and `prefix` are the server's.
pub fn held(world: &World, delimiter: char, prefix: &str) -> BTreeMap<String, Messages> {
    let snapshot = world.snapshot();
    let Some(account) = snapshot.accounts.get(USER) else { return BTreeMap::new() };
    let mut all = BTreeMap::new();
    for (raw, mailbox) in &account.mailboxes {
        if mailbox.noselect {
            continue;
        }
        let name = String::from_utf8_lossy(raw);
        let name = name.strip_prefix(prefix).filter(|rest| !rest.is_empty()).unwrap_or(&name);
        let name = name.replace(delimiter, "/");
        let messages = mailbox.messages.iter().map(|(uid, message)| {
            let shown = |flag: &str| match flag.strip_prefix('\\') {
                Some(system) => system.to_ascii_lowercase(),
                None => flag.to_owned(),
            };
            let mut flags: Vec<String> = message.flags.iter().filter(|flag| *flag != "\\Recent").map(shown).collect();
            flags.sort();
            (*uid, (flags, message.size))
        });
        all.insert(name, messages.collect());
    }
    all
}

/// Does one random thing to one of the mailboxes, as another client would.
pub fn act(rival: &Rival, world: &World, dice: &mut Dice, mailboxes: &[&str], number: u64) {
    let Some(mailbox) = dice.pick(mailboxes).copied() else { return };
    let snapshot = world.snapshot();
    let uids: Vec<u32> = snapshot
        .accounts
        .get(USER)
        .and_then(|account| account.mailboxes.get(mailbox.as_bytes()))
        .map(|mailbox| mailbox.messages.keys().copied().collect())
        .unwrap_or_default();
    let some: Vec<u32> = uids.iter().copied().filter(|_| dice.below(5) == 0).take(7).collect();
    // A refusal (a mailbox that is gone, nothing picked) is as good as an act: the comparison is what counts.
    match dice.below(9) {
        0..=2 => drop(rival.deliver(mailbox, mail(number))),
        3 => drop(rival.set_flags(mailbox, &some, FlagChange::Add, &["\\Seen"])),
        4 => drop(rival.set_flags(mailbox, &some, FlagChange::Remove, &["\\Seen"])),
        5 => drop(rival.set_flags(mailbox, &some, FlagChange::Add, &["$Work", "\\Flagged"])),
        6 => drop(rival.expunge(mailbox, &some)),
        7 => {
            if let Some(other) = dice.pick(mailboxes) {
                drop(rival.copy(mailbox, &some, other));
            }
        }
        _ => {
            if let Some(other) = dice.pick(mailboxes) {
                drop(rival.move_to(mailbox, &some, other));
            }
        }
    }
}
