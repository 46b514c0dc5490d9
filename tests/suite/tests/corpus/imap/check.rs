//! What is expected of a response without knowing its meaning: it is understood, and so is each item that it names.

use postrider::imap::parse::{condition, continuation, untagged};
use postrider::imap::{Code, Fetch, StatusKind, Untagged};
use postrider::wire::Frame;

/// Responses to commands that Postrider never sends, and `RECENT`, which it has no use for.
const NO_USE: [&str; 29] = [
    "RECENT",
    "XLIST",
    "ACL",
    "MYRIGHTS",
    "LISTRIGHTS",
    "QUOTA",
    "QUOTAROOT",
    "THREAD",
    "SORT",
    "METADATA",
    "ANNOTATION",
    "ANNOTATEMORE",
    "ANNOTATIONS",
    "LANGUAGE",
    "COMPARATOR",
    "GENURLAUTH",
    "URLFETCH",
    "CONVERTED",
    "CONVERSION",
    "JMAPACCESS",
    "FILTER",
    "UIDBATCHES",
    "MAILBOX",
    "BBOARD",
    "UIDFETCH",
    "XMAILBOXINFO",
    "COPY",
    "STORE",
    "NOOP",
];

/// Where lines come from, how they begin, and why they are not understood.
const EXPLAINED: [(&str, &str, &str); 29] = [
    ("fetch-negative-modseq-values.txt", "* ", "mod-sequences of zero and below are none"),
    ("fetch-quoted-string.txt", "* 3 FETCH (UID 1 BODY[1.TEXT]<0> \"This", "names an item within a quoted string"),
    ("headers.1+unsolicited-info.txt", ")", "the recording was edited: its literal is longer than announced"),
    ("quirky_behaviors.yml", "* 20367 FETCH (BODY[] {99999999999999999999}", "a literal that never ends"),
    ("quirky_behaviors.yml", "won't parse this)", "what stands in that literal"),
    ("server-lines.txt", "* ACAP (", "another protocol's greeting"),
    ("server-lines.txt", "* XPIG-LATIN ", "an example of an unknown response"),
    ("server-lines.txt", "* EXISTS 93", "a misprint of the RFC"),
    ("server-lines.txt", "* LIST ...etc...", "an ellipsis"),
    ("server-lines.txt", "* SEARCH 6 9 ...", "an ellipsis"),
    ("server-lines.txt", "* ESEARCH (TAG \"E01\") UID ALL 23765,23764,23763,23761,[...]", "an ellipsis"),
    ("server-lines.txt", "* VANISHED (EARLIER) 1:2,4:5,7:8,10:11,13:14 [...]", "an ellipsis"),
    ("server-lines.txt", "* VANISHED (EARLIER) 1:2,4:5,7:8,10:11,13:14,[...],", "an ellipsis"),
    ("server-lines.txt", "* VANISHED (EARLIER) 29998:29999,30001:30002,30004:30005,30007:", "cut by the RFC's page"),
    ("server-lines.txt", "* ESEARCH (TAG \"tag1\" MAILBOX \"folder1\" UIDVALIDITY 1) UID ALL", "cut by the RFC's page"),
    ("server-lines.txt", "* ESEARCH (TAG \"tag2\" MAILBOX \"folder1\" UIDVALIDITY 1) UID ALL", "cut by the RFC's page"),
    ("server-lines.txt", "* ESEARCH (TAG \"tag2\" MAILBOX \"folder2/salmon\" UIDVALIDITY", "cut by the RFC's page"),
    ("server-lines.txt", "* ID (\"name\" \"Cyrus\" \"version\" \"1.5\" \"os\" \"sunos\"", "cut by the RFC's page"),
    ("server-lines.txt", "* NAMESPACE ((\"\" \"/\")(\"#mh/\" \"/\" \"X-PARAM\"", "cut by the RFC's page"),
    (
        "server-lines.txt",
        "* NAMESPACE ((\"\" \"/\")) ((\"Other Users/\" \"/\" \"TRANSLATION\"",
        "cut by the RFC's page",
    ),
    ("server-lines.txt", "* NAMESPACE ((\"\" \"/\"))((\"Other Users/\" \"/\" \"TRANSLATION\"", "cut by the RFC's page"),
    ("server-lines.txt", "* NAMESPACE ((\"\" \"/\")) ((\"~\" \"/\")) ((\"#shared/\" \"/\")", "cut by the RFC's page"),
    ("fetch-literal-overflow.imap", "* 2 FETCH (UID 10 BODY[] {4294967296}", "a literal that never ends"),
    ("fetch-literal-overflow.imap", ")", "what stands in that literal"),
    ("catenate.json", "append 7", "a command among the answers"),
    ("select.json", "select 7", "a command among the answers"),
    ("fetch.json", "* 1 fetch (flags () internaldate 7 ", "a variable for a date"),
    ("urlauth2.json", "* 1 fetch (uid 7 body[] 7)", "a variable for a body"),
    ("urlauth2.json", "* 2 fetch (uid 7 body[] 7)", "a variable for a body"),
];

/// What came of all responses.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) checked: usize,
    pub(crate) faults: Vec<String>,
    no_use: usize,
    /// ESEARCH of sequence numbers: Postrider searches by UID only, and takes no such number for a UID.
    by_sequence_number: usize,
    explained: usize,
}

impl Tally {
    pub(crate) fn summary(&self) -> String {
        format!(
            "{} responses, {} of no use, {} searches by sequence number, {} explained",
            self.checked, self.no_use, self.by_sequence_number, self.explained
        )
    }

