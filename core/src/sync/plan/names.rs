//! How a mailbox's raw name becomes the name people see: `/` between levels whatever the server's separator, without
//! the prefix of the personal namespace, modified UTF-7 decoded.

use crate::imap::Namespaces;
use crate::imap::utf7;

/// What the names of one server mean.
#[derive(Clone, Debug, Default)]
pub struct Naming {
    /// Raw prefix of the personal namespace with its delimiter at the end, such as `INBOX.`; may be empty.
    pub prefix: Vec<u8>,
    /// The hierarchy delimiter of the personal namespace.
    pub delimiter: Option<char>,
}

impl Naming {
    /// From the answer to NAMESPACE; the first personal namespace counts.
    pub fn from_namespaces(namespaces: &Namespaces) -> Self {
        match namespaces.personal.first() {
            Some(personal) => Self { prefix: personal.prefix.clone(), delimiter: personal.delimiter },
            None => Self::default(),
        }
    }

    /// The name as shown. INBOX in any case is `INBOX`, and so is the first level of what lies within it. A name that is
    /// empty without the prefix keeps it. Two raw names may be shown alike; the raw name is the key.
    pub fn display(&self, raw: &[u8], delimiter: Option<char>) -> String {
        let inbox = is_inbox(raw);
        let within = raw.strip_prefix(self.prefix.as_slice()).filter(|rest| !rest.is_empty() && !inbox);
        let text = utf7::shown(within.unwrap_or(raw));
        if inbox {
            return "INBOX".to_owned();
        }
        let Some(delimiter) = delimiter else { return text };
        // A slash within a level must not look like a level of its own.
        let levels = text.split(delimiter).map(|level| level.replace('/', "\u{2215}"));
        let mut shown: Vec<String> = levels.collect();
        if let Some(first) = shown.first_mut().filter(|first| first.eq_ignore_ascii_case("inbox")) {
            "INBOX".clone_into(first);
        }
        shown.join("/")
    }

    /// The raw name for a mailbox that is to be made, from the name as shown.
    pub fn raw(&self, display: &str) -> Vec<u8> {
        let delimiter = self.delimiter.unwrap_or('/').to_string();
        let name = display.replace('/', &delimiter).replace('\u{2215}', "/");
        let mut raw = self.prefix.clone();
        raw.extend_from_slice(&utf7::encode(&name));
        raw
    }
}

/// Whether a raw name is the inbox, which is compared without regard to case (RFC 3501 section 5.1).
pub fn is_inbox(raw: &[u8]) -> bool {
    raw.eq_ignore_ascii_case(b"INBOX")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn courier() -> Naming {
        Naming { prefix: b"INBOX.".to_vec(), delimiter: Some('.') }
    }

    #[test]
    fn the_prefix_of_the_personal_namespace_is_not_shown() {
        assert_eq!(courier().display(b"INBOX.Sent", Some('.')), "Sent");
        assert_eq!(courier().display(b"INBOX.Work.2025", Some('.')), "Work/2025");
        assert_eq!(courier().display(b"inbox", Some('.')), "INBOX");
    }

    #[test]
    fn folders_within_the_inbox_keep_it_where_there_is_no_prefix() {
        assert_eq!(Naming::default().display(b"Inbox/Lists", Some('/')), "INBOX/Lists");
    }

    #[test]
    fn modified_utf7_is_shown_decoded_and_a_slash_within_a_level_is_no_level() {
        assert_eq!(Naming::default().display(b"Entw&APw-rfe", Some('/')), "Entwürfe");
        assert_eq!(Naming::default().display(b"a/b.c", Some('.')), "a\u{2215}b/c");
        assert_eq!(Naming::default().display(b"a/b", None), "a/b");
    }

    #[test]
    fn a_new_mailbox_is_made_within_the_personal_namespace() {
        assert_eq!(courier().raw("Reisen/Kärnten"), b"INBOX.Reisen.K&AOQ-rnten");
    }
}
