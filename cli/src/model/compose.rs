//! A mail as it lies on the server.

use std::collections::BTreeMap;

use postrider_model::world::{Flags, InternalDate, NewMessage};

use super::letter::Letter;
use super::people::Person;
use super::{encode, files};

/// What stands between the parts of a mail: not in any of its texts.
const LEAF: &str = "=_leaf";
const TWIG: &str = "=_twig";

/// The mail that a letter makes; `all` holds the ones that it answers.
pub(super) fn mail(letter: &Letter, all: &BTreeMap<&str, &Letter>, now: i64) -> NewMessage {
    let seconds = letter.when.seconds(now);
    let bytes = format!("{}{}", header(letter, all, seconds), content(letter, now));
    let flags: Vec<&str> = letter.flags.iter().map(String::as_str).collect();
    NewMessage::new(bytes).flags(Flags::of(&flags)).date(InternalDate::utc(seconds))
}

fn header(letter: &Letter, all: &BTreeMap<&str, &Letter>, seconds: i64) -> String {
    let sent = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    let to: Vec<String> = letter.to.iter().map(address).collect();
    format!(
        "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: {}\r\n{}{}{}MIME-Version: 1.0\r\n",
        address(&letter.from),
        to.join(",\r\n "),
        encode::header(&letter.subject),
        sent.strftime("%a, %d %b %Y %H:%M:%S +0000"),
        id(letter),
        references(letter, all),
        list(letter),
        letter.header,
    )
}

fn address(person: &Person) -> String {
    format!("{} <{}>", encode::header(&person.name), person.email)
}

fn id(letter: &Letter) -> String {
    format!("<{}@{}>", letter.key, letter.from.domain())
}

fn references(letter: &Letter, all: &BTreeMap<&str, &Letter>) -> String {
    let mut chain = Vec::new();
    let mut answered = letter.answers.as_deref();
    while let Some(parent) = answered.and_then(|key| all.get(key)) {
        chain.push(id(parent));
        answered = parent.answers.as_deref();
    }
    let Some(parent) = chain.first().cloned() else { return String::new() };
    chain.reverse();
    format!("In-Reply-To: {parent}\r\nReferences: {}\r\n", chain.join("\r\n "))
}

/// What a mailing list adds (RFC 2919, RFC 2369).
fn list(letter: &Letter) -> String {
    let Some(list) =
        letter.to.first().filter(|to| ["talk@", "sektion@", "choir@"].iter().any(|name| to.email.starts_with(name)))
    else {
        return String::new();
    };
    format!("List-Id: {} <{}>\r\nList-Post: <mailto:{}>\r\n", list.name, list.email.replace('@', "."), list.email)
}

fn content(letter: &Letter, now: i64) -> String {
    let text = match &letter.html {
        None => part("plain", &letter.text),
        Some(html) => parts("alternative", TWIG, &[part("plain", &letter.text), part("html", html)]),
    };
    if letter.files.is_empty() {
        return text;
    }
    let files = letter.files.iter().map(|file| {
        let (kind, content) = files::content(file, letter, now);
        let name = encode::parameter("filename", &file.name);
        format!(
            "Content-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment;\r\n {name}\
             \r\n\r\n{}",
            encode::base64(&content)
        )
    });
    let all: Vec<String> = std::iter::once(text).chain(files).collect();
    parts("mixed", LEAF, &all)
}

fn part(kind: &str, text: &str) -> String {
    let (encoding, body) = encode::body(text);
    format!("Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{body}")
}

fn parts(kind: &str, boundary: &str, parts: &[String]) -> String {
    let inner: String = parts.iter().map(|part| format!("--{boundary}\r\n{part}\r\n")).collect();
    format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"\r\n\r\n{inner}--{boundary}--\r\n")
}
