//! What a server says, as types. Names of mailboxes are raw wire bytes: the key of a mailbox is never re-encoded.

use crate::model::{Flags, ModSeq, Part, Timestamp, Uid, UidSet, UidValidity};
use crate::wire::Literal;

/// One untagged response.
#[derive(Clone, Debug, PartialEq)]
pub enum Untagged {
    /// `* n EXISTS`: how many messages the selected mailbox holds.
    Exists(u32),
    /// `* n EXPUNGE`: a message went, named by sequence number.
    Expunge(u32),
    /// `* VANISHED` (RFC 7162 section 3.2.10).
    Vanished {
        /// Whether these went before now: an answer about the past, which changes no sequence number.
        earlier: bool,
        /// Which went. May name UIDs that never were.
        uids: UidSet,
    },
    /// `* n FETCH`.
    Fetch(Box<Fetch>),
    /// `* LIST` or `* LSUB`.
    List(ListEntry),
    /// `* STATUS`.
    Status(StatusEntry),
    /// `* SEARCH` or `* ESEARCH`, either of which may come in several pieces.
    Search {
        /// The UIDs found.
        uids: UidSet,
        /// How many were found, where ESEARCH counted.
        count: Option<u32>,
        /// The highest mod-sequence of what was found (RFC 7162 section 3.1.5).
        modseq: Option<ModSeq>,
    },
    /// `* FLAGS`: the flags in use in the selected mailbox.
    Flags(Flags),
    /// `* CAPABILITY`, in upper case.
    Capability(Vec<String>),
    /// `* ENABLED`, in upper case.
    Enabled(Vec<String>),
    /// `* NAMESPACE` (RFC 2342).
    Namespace(Namespaces),
    /// `* ID` (RFC 2971): what the server says of itself.
    Id(Vec<(String, String)>),
    /// `* OK`, `* NO`, `* BAD`, `* BYE`, `* PREAUTH`.
    Condition(Condition),
    /// A response this client has no use for, or does not know.
    Other,
}

/// A status response, tagged or not (RFC 3501 section 7.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Which of the five.
    pub kind: StatusKind,
    /// The response code in brackets.
    pub code: Option<Code>,
    /// The text for people, at most 1,000 bytes of it, control characters removed. It may quote what was sent: never log it.
    pub text: String,
}

/// The word of a status response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the protocol's own words")]
pub enum StatusKind {
    Ok,
    No,
    Bad,
    Bye,
    PreAuth,
}

/// A response code (RFC 3501 section 7.1, RFC 5530 and the extensions).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the protocol's own words")]
pub enum Code {
    Alert,
    /// `[APPENDUID validity uids]`, RFC 4315.
    AppendUid(UidValidity, UidSet),
    /// `[COPYUID validity source destination]`, RFC 4315: pairs in the order given. Absent (`Other`) where the two sets
    /// differ in length or hold more than a million.
    CopyUid(UidValidity, Vec<(Uid, Uid)>),
    Capability(Vec<String>),
    Closed,
    HighestModSeq(ModSeq),
    NoModSeq,
    MailboxId(String),
    /// `[MODIFIED set]`, RFC 7162.
    Modified(UidSet),
    /// The flags that may be changed for ever, and whether new keywords may be made (`\*`).
    PermanentFlags(Flags, bool),
    ReadOnly,
    ReadWrite,
    UidNext(Uid),
    UidValidity(UidValidity),
    UidNotSticky,
    /// Any other, in upper case, without its arguments: `AUTHENTICATIONFAILED`, `OVERQUOTA`, `TRYCREATE`, …
    Other(String),
}

impl Code {
    /// The code's own word.
    pub fn name(&self) -> String {
        match self {
            Self::Other(name) => return name.clone(),
            Self::Alert => "ALERT",
            Self::AppendUid(..) => "APPENDUID",
            Self::CopyUid(..) => "COPYUID",
            Self::Capability(_) => "CAPABILITY",
            Self::Closed => "CLOSED",
            Self::HighestModSeq(_) => "HIGHESTMODSEQ",
            Self::NoModSeq => "NOMODSEQ",
            Self::MailboxId(_) => "MAILBOXID",
            Self::Modified(_) => "MODIFIED",
            Self::PermanentFlags(..) => "PERMANENTFLAGS",
            Self::ReadOnly => "READ-ONLY",
            Self::ReadWrite => "READ-WRITE",
            Self::UidNext(_) => "UIDNEXT",
            Self::UidValidity(_) => "UIDVALIDITY",
            Self::UidNotSticky => "UIDNOTSTICKY",
        }
        .to_owned()
    }
}

