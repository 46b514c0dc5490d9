//! How the mailbox begins, and what happens to it while she is away.

use std::collections::{BTreeMap, BTreeSet};

use postrider_model::profile::Layout;
use postrider_model::world::{FlagChange, Refusal, Rival, Uid, name};

use super::compose::mail;
use super::letter::{Letter, link, parse};
use super::people::People;
use super::series;

const INBOX: &str = "INBOX";

const FILES: [&str; 5] = [
    include_str!("mailbox/club.txt"),
    include_str!("mailbox/friends.txt"),
    include_str!("mailbox/work.txt"),
    include_str!("mailbox/home.txt"),
    include_str!("mailbox/talk.txt"),
];

/// What providers call the mailboxes that most people have.
const NAMES: [(&str, &[&str]); 5] = [
    ("Archive", &["Archive", "[Gmail]/All Mail"]),
    ("Drafts", &["Drafts", "[Gmail]/Drafts"]),
    ("Junk", &["Junk", "Junk Email", "[Gmail]/Spam"]),
    ("Sent", &["Sent", "Sent Items", "[Gmail]/Sent Mail"]),
    ("Trash", &["Trash", "Deleted Items", "[Gmail]/Trash"]),
];

/// Where the mails of the inbox lie, by their keys.
pub(super) type Places = BTreeMap<String, Uid>;

/// All mails, oldest first.
///
/// # Errors
/// The mail that is not written as it should be.
pub(super) fn letters(now: i64) -> Result<Vec<Letter>, String> {
    let people = People::known();
    let mut letters = series::all(&people, now).ok_or("a table of the series")?;
    for file in FILES {
        letters.extend(parse(file, &people)?);
    }
    link(&mut letters, now)?;
    letters.sort_by_key(|letter| letter.when.seconds(now));
    Ok(letters)
}

/// Puts the mails where they lie.
pub(super) fn fill(person: &Rival, layout: &Layout, letters: &[Letter], now: i64) -> Result<Places, Refusal> {
    let all: BTreeMap<&str, &Letter> = letters.iter().map(|letter| (letter.key.as_str(), letter)).collect();
    let (mut places, mut made) = (Places::new(), BTreeSet::new());
    for letter in letters {
        let mailbox = raw_name(&letter.mailbox, layout);
        if letter.mailbox != INBOX && made.insert(mailbox.clone()) {
            match person.create(&mailbox, &[]) {
                Ok(()) => person.subscribe(&mailbox, true)?,
                Err(Refusal::AlreadyExists) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        let uid = person.deliver(&mailbox, mail(letter, &all, now))?;
        if letter.mailbox == INBOX {
            places.insert(letter.key.clone(), uid);
        }
    }
    Ok(places)
}

/// Mail comes, and another device reads, flags, files and deletes.
pub(super) fn later(
    person: &Rival,
    layout: &Layout,
    places: &Places,
    letters: &[Letter],
    now: i64,
) -> Result<(), Refusal> {
    let all: BTreeMap<&str, &Letter> = letters.iter().map(|letter| (letter.key.as_str(), letter)).collect();
    let people = People::known();
    let mut arrived = parse(include_str!("mailbox/later.txt"), &people).unwrap_or_default();
    for letter in &mut arrived {
        let root = letter.answers.as_deref().and_then(|key| all.get(key)).map_or("", |parent| parent.subject.as_str());
        if letter.subject == "Re:" {
            letter.subject = format!("Re: {}", root.trim_start_matches("Re: "));
        }
        person.deliver(raw_name(&letter.mailbox, layout), mail(letter, &all, now))?;
    }
    let uids = |keys: &[&str]| -> Vec<Uid> { keys.iter().filter_map(|key| places.get(*key).copied()).collect() };
    person.set_flags(INBOX, &uids(&["hut-6", "tea-3", "poster-4"]), FlagChange::Add, &["\\Seen"])?;
    person.set_flags(INBOX, &uids(&["hut-6"]), FlagChange::Add, &["\\Flagged"])?;
    person.set_flags(INBOX, &uids(&["tea-1"]), FlagChange::Remove, &["\\Flagged"])?;
    person.expunge(INBOX, &uids(&["stairs-1"]))?;
    let trips = raw_name("Trips", layout);
    person.create(&trips, &[])?;
    person.move_to(INBOX, &uids(&["train-2", "library-due-0"]), &trips)?;
    Ok(())
}

/// A mailbox's name on the wire, by its name as shown in the usual layout.
fn raw_name(shown: &str, layout: &Layout) -> Vec<u8> {
    if shown == INBOX {
        return shown.into();
    }
    let prefix = String::from_utf8_lossy(&layout.prefix).into_owned();
    let usual = NAMES.iter().find(|(name, _)| *name == shown).map_or(&[][..], |(_, names)| *names);
    for name in usual {
        let name = format!("{prefix}{name}");
        if layout.mailboxes.iter().any(|(there, _)| *there == name) {
            return name.into_bytes();
        }
    }
    let delimiter = layout.delimiter.map_or('/', char::from);
    name::encode(&format!("{prefix}{}", shown.replace('/', &delimiter.to_string())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOW: i64 = 1_795_708_800;

    #[test]
    fn on_every_day_of_the_year_the_mails_are_as_they_should_be() {
        // Another hour each time, so that midnight comes too.
        for now in (0..45).map(|step| NOW + step * (9 * 24 + 1) * 3_600) {
            let letters = letters(now).unwrap();
            assert!(letters.len() > 300, "{}", letters.len());
            let keys: BTreeSet<&str> = letters.iter().map(|letter| letter.key.as_str()).collect();
            assert_eq!(keys.len(), letters.len(), "a key names one mail");
            for letter in &letters {
                assert!(letter.when.seconds(now) < now && !letter.text.is_empty(), "{}", letter.key);
                assert!(letter.subject != "Re:" && !letter.text.contains(">>"), "{}", letter.key);
                let parent = letter.answers.as_ref().map(|key| letters.iter().find(|other| other.key == *key).unwrap());
                let earlier = parent.is_none_or(|parent| parent.when.seconds(now) < letter.when.seconds(now));
                assert!(earlier, "{} answers what came later", letter.key);
            }
        }
        assert!(!parse(include_str!("mailbox/later.txt"), &People::known()).unwrap().is_empty());
    }

    #[test]
    fn the_same_day_gives_the_same_mails() {
        let bytes = || -> Vec<String> {
            let letters = letters(NOW).unwrap();
            let all = letters.iter().map(|letter| (letter.key.as_str(), letter)).collect();
            letters.iter().map(|letter| format!("{:?}", mail(letter, &all, NOW).content)).collect()
        };
        assert_eq!(bytes(), bytes());
    }
}
