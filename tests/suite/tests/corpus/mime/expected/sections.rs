//! `stalwart-imap-bodystructure/NNN.imap`: what an IMAP server answers for each section of `NNN.txt`.

use std::collections::BTreeMap;
use std::path::Path;

use postrider::mime;

use super::{Expected, Leaf, read, stems};

pub(super) fn expected(corpus: &Path) -> Vec<Expected> {
    let stems = stems(corpus, "mime/stalwart-imap-bodystructure", ".imap");
    stems.iter().map(|stem| of(corpus, stem)).collect()
}

fn of(corpus: &Path, stem: &str) -> Expected {
    let mail = format!("{stem}.txt");
    let answers = read(corpus, &format!("{stem}.imap"));
    let (bodies, binaries) = (answered(&answers, b"BODY["), answered(&answers, b"BINARY["));
    // The answers name far more sections than there are parts: those that we find must be among them.
    let structure = mime::parse(&read(corpus, &mail)).structure;
    let parts = structure.walk().filter(|part| !part.is_multipart());
    let leaf = |section: &String| Leaf {
        section: Some(bodies.get_key_value(section).map_or("none", |(section, _)| section).to_owned()),
        octets: bodies.get(section).map(|body| body.len() as u64),
        // What is no text was not written down.
        content: binaries
            .get(section)
            .filter(|content| **content != b"[binary content]")
            .map(|content| content.to_vec()),
        ..Leaf::default()
    };
    let leaves = Some(parts.map(|part| leaf(&part.section)).collect());
    Expected { mail, leaves, ..Expected::default() }
}

/// The literals of answers such as `BODY[1.2] {12}`, by section.
fn answered<'a>(answers: &'a [u8], item: &[u8]) -> BTreeMap<String, &'a [u8]> {
    let mut found = BTreeMap::new();
    let mut rest = answers;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let (line, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        let Some((section, literal)) = line.strip_prefix(item).and_then(|line| {
            let line = std::str::from_utf8(line).ok()?.trim_end();
            let (section, size) = line.strip_suffix('}')?.split_once("] {")?;
            Some((section.to_owned(), after.get(..size.parse().ok()?)?))
        }) else {
            continue;
        };
        rest = &after[literal.len()..];
        found.insert(section, literal);
    }
    found
}