/// What one FETCH response told of one message. Only what it named is `Some`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fetch {
    /// Sequence number. Only for counting: messages are named by UID.
    pub seq: u32,
    #[allow(missing_docs)]
    pub uid: Option<Uid>,
    #[allow(missing_docs)]
    pub flags: Option<Flags>,
    #[allow(missing_docs)]
    pub modseq: Option<ModSeq>,
    /// When the server got the message.
    pub internal_date: Option<Timestamp>,
    /// RFC822.SIZE in octets.
    pub size: Option<u64>,
    /// EMAILID (RFC 8474).
    pub email_id: Option<String>,
    /// THREADID (RFC 8474).
    pub thread_id: Option<String>,
    /// X-GM-MSGID.
    pub gm_msgid: Option<u64>,
    /// X-GM-THRID.
    pub gm_thrid: Option<u64>,
    /// X-GM-LABELS as raw wire names; system labels start with a backslash.
    pub gm_labels: Option<Vec<Vec<u8>>>,
    /// PREVIEW (RFC 8970).
    pub preview: Option<String>,
    /// BODYSTRUCTURE. `None` also where it was there but nested too deeply or could not be understood.
    pub structure: Option<Part>,
    /// Whether a BODYSTRUCTURE came that could not be understood.
    pub structure_unreadable: bool,
    /// `BODY[section]<origin>` and `BINARY[section]<origin>` in the order given.
    pub bodies: Vec<BodySection>,
}

/// Bytes of one section of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodySection {
    /// The section as named, in upper case: empty for the whole message, `HEADER`, `1.2`, `HEADER.FIELDS (DATE FROM)`.
    pub section: String,
    /// Where in the section the bytes begin, where a part of it was asked for.
    pub origin: Option<u64>,
    /// The bytes; `None` for NIL.
    pub data: Option<Literal>,
}

/// One line of LIST (RFC 3501 section 7.2.2, RFC 5258).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListEntry {
    /// The raw name.
    pub name: Vec<u8>,
    /// The hierarchy delimiter; `None` for NIL.
    pub delimiter: Option<char>,
    /// Attributes in lower case with their backslash: `\noselect`, `\sent`, `\subscribed`, …
    pub attributes: Vec<String>,
    /// The name this mailbox had before (RFC 9051 section 6.3.9.7, extended data OLDNAME).
    pub old_name: Option<Vec<u8>>,
}

/// One STATUS response. Only what it named is `Some`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the protocol's own words")]
pub struct StatusEntry {
    /// The raw name.
    pub name: Vec<u8>,
    pub messages: Option<u32>,
    pub unseen: Option<u32>,
    pub uid_next: Option<Uid>,
    pub uid_validity: Option<UidValidity>,
    /// HIGHESTMODSEQ; zero, which means that the mailbox has none, reads as `None`.
    pub highest_modseq: Option<ModSeq>,
    /// SIZE in octets (RFC 8438).
    pub size: Option<u64>,
    /// MAILBOXID (RFC 8474).
    pub mailbox_id: Option<String>,
    /// APPENDLIMIT in octets (RFC 7889).
    pub append_limit: Option<u64>,
}

/// One namespace (RFC 2342).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    /// The raw prefix, such as `INBOX.`; may be empty.
    pub prefix: Vec<u8>,
    /// The hierarchy delimiter; `None` for NIL.
    pub delimiter: Option<char>,
}

/// The three kinds of namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespaces {
    /// The person's own mailboxes.
    pub personal: Vec<Namespace>,
    /// Mailboxes of other people.
    pub other_users: Vec<Namespace>,
    /// Mailboxes of everybody.
    pub shared: Vec<Namespace>,
}
