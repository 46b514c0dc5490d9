//! What a refusal means: one table of response codes (RFC 5530 and the extensions).

use serde::{Deserialize, Serialize};

/// Why a step is not done, in a word and a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// The word, for programs: `over_quota`, `no_permission`, …
    pub code: String,
    /// The sentence, for people. Holds no text of mails.
    pub text: String,
}

impl Reason {
    /// Why nothing can go to a mailbox.
    pub fn no_mailbox() -> Self {
        Self::new("no_mailbox", "the mailbox it was to go to is not there")
    }

    /// A reason of our own.
    pub fn new(code: &str, text: &str) -> Self {
        Self { code: code.to_owned(), text: text.to_owned() }
    }
}

/// How often a step may break the connection when it goes out alone. Then it is set aside.
pub const MOST_BREAKS: u32 = 3;

/// The word for a step that breaks the connection.
pub const BREAKS: &str = "connection_breaks";
/// The code of what was not done since its message was not found.
pub const MISSED: &str = "not_found";

/// Why a step waits, or is set aside, that broke the connection.
pub fn breaks() -> Reason {
    Reason::new(BREAKS, "the connection breaks whenever this is sent")
}

/// Why a step is set aside whose message was copied, while its original cannot be removed: `cause` tells why not.
pub fn in_both(cause: &Reason) -> Reason {
    let text = format!("the message lies in both mailboxes: it was copied, and its original stays, for {}", cause.text);
    Reason { code: "in_both".to_owned(), text }
}

/// What is to be done about a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Try again later.
    Later(Reason),
    /// It will not work as it is: set it aside and tell.
    Park(Reason),
    /// The mailbox is missing that something was to go to.
    NoTarget(Reason),
    /// Something of that name is there already.
    Exists(Reason),
    /// What it is about is not there.
    NotThere(Reason),
}

impl Refusal {
    /// Why.
    pub fn reason(&self) -> &Reason {
        match self {
            Self::Later(reason)
            | Self::Park(reason)
            | Self::NoTarget(reason)
            | Self::Exists(reason)
            | Self::NotThere(reason) => reason,
        }
    }
}

type Make = fn(Reason) -> Refusal;

/// Response code, what to do, our word, our sentence.
const TABLE: [(&str, Make, &str, &str); 18] = [
    ("TRYCREATE", Refusal::NoTarget, "no_mailbox", "the mailbox it was to go to is not there"),
    ("NONEXISTENT", Refusal::NotThere, "no_mailbox", "the server has no such mailbox"),
    ("ALREADYEXISTS", Refusal::Exists, "exists", "a mailbox of that name is there already"),
    ("OVERQUOTA", Refusal::Park, "over_quota", "the mailbox on the server is full"),
    ("OVERQUOTA-HARD", Refusal::Park, "over_quota", "the mailbox on the server is full"),
    ("TOOBIG", Refusal::Park, "too_big", "the message is larger than the server takes"),
    ("NOPERM", Refusal::Park, "no_permission", "the server does not permit it"),
    ("READ-ONLY", Refusal::Park, "no_permission", "the mailbox cannot be changed"),
    ("CANNOT", Refusal::Park, "cannot", "the server can never do this"),
    ("HASCHILDREN", Refusal::Park, "has_children", "mailboxes lie below it"),
    ("CLIENTBUG", Refusal::Park, "refused", "the server did not take the command"),
    ("INUSE", Refusal::Later, "in_use", "another program is using the mailbox"),
    ("UNAVAILABLE", Refusal::Later, "unavailable", "a part of the server is out of order"),
    ("LIMIT", Refusal::Later, "limit", "a limit of the server is reached for now"),
    ("SERVERBUG", Refusal::Later, "server_fault", "the server made a mistake"),
    ("CORRUPTION", Refusal::Later, "server_fault", "the mailbox on the server is damaged"),
    ("CONTACTADMIN", Refusal::Park, "contact_admin", "the server asks to contact whoever runs it"),
    ("EXPUNGEISSUED", Refusal::Later, "meanwhile", "a message was removed meanwhile"),
];

/// What a refusal with this response code means. One without a code is tried a few times, for some servers say NO when they
/// are busy; `attempts` is how often it was refused before.
pub fn classify(code: Option<&str>, attempts: u32) -> Refusal {
    let found = code.and_then(|code| TABLE.iter().find(|(word, ..)| word.eq_ignore_ascii_case(code)));
    match found {
        Some((_, make, word, text)) => make(Reason::new(word, text)),
        None if attempts < UNEXPLAINED => Refusal::Later(Reason::new("refused", "the server refused without a reason")),
        None => Refusal::Park(Reason::new("refused", "the server keeps refusing, without a reason")),
    }
}

/// Whether a refusal with this response code says that a mailbox is not there.
pub fn is_missing(code: &str) -> bool {
    matches!(classify(Some(code), 0), Refusal::NotThere(_) | Refusal::NoTarget(_))
}

/// How often a refusal without a reason is taken for a passing one.
const UNEXPLAINED: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_mailbox_waits_for_the_user_and_a_busy_one_for_its_time() {
        assert!(matches!(classify(Some("overquota"), 0), Refusal::Park(reason) if reason.code == "over_quota"));
        assert!(matches!(classify(Some("INUSE"), 9), Refusal::Later(_)));
        assert!(matches!(classify(Some("TRYCREATE"), 0), Refusal::NoTarget(_)));
    }

    #[test]
    fn a_refusal_without_a_reason_is_tried_again_and_then_set_aside() {
        assert!(matches!(classify(None, 0), Refusal::Later(_)));
        assert!(matches!(classify(Some("X-UNHEARD-OF"), 2), Refusal::Later(_)));
        assert!(matches!(classify(None, 3), Refusal::Park(_)));
    }

    #[test]
    fn no_code_stands_twice_in_the_table() {
        let mut words: Vec<_> = TABLE.iter().map(|(word, ..)| word).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), TABLE.len());
    }
}
