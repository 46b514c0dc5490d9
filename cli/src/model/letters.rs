//! The mails of a person's mailbox, and what happens to it while she is away.

use postrider_model::world::{FlagChange, Flags, InternalDate, NewMessage, Refusal, Rival};

use super::USER;

const HOUR: i64 = 3_600;

/// One mail; its key is its Message-ID.
struct Letter {
    key: &'static str,
    answers: &'static str,
    mailbox: &'static str,
    hours_ago: i64,
    from: (&'static str, &'static str),
    subject: &'static str,
    text: &'static str,
    flags: &'static [&'static str],
    file: Option<(&'static str, &'static str, &'static str)>,
}

const ADA: (&str, &str) = ("Ada Brunner", "ada@alpenclub.example");
const KENJI: (&str, &str) = ("森 健司", "kenji@chashitsu.example");
const MARA: (&str, &str) = ("Mara Lindqvist", USER);
const PRESS: (&str, &str) = ("The Lantern", "letters@lantern.example");
const ZOE: (&str, &str) = ("Zoé Marchand", "zoe@atelier.example");

const LETTERS: &[Letter] = &[
    Letter {
        key: "hut-1",
        answers: "",
        mailbox: "INBOX",
        hours_ago: 75,
        from: ADA,
        subject: "Hut in March: who comes?",
        text: "Hello all,\r\n\r\nthe hut has eight beds left for the second weekend of March. I would book on\r\nFriday. \
               Tell me whether you come, and whether you bring skis.\r\n\r\nAda",
        flags: &["\\Seen", "\\Answered"],
        file: None,
    },
    Letter {
        key: "hut-2",
        answers: "hut-1",
        mailbox: "Sent",
        hours_ago: 70,
        from: MARA,
        subject: "Re: Hut in March: who comes?",
        text: "I come, with skis and the big pot.\r\n\r\nMara",
        flags: &["\\Seen"],
        file: None,
    },
    Letter {
        key: "hut-3",
        answers: "hut-2",
        mailbox: "INBOX",
        hours_ago: 26,
        from: ZOE,
        subject: "Re: Hut in March: who comes?",
        text: "Moi aussi ! Who drives up on Friday evening? I have one free seat from the station.\r\n\r\nZoé",
        flags: &["\\Seen"],
        file: None,
    },
    Letter {
        key: "hut-4",
        answers: "hut-3",
        mailbox: "INBOX",
        hours_ago: 3,
        from: ADA,
        subject: "Re: Hut in March: who comes?",
        text: "Booked for seven. The packing list is attached; whoever has the avalanche kit, tell me.\r\n\r\nAda",
        flags: &[],
        file: Some(("packing list.csv", "text/csv", "thing,who\r\npot,Mara\r\nrope,Ada\r\navalanche kit,?\r\n")),
    },
    Letter {
        key: "tea-1",
        answers: "",
        mailbox: "INBOX",
        hours_ago: 30,
        from: KENJI,
        subject: "茶室の見学について",
        text: "マラさん\r\n\r\n来週の木曜日に茶室をご案内できます。午後二時に門の前でお待ちしております。\r\n\r\n森 健司",
        flags: &["\\Flagged", "\\Seen"],
        file: None,
    },
    Letter {
        key: "tea-2",
        answers: "tea-1",
        mailbox: "INBOX",
        hours_ago: 5,
        from: KENJI,
        subject: "Re: 茶室の見学について",
        text: "雨の場合は金曜日にしましょう。靴下をお忘れなく。\r\n\r\n森",
        flags: &[],
        file: None,
    },
    Letter {
        key: "lantern-41",
        answers: "",
        mailbox: "INBOX",
        hours_ago: 160,
        from: PRESS,
        subject: "The Lantern, letter 41: harbour lights",
        text: "Dear reader,\r\n\r\nthis week: why lantern rooms smell of oil, and a keeper who counted ships.\r\n",
        flags: &["\\Seen"],
        file: None,
    },
    Letter {
        key: "lantern-42",
        answers: "",
        mailbox: "INBOX",
        hours_ago: 9,
        from: PRESS,
        subject: "The Lantern, letter 42: fog signals",
        text: "Dear reader,\r\n\r\nthis week: three ways to be heard in fog, and the last lantern on the north pier.\r\n",
        flags: &["\\Flagged"],
        file: None,
    },
    Letter {
        key: "invoice-7",
        answers: "",
        mailbox: "Archive",
        hours_ago: 900,
        from: ZOE,
        subject: "Invoice 7: two frames, oak",
        text: "Bonjour Mara,\r\n\r\nthe frames are ready. The invoice stands below: 2 × 140 €.\r\n\r\nZoé",
        flags: &["\\Seen"],
        file: None,
    },
];

