//! One mail as its author sees it, and how the files in `mailbox/` write it down.
//!
//! A mail begins with `%% KEY FROM>TO,TO MAILBOX WHEN [FLAG…] [re:KEY] [file:NAME]`; WHEN is `5h` ago or `12d@08:30`.
//! Its subject follows, `Re:` alone for that of the mail it answers; then its text. A line `>>` quotes the mail that it
//! answers; after `=== NAME` comes the content of a file.

use std::collections::BTreeMap;

use super::people::{People, Person};

const HOUR: i64 = 3_600;
pub(super) const DAY: i64 = 24 * HOUR;

/// When a mail was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// That many hours ago.
    Hours(i64),
    /// On the day so many days ago, at that minute of the day (UTC).
    Day(i64, i64),
}

impl When {
    /// As seconds since 1970.
    pub(super) fn seconds(self, now: i64) -> i64 {
        match self {
            Self::Hours(hours) => now - hours * HOUR,
            Self::Day(days, minute) => now - now.rem_euclid(DAY) - days * DAY + minute * 60,
        }
    }
}

/// One mail.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    /// Makes its Message-ID.
    pub(super) key: String,
    pub(super) from: Person,
    pub(super) to: Vec<Person>,
    /// By its name as shown, in the usual layout.
    pub(super) mailbox: String,
    pub(super) when: When,
    pub(super) flags: Vec<String>,
    /// The key of the mail that it answers.
    pub(super) answers: Option<String>,
    pub(super) subject: String,
    pub(super) text: String,
    pub(super) html: Option<String>,
    pub(super) files: Vec<Attached>,
    /// Further lines of its header, each with its end.
    pub(super) header: String,
}

/// A file that goes with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attached {
    pub(super) name: String,
    /// Its text; `None` for one that is drawn from the mail, by the ending of its name.
    pub(super) text: Option<String>,
}

/// The mails of one file of `mailbox/`.
///
/// # Errors
/// The line that makes no sense.
pub(super) fn parse(text: &str, people: &People) -> Result<Vec<Letter>, String> {
    let blocks = text.split("\n%% ").map(|block| block.strip_prefix("%% ").unwrap_or(block));
    blocks
        .map(|block| letter(block, people).ok_or_else(|| block.lines().next().unwrap_or_default().to_owned()))
        .collect()
}

fn letter(block: &str, people: &People) -> Option<Letter> {
    let (head, rest) = block.split_once('\n')?;
    let (subject, rest) = rest.split_once('\n')?;
    let mut words = head.split_whitespace();
    let (key, persons, mailbox, when) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let (from, to) = persons.split_once('>')?;
    let (text, file) = match rest.split_once("\n=== ") {
        Some((text, file)) => (text, Some(file.split_once('\n')?)),
        None => (rest, None),
    };
    let mut letter = Letter {
        key: key.to_owned(),
        from: people.get(from)?,
        to: to.split(',').map(|alias| people.get(alias)).collect::<Option<_>>()?,
        mailbox: mailbox.replace('_', " "),
        when: parse_when(when)?,
        flags: Vec::new(),
        answers: None,
        subject: subject.to_owned(),
        text: text.trim().to_owned(),
        html: None,
        files: Vec::new(),
        header: String::new(),
    };
    letter.files.extend(file.map(|(name, text)| Attached { name: name.to_owned(), text: Some(text.to_owned()) }));
    for word in words {
        match word.split_once(':') {
            Some(("re", key)) => letter.answers = Some(key.to_owned()),
            Some(("file", name)) => letter.files.push(Attached { name: name.to_owned(), text: None }),
            _ => letter.flags.push(flag(word)?.to_owned()),
        }
    }
    Some(letter)
}

fn flag(word: &str) -> Option<&'static str> {
    Some(match word {
        "seen" => "\\Seen",
        "flagged" => "\\Flagged",
        "answered" => "\\Answered",
        "draft" => "\\Draft",
        _ => return None,
    })
}

fn parse_when(text: &str) -> Option<When> {
    if let Some(hours) = text.strip_suffix('h') {
        return hours.parse().ok().map(When::Hours);
    }
    let (days, time) = text.split_once("d@")?;
    let (hour, minute) = time.split_once(':')?;
    Some(When::Day(days.parse().ok()?, hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok()?))
}

/// Fills in what a mail takes from the one that it answers: its subject, and what it quotes.
///
/// # Errors
/// The key of a mail that answers one which is not there.
pub(super) fn link(letters: &mut [Letter], now: i64) -> Result<(), String> {
    let all: BTreeMap<String, Letter> = letters.iter().map(|letter| (letter.key.clone(), letter.clone())).collect();
    for letter in letters {
        let Some(answers) = &letter.answers else { continue };
        let parent = all.get(answers).ok_or_else(|| letter.key.clone())?;
        if letter.subject == "Re:" {
            letter.subject = format!("Re: {}", subject_of(parent, &all).trim_start_matches("Re: "));
        }
        if letter.text.contains(">>") {
            let day = jiff::Timestamp::from_second(parent.when.seconds(now)).unwrap_or_default();
            let quoted: String = parent.text.lines().map(|line| format!("\n> {line}")).collect();
            let quoted = format!("{}, {}:{quoted}", parent.from.name, day.strftime("%-d.%-m.%Y"));
            letter.text = letter.text.replace(">>", &quoted.replace("\n> >>", ""));
        }
    }
    Ok(())
}

fn subject_of<'a>(letter: &'a Letter, all: &'a BTreeMap<String, Letter>) -> &'a str {
    let mut letter = letter;
    while let ("Re:", Some(parent)) = (letter.subject.as_str(), letter.answers.as_ref().and_then(|key| all.get(key))) {
        letter = parent;
    }
    &letter.subject
}
