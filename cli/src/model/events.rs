//! How the mailbox begins, and what happens to it while she is away.

use postrider_model::world::{FlagChange, Refusal, Rival, Uid};

use super::letters::{INBOX, LETTER, LETTERS, Letter, READ, ZOE};

/// Puts the mails where they lie; `prefix` stands before the name of every mailbox but the inbox.
pub(super) fn fill(person: &Rival, prefix: &str, now: i64) -> Result<(), Refusal> {
    for letter in LETTERS {
        if letter.mailbox == INBOX {
            person.deliver(INBOX, letter.mail(now))?;
            continue;
        }
        let mailbox = format!("{prefix}{}", letter.mailbox);
        match person.create(&mailbox, &[]) {
            Ok(()) | Err(Refusal::AlreadyExists) => person.deliver(&mailbox, letter.mail(now))?,
            Err(refusal) => return Err(refusal),
        };
    }
    Ok(())
}

/// Mail comes, and another device reads, flags, files and deletes.
pub(super) fn later(person: &Rival, now: i64) -> Result<(), Refusal> {
    let answer = Letter {
        key: "hut-5",
        answers: "hut-4",
        from: ZOE,
        subject: "Re: Hut in March: who comes?",
        text: "I have the avalanche kit, and chocolate.\r\n\r\nZoé",
        ..LETTER
    };
    person.deliver(INBOX, answer.mail(now))?;
    person.set_flags(INBOX, &uids(&["hut-4", "tea-2"]), FlagChange::Add, READ)?;
    person.set_flags(INBOX, &uids(&["hut-4"]), FlagChange::Add, &["\\Flagged"])?;
    person.expunge(INBOX, &uids(&["library-1"]))?;
    person.create("Trips", &[])?;
    person.move_to(INBOX, &uids(&["hut-1", "hut-3"]), "Trips")?;
    Ok(())
}

/// The UIDs that mails got when the inbox was filled.
fn uids(keys: &[&str]) -> Vec<Uid> {
    let inbox = LETTERS.iter().filter(|letter| letter.mailbox == INBOX);
    (1..).zip(inbox).filter(|(_, letter)| keys.contains(&letter.key)).map(|(uid, _)| uid).collect()
}
