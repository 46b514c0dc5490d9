//! The results that come with mails of the corpora, written by the parsers that they are tests of.

mod explained;
mod fields;
mod mail_parser;
mod mailcore;
mod mime4j;
mod sections;
mod texts;

use std::collections::BTreeMap;
use std::path::Path;

use postrider::mime;
use postrider::model::Part;

use crate::mime::compare::line;

/// What is said of one mail. What a source does not say is `None`, or not in the list.
#[derive(Debug, Default)]
struct Expected {
    /// The path of the mail, relative to the folder of the corpora.
    mail: String,
    subject: Option<String>,
    /// The addr-specs of the senders.
    from: Option<Vec<String>>,
    /// The parts that hold no others, and the mails within the mail, in their order.
    leaves: Option<Vec<Leaf>>,
    /// What is read, or found; in pieces that must be there, white space aside.
    texts: Vec<String>,
    /// The file names of the attachments.
    attachments: Option<Vec<String>>,
}

#[derive(Debug, Default)]
struct Leaf {
    media_type: Option<String>,
    section: Option<String>,
    name: Option<Option<String>>,
    /// As encoded.
    octets: Option<u64>,
    /// Decoded.
    content: Option<Vec<u8>>,
}

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Subject,
    From,
    Parts,
    Section,
    Name,
    Octets,
    Content,
    Text,
    Attachments,
}

fn differences(raw: &[u8], expected: &Expected) -> Vec<(What, String)> {
    let mail = mime::parse(raw);
    let mut found = Vec::new();
    let mut differ = |what, ours: String, theirs: String| found.push((what, format!("{ours} for {theirs}")));
    if let Some(subject) = &expected.subject
        && line(subject) != line(&mail.envelope.subject)
    {
        differ(What::Subject, mail.envelope.subject.clone(), subject.clone());
    }
    if let Some(from) = &expected.from {
        let ours: Vec<String> = mail.envelope.from.iter().map(|from| from.email.clone()).collect();
        if ours != *from {
            differ(What::From, format!("{ours:?}"), format!("{from:?}"));
        }
    }
    if let Some(leaves) = &expected.leaves {
        let ours: Vec<&Part> = mail.structure.walk().filter(|part| !part.is_multipart()).collect();
        let alike =
            |(part, leaf): (&&Part, &Leaf)| leaf.media_type.as_ref().is_none_or(|kind| *kind == part.media_type);
        if ours.len() != leaves.len() || !ours.iter().zip(leaves).all(alike) {
            let types = |list: Vec<&str>| list.join(" ");
            let theirs = leaves.iter().map(|leaf| leaf.media_type.as_deref().unwrap_or("?")).collect();
            differ(What::Parts, types(ours.iter().map(|part| part.media_type.as_str()).collect()), types(theirs));
        } else {
            for (part, leaf) in ours.into_iter().zip(leaves) {
                compare_leaf(raw, part, leaf, &mut differ);
            }
        }
    }
    let squeezed = |text: &str| line(text).replace([' ', '>'], "");
    let text = squeezed(&format!("{}\n{}", mime::digest(raw).text, mail.html));
    for piece in expected.texts.iter().filter(|piece| !text.contains(&squeezed(piece))) {
        differ(What::Text, text.chars().take(300).collect(), squeezed(piece));
    }
    if let Some(attachments) = &expected.attachments {
        let ours: Vec<&str> = mail.structure.attachments().iter().filter_map(|part| part.name.as_deref()).collect();
        if ours != *attachments {
            differ(What::Attachments, format!("{ours:?}"), format!("{attachments:?}"));
        }
    }
    found
}

fn compare_leaf(raw: &[u8], part: &Part, leaf: &Leaf, differ: &mut impl FnMut(What, String, String)) {
    let at = |text: &dyn std::fmt::Debug| format!("{} {text:?}", part.section);
    if let Some(section) = leaf.section.as_ref().filter(|section| **section != part.section) {
        differ(What::Section, part.section.clone(), section.clone());
    }
    if let Some(name) = &leaf.name {
        let (ours, theirs) = (part.name.as_deref().map(line), name.as_deref().map(line));
        // Mails within the mail have their subject for a name.
        if ours != theirs && part.media_type != "message/rfc822" {
            differ(What::Name, at(&ours), format!("{theirs:?}"));
        }
    }
    if let Some(octets) = leaf.octets.filter(|octets| *octets != part.octets) {
        differ(What::Octets, at(&part.octets), octets.to_string());
    }
    if let Some(content) = &leaf.content {
        let ours = mime::content_of(raw, &part.section).unwrap_or_default();
        // Line ends, and whether the last belongs to the delimiter, are a matter of how the corpus was kept.
        let same = if part.encoding == "base64" { ours == *content } else { lines(&ours) == lines(content) };
        if !same {
            let start =
                |bytes: &[u8]| format!("{} octets {}", bytes.len(), bytes[..bytes.len().min(60)].escape_ascii());
            differ(What::Content, format!("{} {}", part.section, start(&ours)), start(content));
        }
    }
}

fn lines(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(|byte| *byte != b'\r').collect::<Vec<_>>().trim_ascii_end().to_vec()
}

/// The files of a folder that end in this way, by their paths without that end.
fn stems(corpus: &Path, folder: &str, end: &str) -> Vec<String> {
    let entries = std::fs::read_dir(corpus.join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut stems: Vec<String> =
        names.filter_map(|name| name.strip_suffix(end).map(|stem| format!("{folder}/{stem}"))).collect();
    stems.sort();
    stems
}

fn read(corpus: &Path, path: &str) -> Vec<u8> {
    std::fs::read(corpus.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn json(corpus: &Path, path: &str) -> serde_json::Value {
    serde_json::from_slice(&read(corpus, path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_mail_is_read_as_the_result_beside_it_says_or_the_difference_is_explained() {
    let Some(corpus) = crate::mime::corpus() else { return };
    let sources: [(&str, usize, Vec<Expected>); 5] = [
        ("mail-parser", 80, mail_parser::expected(&corpus)),
        ("james-mime4j", 55, mime4j::expected(&corpus)),
        ("mailcore2-jwz", 150, mailcore::expected(&corpus)),
        ("stalwart-imap-bodystructure", 9, sections::expected(&corpus)),
        ("comm-central, james-project, mailcore2, wildduck", 20, texts::expected(&corpus)),
    ];
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut unexplained, mut differing) = (Vec::new(), Vec::new());
    for (source, at_least, all) in sources {
        assert!(all.len() >= at_least, "{source}: only {}", all.len());
        for expected in &all {
            for (what, difference) in differences(&read(&corpus, &expected.mail), expected) {
                differing.push(expected.mail.clone());
                match explained::reason(&expected.mail, what) {
                    Some(reason) => *reasons.entry(reason).or_default() += 1,
                    None => unexplained.push(format!("{} {what:?}: {difference}", expected.mail)),
                }
            }
        }
    }
    let counted: Vec<String> = reasons.iter().map(|(reason, count)| format!("{count:>6}  {reason}")).collect();
    crate::mime::say(&format!("differences from the results that come with mails, by reason:\n{}", counted.join("\n")));
    assert!(unexplained.is_empty(), "{} differences have no reason:\n{}", unexplained.len(), unexplained.join("\n"));
    assert_eq!(explained::useless(&differing), Vec::<&str>::new(), "reasons for what does not differ");
}
