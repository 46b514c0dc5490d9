//! What we make of chosen mails, each of which one of us has read. Of the text only the number of its words and a digest are
//! written down: the mails are others' work.

use std::fmt::Write as _;
use std::path::Path;

use postrider::mime;
use postrider::model::{Address, Part};

use crate::mime::compare::{hex, line};

/// The summaries that were read, each with the path of its mail.
const GOLDEN: &str = include_str!("golden.txt");

/// The summary of one mail.
pub(crate) fn summary(path: &str, raw: &[u8]) -> String {
    let mail = mime::parse(raw);
    let mut out = format!("== {path}\nsubject: {}\n", line(&mail.envelope.subject));
    let mut say = |name: &str, text: &str| {
        if !text.is_empty() {
            writeln!(out, "{name}: {text}").expect("to a string");
        }
    };
    say("from", &people(&mail.envelope.from));
    say("to", &people(&mail.envelope.to));
    say("date", &mail.envelope.date.map(|date| date.0.to_string()).unwrap_or_default());
    for part in mail.structure.walk().filter(|part| !part.is_multipart()) {
        let name = part.name.as_deref().map(|name| format!(" \"{}\"", line(name))).unwrap_or_default();
        say("part", &format!("{} {} {} {}{name}", part.section, part.media_type, part.encoding, part.octets));
    }
    let attachments: Vec<&Part> = mail.structure.attachments();
    say("attachments", &mime::attachment_names(&attachments).join(", "));
    let text = mime::display_text(&mail);
    let words: Vec<&str> = text.split_whitespace().collect();
    say("text", &format!("{} words, {}", words.len(), &hex(words.join(" ").as_bytes())[..12]));
    out
}

fn people(list: &[Address]) -> String {
    list.iter().map(|one| format!("{} <{}>", line(&one.name), one.email)).collect::<Vec<_>>().join("; ")
}

#[test]
fn mails_that_were_read_are_summed_up_as_they_were() {
    let Some(corpus) = crate::mime::corpus() else { return };
    let paths: Vec<&str> = GOLDEN.lines().filter_map(|line| line.strip_prefix("== ")).collect();
    assert!(paths.len() >= 60, "{}", paths.len());
    let now: String = paths.iter().map(|path| summary(path, &read(&corpus, path))).collect();
    let wrong: Vec<(&str, &str)> = GOLDEN.lines().zip(now.lines()).filter(|(then, now)| then != now).collect();
    assert!(now == GOLDEN, "{wrong:#?}\nWhere the new ones are right, write this to golden.txt:\n{now}");
}

fn read(corpus: &Path, path: &str) -> Vec<u8> {
    std::fs::read(corpus.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
