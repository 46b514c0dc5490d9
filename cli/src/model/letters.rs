//! The mails of a person's mailbox.

use postrider_model::world::{Flags, InternalDate, NewMessage};

use super::USER;

const HOUR: i64 = 3_600;
const DOMAIN: &str = "postrider.example";

/// Where new mail arrives.
pub(super) const INBOX: &str = "INBOX";

/// One mail; its key makes its Message-ID.
pub(super) struct Letter {
    pub(super) key: &'static str,
    /// The key of the mail that it answers.
    pub(super) answers: &'static str,
    /// By its name in the usual layout.
    pub(super) mailbox: &'static str,
    pub(super) hours_ago: i64,
    pub(super) from: (&'static str, &'static str),
    pub(super) subject: &'static str,
    pub(super) text: &'static str,
    pub(super) html: bool,
    pub(super) flags: &'static [&'static str],
    /// Name, media type and text of a file that goes with it.
    pub(super) file: Option<(&'static str, &'static str, &'static str)>,
}

pub(super) const READ: &[&str] = &["\\Seen"];

/// An unread mail in the inbox.
pub(super) const LETTER: Letter = Letter {
    key: "",
    answers: "",
    mailbox: INBOX,
    hours_ago: 0,
    from: ("", ""),
    subject: "",
    text: "",
    html: false,
    flags: &[],
    file: None,
};

const ADA: (&str, &str) = ("Ada Brunner", "ada@alpenclub.example");
const JUN: (&str, &str) = ("김준", "jun@studio.example");
const KENJI: (&str, &str) = ("森 健司", "kenji@chashitsu.example");
const LIBRARY: (&str, &str) = ("City Library", "desk@library.example");
const MARA: (&str, &str) = ("Mara Lindqvist", USER);
const PRESS: (&str, &str) = ("The Lantern", "letters@lantern.example");
pub(super) const ZOE: (&str, &str) = ("Zoé Marchand", "zoe@atelier.example");