/// Puts the mails where they lie; `prefix` stands before the name of every mailbox but INBOX.
pub(super) fn fill(person: &Rival, prefix: &str, now: i64) -> Result<(), Refusal> {
    for letter in LETTERS {
        let mailbox =
            if letter.mailbox == "INBOX" { "INBOX".to_owned() } else { format!("{prefix}{}", letter.mailbox) };
        if mailbox != "INBOX" {
            match person.create(&mailbox, &[]) {
                Ok(()) | Err(Refusal::AlreadyExists) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        person.deliver(&mailbox, letter.mail(now))?;
    }
    Ok(())
}

/// What happens while she is away: mail comes, another device reads, flags and tidies up.
pub(crate) fn later(person: &Rival, now: i64) -> Result<(), Refusal> {
    let answer = Letter {
        key: "hut-5",
        answers: "hut-4",
        mailbox: "INBOX",
        hours_ago: 0,
        from: ZOE,
        subject: "Re: Hut in March: who comes?",
        text: "I have the avalanche kit, and chocolate.\r\n\r\nZoé",
        flags: &[],
        file: None,
    };
    person.deliver("INBOX", answer.mail(now))?;
    person.set_flags("INBOX", &[3], FlagChange::Add, &["\\Seen", "\\Flagged"])?;
    person.expunge("INBOX", &[6])?;
    person.create("Trips", &[])?;
    person.move_to("INBOX", &[1], "Trips")?;
    Ok(())
}

impl Letter {
    fn mail(&self, now: i64) -> NewMessage {
        let seconds = now - self.hours_ago * HOUR;
        let sent = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let threads = match self.answers {
            "" => String::new(),
            id => format!("In-Reply-To: <{id}@postrider.example>\r\nReferences: <{id}@postrider.example>\r\n"),
        };
        let head = format!(
            "From: {} <{}>\r\nTo: {MARA_NAME} <{USER}>\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}@postrider.example>\r\n\
             {threads}MIME-Version: 1.0\r\n",
            encoded(self.from.0),
            self.from.1,
            encoded(self.subject),
            sent.strftime("%a, %d %b %Y %H:%M:%S +0000"),
            self.key,
            MARA_NAME = MARA.0,
        );
        let text = format!(
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
            self.text
        );
        let mail = match self.file {
            None => format!("{head}{text}"),
            Some((name, kind, content)) => format!(
                "{head}Content-Type: multipart/mixed; boundary=\"=leaf\"\r\n\r\n--=leaf\r\n{text}\r\n--=leaf\r\n\
                 Content-Type: {kind}; name=\"{name}\"\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n\r\n\
                 {content}\r\n--=leaf--\r\n"
            ),
        };
        NewMessage::new(mail).flags(Flags::of(self.flags)).date(InternalDate::utc(seconds))
    }
}

/// As an encoded word (RFC 2047) where it is not ASCII.
fn encoded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let quoted = text.bytes().map(|byte| match byte {
        b' ' => "_".to_owned(),
        letter if letter.is_ascii_alphanumeric() => char::from(letter).to_string(),
        other => format!("={other:02X}"),
    });
    format!("=?utf-8?q?{}?=", quoted.collect::<String>())
}