    pub(crate) fn check(&mut self, origin: &str, frame: &Frame) {
        let line = String::from_utf8_lossy(&frame.text).into_owned();
        self.checked += 1;
        if line.starts_with('+') {
            if continuation(&frame.text).is_none() {
                self.fault(origin, "no continuation", &line);
            }
        } else if line.starts_with("* ") || line.starts_with('[') {
            self.untagged(origin, frame, &line);
        } else {
            let after_tag = line.split_once(' ').map_or("", |(_, rest)| rest);
            if condition(after_tag.as_bytes()).is_none() {
                self.fault(origin, "no condition", &line);
            }
        }
    }

    fn untagged(&mut self, origin: &str, frame: &Frame, line: &str) {
        match untagged(frame) {
            Untagged::Other => {
                let upper = line.to_ascii_uppercase();
                if upper.starts_with("* ESEARCH") && !upper.contains(" UID") {
                    self.by_sequence_number += 1;
                    return;
                }
                let words = || line.split([' ', '(', '[']).filter(|word| !word.is_empty()).skip(1).take(2);
                if words().any(|word| NO_USE.iter().any(|name| word.eq_ignore_ascii_case(name))) {
                    self.no_use += 1;
                } else {
                    self.fault(origin, "not understood", line);
                }
            }
            Untagged::Fetch(fetch) => {
                for item in missing(&fetch, line) {
                    self.fault(origin, &format!("{item} not understood"), line);
                }
            }
            _ => {}
        }
    }

    fn fault(&mut self, origin: &str, fault: &str, line: &str) {
        if EXPLAINED.iter().any(|(file, start, _)| origin == *file && line.starts_with(start)) {
            self.explained += 1;
        } else {
            self.faults.push(format!("{origin}: {fault}: {}", line.chars().take(300).collect::<String>()));
        }
    }
}

/// Items that the line names and the result lacks. Looks at the line alone, so names within quotes count too.
fn missing(fetch: &Fetch, line: &str) -> Vec<&'static str> {
    let upper = line.to_ascii_uppercase();
    let names = |item: &str| [' ', '('].iter().any(|before| upper.contains(&format!("{before}{item} ")));
    let named_section = upper.contains("BODY[") || upper.contains("BINARY[") || names("RFC822.HEADER");
    let items = [
        ("UID", names("UID"), fetch.uid.is_some()),
        ("FLAGS", names("FLAGS"), fetch.flags.is_some()),
        ("MODSEQ", names("MODSEQ"), fetch.modseq.is_some()),
        ("INTERNALDATE", names("INTERNALDATE"), fetch.internal_date.is_some()),
        ("RFC822.SIZE", names("RFC822.SIZE"), fetch.size.is_some()),
        ("BODYSTRUCTURE", names("BODYSTRUCTURE") || names("BODY"), fetch.structure.is_some()),
        ("EMAILID", names("EMAILID"), fetch.email_id.is_some()),
        ("X-GM-MSGID", names("X-GM-MSGID"), fetch.gm_msgid.is_some()),
        ("X-GM-THRID", names("X-GM-THRID"), fetch.gm_thrid.is_some()),
        ("X-GM-LABELS", names("X-GM-LABELS"), fetch.gm_labels.is_some()),
        ("a section", named_section, !fetch.bodies.is_empty()),
    ];
    items.into_iter().filter(|(_, named, found)| *named && !found).map(|(item, _, _)| item).collect()
}

/// The word by which the protocol calls a response, and the name of its code.
pub(crate) fn names(response: &Untagged) -> (&'static str, Option<String>) {
    let name = match response {
        Untagged::Exists(_) => "EXISTS",
        Untagged::Expunge(_) => "EXPUNGE",
        Untagged::Vanished { .. } => "VANISHED",
        Untagged::Fetch(_) => "FETCH",
        Untagged::List(_) => "LIST",
        Untagged::Status(_) => "STATUS",
        Untagged::Search { .. } => "SEARCH",
        Untagged::Flags(_) => "FLAGS",
        Untagged::Capability(_) => "CAPABILITY",
        Untagged::Enabled(_) => "ENABLED",
        Untagged::Namespace(_) => "NAMESPACE",
        Untagged::Id(_) => "ID",
        Untagged::Other => "",
        Untagged::Condition(condition) => {
            let name = match condition.kind {
                StatusKind::Ok => "OK",
                StatusKind::No => "NO",
                StatusKind::Bad => "BAD",
                StatusKind::Bye => "BYE",
                StatusKind::PreAuth => "PREAUTH",
            };
            return (name, condition.code.as_ref().map(code_name));
        }
    };
    (name, None)
}

fn code_name(code: &Code) -> String {
    let name = match code {
        Code::Alert => "ALERT",
        Code::AppendUid(..) => "APPENDUID",
        Code::CopyUid(..) => "COPYUID",
        Code::Capability(_) => "CAPABILITY",
        Code::Closed => "CLOSED",
        Code::HighestModSeq(_) => "HIGHESTMODSEQ",
        Code::NoModSeq => "NOMODSEQ",
        Code::MailboxId(_) => "MAILBOXID",
        Code::Modified(_) => "MODIFIED",
        Code::PermanentFlags(..) => "PERMANENTFLAGS",
        Code::ReadOnly => "READ-ONLY",
        Code::ReadWrite => "READ-WRITE",
        Code::UidNext(_) => "UIDNEXT",
        Code::UidValidity(_) => "UIDVALIDITY",
        Code::UidNotSticky => "UIDNOTSTICKY",
        Code::Other(name) => return name.clone(),
    };
    name.to_owned()
}
