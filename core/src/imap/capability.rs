//! What a server says that it can do.

use std::collections::BTreeSet;

/// What IMAP4rev2 contains of what were extensions before (RFC 9051 appendix E).
const IN_REV2: [&str; 13] = [
    "ENABLE",
    "ESEARCH",
    "IDLE",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "LITERAL-",
    "MOVE",
    "NAMESPACE",
    "SASL-IR",
    "SEARCHRES",
    "STATUS=SIZE",
    "UIDPLUS",
    "UNSELECT",
];

/// The capabilities of one server at one moment: they change with TLS and with login. Compared without regard to case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    words: BTreeSet<String>,
}

impl Capabilities {
    /// The most capabilities kept of one server; the rest is ignored.
    pub const MAX: usize = 512;

    /// The capabilities named, and those that follow from them: IMAP4rev2 contains what were extensions, QRESYNC needs
    /// CONDSTORE and ENABLE.
    pub fn new<I>(words: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let words = words.into_iter().take(Self::MAX).map(|word| word.as_ref().to_ascii_uppercase());
        let mut capabilities = Self { words: words.filter(|word| !word.is_empty()).collect() };
        if capabilities.has("IMAP4REV2") {
            capabilities.words.extend(IN_REV2.map(str::to_owned));
        }
        if capabilities.has("QRESYNC") {
            capabilities.words.extend(["CONDSTORE", "ENABLE"].map(str::to_owned));
        }
        capabilities
    }

    /// Whether nothing is known, as before the first CAPABILITY.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Every capability in upper case, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// Whether the server has a capability, by its name in any case.
    pub fn has(&self, name: &str) -> bool {
        self.words.contains(name.to_ascii_uppercase().as_str())
    }

    /// Whether the server offers a SASL mechanism (`AUTH=…`).
    pub fn auth(&self, mechanism: &str) -> bool {
        self.has(&format!("AUTH={mechanism}"))
    }

    /// The largest message that APPEND takes in octets, where the server tells one for all mailboxes (RFC 7889).
    pub fn append_limit(&self) -> Option<u64> {
        self.words.iter().find_map(|word| word.strip_prefix("APPENDLIMIT=")?.parse().ok())
    }
}

macro_rules! helpers {
    ($($(#[$doc:meta])* $helper:ident: $($name:literal)|+;)*) => {
        impl Capabilities {
            $(
                $(#[$doc])*
                pub fn $helper(&self) -> bool {
                    $(self.has($name))||+
                }
            )*
        }
    };
}

helpers! {
    /// STARTTLS is offered.
    starttls: "STARTTLS";
    /// LOGIN is refused, as on a connection that is not encrypted.
    login_disabled: "LOGINDISABLED";
    /// An initial response may go with AUTHENTICATE (RFC 4959).
    sasl_ir: "SASL-IR";
    /// ENABLE (RFC 5161).
    enable: "ENABLE";
    /// ID (RFC 2971).
    id: "ID";
    /// NAMESPACE (RFC 2342).
    namespace: "NAMESPACE";
    /// UNSELECT (RFC 3691).
    unselect: "UNSELECT";
    /// UIDPLUS (RFC 4315).
    uidplus: "UIDPLUS";
    /// MOVE (RFC 6851).
    moves: "MOVE";
    /// CONDSTORE (RFC 7162).
    condstore: "CONDSTORE";
    /// QRESYNC (RFC 7162).
    qresync: "QRESYNC";
    /// ESEARCH (RFC 4731).
    esearch: "ESEARCH";
    /// LIST-EXTENDED (RFC 5258).
    list_extended: "LIST-EXTENDED";
    /// LIST-STATUS (RFC 5819).
    list_status: "LIST-STATUS";
    /// SPECIAL-USE (RFC 6154): may be asked for in LIST.
    special_use: "SPECIAL-USE";
    /// CREATE-SPECIAL-USE (RFC 6154).
    create_special_use: "CREATE-SPECIAL-USE";
    /// Literals of any size without waiting (RFC 7888).
    literal_plus: "LITERAL+";
    /// Literals of at most 4,096 octets without waiting (RFC 7888).
    literal_minus: "LITERAL-" | "LITERAL+";
    /// COMPRESS=DEFLATE (RFC 4978).
    compress_deflate: "COMPRESS=DEFLATE";
    /// IDLE (RFC 2177).
    idle: "IDLE";
    /// NOTIFY (RFC 5465).
    notify: "NOTIFY";
    /// EMAILID, THREADID and MAILBOXID (RFC 8474).
    object_id: "OBJECTID";
    /// Gmail's message ids, thread ids, labels and raw search.
    gmail: "X-GM-EXT-1";
    /// PREVIEW (RFC 8970).
    preview: "PREVIEW";
    /// STATUS (SIZE) (RFC 8438).
    status_size: "STATUS=SIZE";
    /// Mailbox names and headers in UTF-8, once enabled (RFC 6855).
    utf8_accept: "UTF8=ACCEPT" | "UTF8=ONLY";
    /// QUOTA (RFC 2087, RFC 9208).
    quota: "QUOTA";
    /// REPLACE (RFC 8508).
    replace: "REPLACE";
    /// BINARY (RFC 3516).
    binary: "BINARY";
}

#[cfg(test)]
#[path = "capability_tests.rs"]
mod tests;
