//! Why the core and Python read some mails differently: rules first, then single mails.

use crate::mime::compare::{Difference, What};
use crate::mime::oracle::Seen;

/// The reason of a difference, `None` where there is none that we know.
pub(crate) fn reason(path: &str, raw: &[u8], difference: &Difference, seen: &Seen) -> Option<&'static str> {
    by_rule(raw, difference, seen).or_else(|| by_name(path, difference.what))
}

fn by_rule(raw: &[u8], difference: &Difference, seen: &Seen) -> Option<&'static str> {
    let Difference { what, ours, python } = difference;
    let what = *what;
    let nothing = matches!(python.as_str(), "None" | "[]" | "[Some([]), Some([])]" | "[None, Some(\"\")]");
    let without_header = what == What::Parts && python == "text/plain" || what != What::Parts && nothing;
    if what == What::HeaderWords || seen.ends_early && without_header {
        return Some("Python ends a header at the first line that is no field; we go on where a known field follows");
    }
    if what == What::Date {
        return date(raw, ours, python);
    }
    let header_text = matches!(what, What::Subject | What::From | What::Recipients | What::Name | What::MessageId);
    if matches!(what, What::From | What::Recipients)
        && bare_words(ours) == bare_words(python.split("Some(").nth(1).unwrap_or(python))
    {
        return Some("a word without a domain: a name to us, since nothing can be sent there; an address to Python");
    }
    if what == What::MessageId && python == "None" {
        return Some("a Message-ID without its angle brackets is one to us");
    }
    let lossy = python.contains(['\u{fffd}', '?']);
    if header_text && lossy && !raw.is_ascii() && ascii(python).contains(&ascii(ours)) {
        return Some("8-bit header text: Python gives replacement characters, we read UTF-8 or the mail's charset");
    }
    let names = |kind: &str| if kind.starts_with("multipart/") { "text/plain".to_owned() } else { kind.to_owned() };
    if what == What::Parts && python.split(' ').map(names).collect::<Vec<_>>().join(" ") == *ours {
        return Some("a multipart in which no part begins is text to us, as nobody could read it otherwise");
    }
    if what == What::Content && ours.ends_with("as it stands") {
        return Some(
            "text that only calls itself base64: we keep it as it stands, Python decodes what letters it finds",
        );
    }
    None
}

fn date(raw: &[u8], ours: &str, python: &str) -> Option<&'static str> {
    let number = |text: &str| text.trim_start_matches("Some(").trim_end_matches(')').parse::<i64>().ok();
    match (number(ours), number(python)) {
        (Some(_), None) => {
            Some("a date that Python gives up: without its comma, with a month in full, with doubled colons")
        }
        (None, Some(time)) if time < 0 => Some("a date before 1970, which no mail has: none to us"),
        (Some(_), Some(time)) if time < 0 => Some("a year counted from 1900, which Python takes for one of antiquity"),
        (Some(ours), Some(python)) if (ours - python) % 900 == 0 && (ours - python).abs() <= 14 * 3600 => {
            let header = String::from_utf8_lossy(raw);
            let line = header.lines().find(|line| line.to_ascii_lowercase().starts_with("date:"))?;
            let words = line.split_whitespace().rev().take(3);
            let named = words
                .clone()
                .any(|word| word.trim_matches(['(', ')']).bytes().filter(u8::is_ascii_uppercase).count() >= 2);
            named.then_some("a zone by name, an offset from it, or an hour with AM or PM, which Python passes over")
        }
        _ => None,
    }
}

/// The words of a list of addresses, whichever of them are names and whichever addresses.
fn bare_words(list: &str) -> Vec<&str> {
    list.split(|c: char| !c.is_alphanumeric() && !matches!(c, '@' | '.' | '-' | '_' | '%'))
        .filter(|word| !word.is_empty())
        .collect()
}

/// What both can read.
fn ascii(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii() && !matches!(c, '?' | ' ' | '\\')).collect()
}

