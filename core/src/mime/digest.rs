//! What lists and search need of a mail, read once when it has arrived.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::bodies::Bodies;
use super::{fields, preview, readable, tree};
use crate::model::Digest;

/// The digest of a whole mail. No text part of it is left out.
pub fn digest(raw: &[u8]) -> Digest {
    let read = catch_unwind(AssertUnwindSafe(|| read(&fields::line_ends(raw))));
    read.unwrap_or_else(|_| Digest { structure: tree::opaque(raw), ..Digest::default() })
}

pub(super) fn read(raw: &[u8]) -> Digest {
    let tree = tree::read(raw);
    let bodies = Bodies::of(&tree.root);
    let (plain, html) = (bodies.plain(), bodies.html());
    let mut text = readable(&plain, &html).into_owned();
    let preview = Some(preview(&text)).filter(|preview| !preview.is_empty());
    let further = bodies.further(&tree.root, super::is_read_as_html(&plain, &html));
    if !text.is_empty() && !further.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str(&further);
    Digest { structure: tree.root.into_part(), text, preview }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"Content-Type: multipart/mixed; boundary=M\r\n\r\n--M\r\nContent-Type: multipart/alternative; boundary=A\r\n\r\n\
        --A\r\n\r\nplain words\r\n--A\r\nContent-Type: text/html\r\n\r\n<p>html words\r\n--A--\r\n\
        --M\r\nContent-Type: text/csv; name=t.csv\r\n\r\na;b\r\n--M\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ninner\r\n--M--\r\n";

    #[test]
    fn a_mail_is_found_by_all_its_text_and_previewed_by_what_is_read() {
        let digest = digest(MAIL);
        assert_eq!(digest.text, "plain words\n\nhtml words\n\na;b\n\ninner");
        assert_eq!(digest.preview.as_deref(), Some("plain words"));
        assert_eq!(digest.structure, super::super::parse(MAIL).structure);
        let attached = b"Content-Type: text/csv\r\nContent-Disposition: attachment\r\n\r\na;b";
        assert_eq!(super::digest(attached).text, "a;b");
        assert_eq!(super::digest(b"Subject: nothing\r\n\r\n").preview, None);
    }

    #[test]
    fn text_that_is_read_is_found_once() {
        let html_only = b"Content-Type: multipart/alternative; boundary=A\r\n\r\n--A\r\n\r\n \r\n--A\r\nContent-Type: text/html\r\n\r\n<p>words\r\n--A--\r\n";
        assert_eq!(digest(html_only).text.trim(), "words");
    }
}
