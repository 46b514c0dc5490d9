//! Why the core reads some mails otherwise than the results that come with them say.

use super::What;

/// Single mails: what differs in them, and why.
const MAILS: &[(&[&str], &[What], &str)] = &[
    (
        &["legacy/010.eml", "legacy/020.eml", "legacy/022.eml", "legacy/027.eml", "legacy/052.eml"],
        &[What::Subject],
        "8-bit header text: mail-parser gives replacement characters, we read the likeliest charset",
    ),
    (
        &["legacy/016.eml", "legacy/023.eml", "legacy/026.eml"],
        &[What::Name],
        "an 8-bit file name: mail-parser gives replacement characters, we read the likeliest charset",
    ),
    (
        &["legacy/035.eml", "legacy/039.eml"],
        &[What::Name],
        "a path of Windows in quotes: its backslashes were not meant to escape",
    ),
    (
        &["legacy/017.eml", "legacy/048.eml"],
        &[What::Content],
        "a part under the encoding x-uuencode: decoded by us, as it stands to mail-parser",
    ),
    (&["wildduck-imap-core/simple.eml"], &[What::Name], "an encoded word as a file name: decoded by us"),
    (
        &["legacy/033.eml", "legacy/052.eml"],
        &[What::Text],
        "8-bit text of no charset: mail-parser gives replacement characters, we read the likeliest charset",
    ),
    (
        &["malformed/005.eml"],
        &[What::Text],
        "a delimiter that is the end of the multipart around it as well: RFC 2046 forbids it, the outer one counts",
    ),
    (
        &["malformed/000.eml", "malformed/009.eml", "malformed/012.eml", "malformed/014.eml"],
        &[What::Parts],
        "a last part without content or without an end, or parts of nothing but a delimiter: mail-parser leaves them out",
    ),
    (
        &["malformed/003.eml", "malformed/007.eml"],
        &[What::Parts],
        "a multipart within another whose boundary is the same, or begins with the other's: ambiguous",
    ),
    (
        &["malformed/019.eml", "malformed/020.eml", "malformed/021.eml"],
        &[What::Parts, What::Text],
        "damaged at random, or without the first delimiter: we go on at the next delimiter, mail-parser shows it as text",
    ),
    (&["malformed/022.eml"], &[What::Parts], "an attached mail that is none: a mail of text alone to us"),
    (
        &[
            "rfc/008.eml",
            "bad-newlines-multiple-parts-base64.msg",
            "base64encoded-rfc822message.msg",
            "base64encoded-rfc822message-nested.msg",
            "multi-2gifs-base64.msg",
        ],
        &[What::Parts],
        "an attached mail that was encoded, which RFC 2046 section 5.2.1 forbids: kept whole by us, opened by others",
    ),
    (
        &["basic-plain-with-bad-header-separator.msg", "hdr-fakeout.msg"],
        &[What::Content],
        "blanks in the line behind the header: we see the text from there on, mime4j takes it for a field",
    ),
    (
        &["malformedHeader-noheader.msg", "malformedHeaderStartsBody-noheader.msg"],
        &[What::Content],
        "no header at all: all of it is text to us, mime4j skips to the first empty line",
    ),
    (
        &["malformedHeaderStartsBody-nocrlfcrlf.msg"],
        &[What::Content],
        "a line that is no field, with fields behind it: passed over by us, the beginning of the body to this mode of mime4j",
    ),
    (&["ending-boundaries.msg"], &[What::Content], "a delimiter with text behind it: none to us, as for most readers"),
    (
        &["missing-inner-boundary.msg", "missing-inner-start-boundary.msg"],
        &[What::Parts],
        "a multipart in which no part begins is text to us, as nobody could read it otherwise",
    ),
    (
        &["weird-boundary.msg", "very-long-boundary.msg"],
        &[What::Parts],
        "a boundary that ends in blanks, which no boundary may: they do not count for us",
    ),
    (&["very-very-long-boundary.msg"], &[What::Content], "a boundary of more than a thousand characters: none to us"),
    (
        &["mimetools-testmsgs/frag.msg", "multi-frag.msg"],
        &[What::Content],
        "a part that ends with the mail: its last line break is content to us",
    ),
    (
        &["jwz/input/1", "jwz/input/29", "jwz/input/132", "jwz/input/134", "jwz/input/135"],
        &[What::Parts],
        "a type that is none, or a multipart without its boundary: text to us (RFC 2045 section 5.2)",
    ),
    (
        &["jwz/input/22", "jwz/input/40", "jwz/input/41"],
        &[What::Parts],
        "an odd header, behind which mailcore finds no parts and we do",
    ),
    (
        &["jwz/input/46", "jwz/input/140", "james-3901.eml"],
        &[What::From],
        "a word without a domain: a name to us, since nothing can be sent there",
    ),
    (
        &["eml/mail.eml", "eml/spamMail.eml"],
        &[What::Subject],
        "the search index of James leaves the name of a list out",
    ),
    (
        &["eml/recursiveMail.eml"],
        &[What::Attachments],
        "James lists what is attached to the attached mail, we the mail by its subject",
    ),
    (
        &["stalwart-imap-bodystructure/008.txt"],
        &[What::Content],
        "the whole mail where its attached one was asked for: an error of that result",
    ),
    (
        &["input/emoji1.eml"],
        &[What::Text],
        "a link behind its text: in pointed brackets by us, in round ones by mailcore",
    ),
];

/// The reason of a difference, `None` where there is none that we know.
pub(super) fn reason(path: &str, what: What) -> Option<&'static str> {
    let fits = |(names, whats, _): &&(&[&str], &[What], &str)| {
        whats.contains(&what) && names.iter().any(|name| path.ends_with(name))
    };
    MAILS.iter().find(fits).map(|(.., reason)| *reason)
}

/// The mails named here that differ in nothing any more.
pub(super) fn useless(differing: &[String]) -> Vec<&'static str> {
    let names = MAILS.iter().flat_map(|(names, ..)| names.iter().copied());
    names.filter(|name| !differing.iter().any(|path| path.ends_with(name))).collect()
}