pub(super) const LETTERS: &[Letter] = &[
    Letter {
        key: "invoice-7",
        mailbox: "Archive",
        hours_ago: 900,
        from: ZOE,
        subject: "Invoice 7: two frames, oak",
        text: "Bonjour Mara,\r\n\r\nthe frames are ready. The invoice stands below: 2 × 140 €.\r\n\r\nZoé",
        flags: READ,
        ..LETTER
    },
    Letter {
        key: "winter-plan",
        mailbox: "Archive",
        hours_ago: 760,
        from: ADA,
        subject: "Winterplan der Sektion",
        text: "Liebe alle,\r\n\r\nder Winterplan hängt im Schaukasten: vier Touren, zwei Kurse, ein Fest.\r\nGrüße, Ada",
        flags: READ,
        ..LETTER
    },
    Letter {
        key: "lantern-41",
        hours_ago: 160,
        from: PRESS,
        subject: "The Lantern, letter 41: harbour lights",
        text: "<h1>Harbour lights</h1><p>Dear reader,</p><p>this week: why lantern rooms smell of oil, and a \
               <b>keeper who counted ships</b>.</p>",
        html: true,
        flags: READ,
        ..LETTER
    },
    Letter {
        key: "library-1",
        hours_ago: 120,
        from: LIBRARY,
        subject: "Due in three days: Weather of the Northern Coasts",
        text: "The book that you borrowed is due on Friday. You can renew it twice.\r\n\r\nCity Library",
        flags: READ,
        ..LETTER
    },
    Letter {
        key: "hut-1",
        hours_ago: 75,
        from: ADA,
        subject: "Hut in March: who comes?",
        text: "Hello all,\r\n\r\nthe hut has eight beds left for the second weekend of March. I would book on\r\nFriday. \
               Tell me whether you come, and whether you bring skis.\r\n\r\nAda",
        flags: &["\\Seen", "\\Answered"],
        ..LETTER
    },
    Letter {
        key: "hut-2",
        answers: "hut-1",
        mailbox: "Sent",
        hours_ago: 70,
        from: MARA,
        subject: "Re: Hut in March: who comes?",
        text: "I come, with skis and the big pot.\r\n\r\nMara",
        flags: READ,
        ..LETTER
    },
    Letter {
        key: "poster-1",
        hours_ago: 50,
        from: JUN,
        subject: "포스터 시안 두 가지",
        text: "마라 씨, 포스터 시안 두 가지를 보냅니다. 파란색이 더 마음에 들어요 😀\r\n\r\n준",
        flags: READ,
        ..LETTER
    },
    Letter {
        key: "tea-1",
        hours_ago: 30,
        from: KENJI,
        subject: "茶室の見学について",
        text: "マラさん\r\n\r\n来週の木曜日に茶室をご案内できます。午後二時に門の前でお待ちしております。\r\n\r\n森 健司",
        flags: &["\\Flagged", "\\Seen"],
        ..LETTER
    },
    Letter {
        key: "hut-3",
        answers: "hut-2",
        hours_ago: 26,
        from: ZOE,
        subject: "Re: Hut in March: who comes?",
        text: "Moi aussi ! Who drives up on Friday evening? I have one free seat from the station.\r\n\r\nZoé",
        flags: READ,
        ..LETTER
    },
    Letter {
        key: "lantern-42",
        hours_ago: 9,
        from: PRESS,
        subject: "The Lantern, letter 42: fog signals",
        text: "<h1>Fog signals</h1><p>Dear reader,</p><p>this week: three ways to be heard in fog, and the last \
               <b>lantern on the north pier</b>.</p>",
        html: true,
        flags: &["\\Flagged"],
        ..LETTER
    },
    Letter {
        key: "tea-2",
        answers: "tea-1",
        hours_ago: 5,
        from: KENJI,
        subject: "Re: 茶室の見学について",
        text: "雨の場合は金曜日にしましょう。靴下をお忘れなく。\r\n\r\n森",
        ..LETTER
    },
    Letter {
        key: "hut-4",
        answers: "hut-3",
        hours_ago: 3,
        from: ADA,
        subject: "Re: Hut in March: who comes?",
        text: "Booked for seven. The packing list is attached; whoever has the avalanche kit, tell me.\r\n\r\nAda",
        file: Some(("packing list.csv", "text/csv", "thing,who\r\npot,Mara\r\nrope,Ada\r\navalanche kit,?\r\n")),
        ..LETTER
    },
    Letter {
        key: "draft-1",
        mailbox: "Drafts",
        hours_ago: 1,
        from: MARA,
        subject: "Re: Winterplan",
        text: "Hello Ada, about the course in January:",
        flags: &["\\Seen", "\\Draft"],
        ..LETTER
    },
];

impl Letter {
    /// The mail as it lies on the server.
    pub(super) fn mail(&self, now: i64) -> NewMessage {
        let seconds = now - self.hours_ago * HOUR;
        let head = format!("{}{}", self.header(seconds), self.references());
        let kind = if self.html { "html" } else { "plain" };
        let text = format!(
            "Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
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

    fn header(&self, seconds: i64) -> String {
        let sent = jiff::Timestamp::from_second(seconds).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let to = if self.from == MARA { ADA } else { MARA };
        format!(
            "From: {} <{}>\r\nTo: {} <{}>\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}@{DOMAIN}>\r\nMIME-Version: 1.0\r\n",
            encoded(self.from.0),
            self.from.1,
            encoded(to.0),
            to.1,
            encoded(self.subject),
            sent.strftime("%a, %d %b %Y %H:%M:%S +0000"),
            self.key,
        )
    }

    fn references(&self) -> String {
        match self.answers {
            "" => String::new(),
            key => format!("In-Reply-To: <{key}@{DOMAIN}>\r\nReferences: <{key}@{DOMAIN}>\r\n"),
        }
    }
}

/// As encoded words (RFC 2047) where it is not ASCII: each of at most 75 characters, none with half a letter.
fn encoded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut words = vec![String::new()];
    for letter in text.chars() {
        let mut bytes = [0; 4];
        let quoted: String = match letter {
            ' ' => "_".to_owned(),
            _ if letter.is_ascii_alphanumeric() => letter.to_string(),
            _ => letter.encode_utf8(&mut bytes).bytes().map(|byte| format!("={byte:02X}")).collect(),
        };
        match words.last_mut() {
            Some(word) if word.len() + quoted.len() <= 63 => word.push_str(&quoted),
            _ => words.push(quoted),
        }
    }
    let words: Vec<String> = words.into_iter().map(|word| format!("=?utf-8?q?{word}?=")).collect();
    words.join("\r\n ")
}