/// Single mails: what differs in them, and why.
const MAILS: &[(&[&str], &[What], &str)] = &[
    (
        &[
            "multi-badnames.msg",
            "multi-badnames.out",
            "multi-clen.msg",
            "multi-clen.out",
            "multi-digest.msg",
            "multi-digest.out",
            "multi-simple.msg",
            "multi-simple.out",
            "thirdparty/012.eml",
            "zbateson/m0021.txt",
            "stalwart-imap-bodystructure/012.txt",
            "stalwart-imap-bodystructure/014.txt",
        ],
        &[What::Parts],
        "a boundary folded within its quotes: a fold is no text, so that we find the parts",
    ),
    (
        &["2002_06_12_doublebound.msg", "double-bound.msg", "malformed/000.eml", "cpython-email/msg_37.txt"],
        &[What::Parts],
        "a delimiter right behind another: an empty part to us, as servers count, nothing to Python",
    ),
    (
        &[
            "gmime/mbox/input/substring.mbox",
            "mbox/simple/2",
            "mbox/simple/3",
            "mbox/simple.mbox.txt",
            "malformed/003.eml",
            "cpython-email/msg_15.txt",
        ],
        &[What::Parts],
        "a multipart within another whose boundary is the same, or begins with the other's: ambiguous, RFC 2046 forbids it",
    ),
    (
        &["mime-bad-content-type.raw", "mime-blank-media-name.raw", "lhost-x1-02.eml"],
        &[What::Parts],
        "no semicolon before a parameter: Python takes it for part of the type",
    ),
    (
        &["mime-bad-content-transfer-encoding.raw", "flanker/enclosed-broken-body.eml"],
        &[What::Words],
        "base64 that Python cannot decode and shows as it stands, or text that it decodes as base64",
    ),
    (
        &[
            "mime-bad-content-transfer-encoding.raw",
            "flanker/enclosed-broken-body.eml",
            "m0018.eml",
            "nice/mime4",
            "00260.c75ce8b8d8bfc55723426979d260bf61.eml",
            "00307.7ed50c6d80c6e37c8cc1b132f4a19e4d.eml",
        ],
        &[What::Content],
        "damaged base64: we decode what there is, Python gives it up or stops",
    ),
    (
        &["cr-only-newlines/lhost-aol-01.eml", "error_emails/cant_parse_from.eml"],
        &[What::Words],
        "a tag cut off: markup to us, text to Python",
    ),
    (
        &["attach_filename_combined.eml"],
        &[What::Name],
        "both filename and filename*: the second is the exact one (RFC 6266 section 4.3)",
    ),
    (&["multi-2evil.msg", "multi-2evil.out"], &[What::Name], "encoded words glued to text: decoded all the same"),
    (
        &[
            "summary/output/1015-windows-1252.txt",
            "summary/output/989-encoding-6.txt",
            "summary/output/broken-utf8.txt",
            "summary/output/emoji1.txt",
            "summary/output/gh-965-utf8.txt",
            "malformed/019.eml",
            "raw_email_incorrect_header.eml",
        ],
        &[What::Date],
        "a date as people write it, or behind a line that is no field: read by us",
    ),
    (&["encrypted-signed.eml", "bad_date_header2.eml"], &[What::Date], "a date in no form: each reads what it can"),
    (
        &[
            "summary/output/broken-utf8.txt",
            "summary/output/emoji1.txt",
            "raw_email_with_at_display_name.eml",
            "mix_caps_content_type.eml",
            "00528.a7b02c9abd9fb303615a956bbc4af548.eml",
        ],
        &[What::From, What::Recipients],
        "an address as a name before another one, or a name before one without brackets: a name to us",
    ),
    (
        &[
            "bug505221",
            "00024.621bea2c6e0ebb2eb7ac00a38dfe6b00.eml",
            "00119.010f7f583440f966e427436c31738466.eml",
            "00123.18a793261cf7719497e17412345945d6.eml",
        ],
        &[What::From, What::Recipients],
        "white space within an addr-spec, which means nothing there",
    ),
    (
        &[
            "00247.42534d5df0700cb2adf240556c539947.eml",
            "00096.a791864be5f1205bf2cea0adf241b25a.eml",
            "missing_body.eml",
        ],
        &[What::Recipients],
        "a group in brackets: nobody's address",
    ),
    (
        &[
            "jwz/input/86",
            "00080.2dda9e4297c6b66bff478c9d2d3756f1.eml",
            "invalid_email_to.eml",
            "00344.e6463530b23a12554d2e6f0e08ae10a7.eml",
        ],
        &[What::From, What::Recipients],
        "no address by any standard: we keep the most of it",
    ),
    (
        &["email-address-spoofing-attacks.eml", "rspamd/phish_sender3.eml"],
        &[What::From],
        "made to be read in two ways: we mark the sender as unclear",
    ),
    (&["mailcore2-jwz/input/101"], &[What::References], "an 8-bit Message-ID"),
    (&["cjk/big5-base64.1"], &[What::Subject], "8-bit text in Big5, half of whose bytes look like ASCII"),
    (
        &[
            "mail-parser/thirdparty/002.eml",
            "testdir2/Foo/cur/mail5",
            "cjk/big5-base64.1",
            "00960.ae114c0b717c866b821efe032780a8e5.eml",
        ],
        &[What::Content],
        "letters behind the padding of base64: two texts joined to us, nothing to Python",
    ),
    (
        &["apache-message-news-mime.eml"],
        &[What::Parts, What::Words],
        "message/news: a file to us, as RFC 5537 makes it obsolete; a mail to Python",
    ),
    (
        &["spam/broken-ctype.eml", "missing-subtype.txt"],
        &[What::Parts, What::Words],
        "a type that is none, with a file name: a file to us, text to Python",
    ),
    (&["input/messages/headers.txt"], &[What::Parts], "plain/text, which was meant to be text/plain"),
    (
        &["wildduck-imap-core/fix3.eml"],
        &[What::Parts],
        "a boundary in single quotes, without which the delimiters are written: read as it was meant",
    ),
    (&["rhost-google-06.eml"], &[What::Words], "says base64 and is not, and short enough to be taken for it"),
    (
        &[
            "00189.58d4489891c5ab450678438eb8cc4a3e.eml",
            "00756.b68f9bcfd782a01a2ece132eccdcbbe9.eml",
            "01017.11a80131a2ae31ad0a9969189de3c2bb.eml",
        ],
        &[What::Words],
        "one word within damaged markup, or of another charset than the mail says",
    ),
    (
        &[
            "stalwart-imap-bodystructure/008.txt",
            "mail-parser/rfc/008.eml",
            "base64encoded-rfc822message.msg",
            "base64encoded-rfc822message.out",
            "base64encoded-rfc822message-nested.msg",
            "base64encoded-rfc822message-nested.out",
            "bad-newlines-multiple-parts-base64.msg",
            "bad-newlines-multiple-parts-base64.out",
            "multi-2gifs-base64.msg",
            "multi-2gifs-base64.out",
            "jsmime/message-encoded",
        ],
        &[What::Parts, What::Words],
        "an attached mail that was encoded: kept whole by us, its letters are a mail to Python",
    ),
    (
        &["very-very-long-boundary.msg", "very-very-long-boundary.out"],
        &[What::Parts],
        "a boundary of more than a thousand characters: none to us",
    ),
    (
        &["qp-utf8-header-no-break.raw", "bad-header-wrap.raw"],
        &[What::Parts, What::Name, What::Content],
        "a line that is no field in the header of a part: we go on behind it, Python ends the header",
    ),
    (
        &["mimekit/messages/issue358.txt", "malformed/019.eml", "kmime/big-allocation.mbox"],
        &[What::Words, What::From],
        "damaged at random: delimiters and markup to us, text to Python",
    ),
    (&["infinite_decoded_1.txt"], &[What::Subject], "an encoded word without a charset is none"),
    (
        &["raw_email_multiple_from.eml", "rfc2822/example10.eml", "delivery-status.anonymized.eml"],
        &[What::From, What::Recipients],
        "no comma between, groups in comments, obsolete blanks in a domain: each reads what it can",
    ),
    (
        &["jwz/input/132", "delivery-status-no-blank-line.txt", "delivery-status.txt", "1382298770.002930"],
        &[What::Recipients],
        "a group without members, by its name: shown as a name by us",
    ),
    (&["php-mime-mail-parser/issue149.eml"], &[What::Subject], "a charset that Python does not know: ISO-8859-8-I"),
];

/// The mails named here that no path of the corpora ends with, or that differ in nothing any more.
pub(crate) fn useless(differing: &[String]) -> Vec<&'static str> {
    let names = MAILS.iter().flat_map(|(names, ..)| names.iter().copied());
    names.filter(|name| !differing.iter().any(|path| path.ends_with(name))).collect()
}

fn by_name(path: &str, what: What) -> Option<&'static str> {
    let fits = |(names, whats, _): &&(&[&str], &[What], &str)| {
        whats.contains(&what) && names.iter().any(|name| path.ends_with(name))
    };
    MAILS.iter().find(fits).map(|(.., reason)| *reason)
}
