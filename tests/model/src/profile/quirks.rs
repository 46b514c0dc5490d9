//! Deviations: what real servers do that a client has to live with.

use std::collections::BTreeMap;
use std::time::Duration;

/// How strings are written where the grammar leaves the choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StringForm {
    /// Quoted where possible.
    #[default]
    Quoted,
    /// Always as literals.
    Literal,
    /// As atoms where possible (mailbox names), else quoted.
    Atom,
}

/// An item of STATUS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatusItem {
    /// MESSAGES.
    Messages,
    /// RECENT.
    Recent,
    /// UIDNEXT.
    UidNext,
    /// UIDVALIDITY.
    UidValidity,
    /// UNSEEN.
    Unseen,
    /// DELETED (RFC 9051).
    Deleted,
    /// SIZE (RFC 8438).
    Size,
    /// HIGHESTMODSEQ (RFC 7162).
    HighestModseq,
    /// MAILBOXID (RFC 8474).
    MailboxId,
    /// APPENDLIMIT (RFC 7889).
    AppendLimit,
}

impl StatusItem {
    /// Its word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Messages => "MESSAGES",
            Self::Recent => "RECENT",
            Self::UidNext => "UIDNEXT",
            Self::UidValidity => "UIDVALIDITY",
            Self::Unseen => "UNSEEN",
            Self::Deleted => "DELETED",
            Self::Size => "SIZE",
            Self::HighestModseq => "HIGHESTMODSEQ",
            Self::MailboxId => "MAILBOXID",
            Self::AppendLimit => "APPENDLIMIT",
        }
    }

    /// The item behind a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::Messages,
            Self::Recent,
            Self::UidNext,
            Self::UidValidity,
            Self::Unseen,
            Self::Deleted,
            Self::Size,
            Self::HighestModseq,
            Self::MailboxId,
            Self::AppendLimit,
        ]
        .into_iter()
        .find(|item| item.word().eq_ignore_ascii_case(word))
    }
}

/// What can go wrong with MOVE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokenMove {
    /// It moves so many messages and then answers NO.
    StopsAfter(usize),
    /// The messages stay where they were, too.
    KeepsSource,
    /// The messages never arrive.
    LosesTarget,
}

/// The switches. All off is a server as one would wish it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quirks {
    /// SELECT does not tell UIDNEXT.
    pub no_uidnext_at_select: bool,
    /// SELECT does not tell PERMANENTFLAGS.
    pub no_permanent_flags: bool,
    /// PERMANENTFLAGS lacks `\*`, and new keywords are dropped in silence.
    pub no_keywords: bool,
    /// SELECT says `NO [UIDNOTSTICKY]`.
    pub uid_not_sticky: bool,
    /// Tells RECENT and flags new messages `\Recent` to the first session that sees them.
    pub recent: bool,
    /// STATUS answers with what held at the login.
    pub stale_status: bool,
    /// STATUS of the selected mailbox answers with what held when it was selected, as Dovecot's may.
    pub old_status_of_selected: bool,
    /// STATUS answers these values whatever holds, by mailbox name and item.
    pub status_lies: BTreeMap<(Vec<u8>, StatusItem), u64>,
    /// STATUS leaves these items out.
    pub status_omits: Vec<StatusItem>,
    /// How mailbox names are written.
    pub names: StringForm,
    /// How strings of envelopes and body structures are written.
    pub strings: StringForm,
    /// Whole response lines (without line break) sent before each tagged response.
    pub noise: Vec<String>,
    /// Most sessions an account may have; the next login is refused with `[LIMIT]`.
    pub max_sessions: Option<usize>,
    /// The greeting does not list capabilities.
    pub bare_greeting: bool,
    /// The tagged OK of a login does not list capabilities.
    pub bare_login: bool,
    /// FETCH by UID does not echo the last message for `n:*` beyond the end, against the RFC.
    pub no_star_echo: bool,
    /// A message gone for good is fetched as if all its data were empty, and not refused (RFC 2180 section 4.1.3).
    pub nil_fetch: bool,
    /// What goes wrong with every MOVE.
    pub broken_move: Option<BrokenMove>,
    /// Ends a session with BYE when the client is silent for so long, in IDLE too.
    pub autologout: Option<Duration>,
    /// Before the login CAPABILITY shows only what helps to log in.
    pub short_before_login: bool,
    /// A part that is not there is fetched as an empty string, not as NIL.
    pub empty_parts: bool,
    /// `BODY[HEADER.FIELDS (...)]` comes back with the names in capitals.
    pub capital_fields: bool,
    /// INTERNALDATE is told in UTC, whatever offset it was given with.
    pub utc_dates: bool,
    /// STORE in a read-only mailbox does nothing and answers OK.
    pub ignores_store_when_read_only: bool,
    /// Greets with PREAUTH as this user.
    pub preauth: Option<String>,
}
