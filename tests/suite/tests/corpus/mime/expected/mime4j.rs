//! `james-mime4j/*/X_decoded.xml`: the parts of a mail, each with a file of its decoded content.

use std::path::Path;

use super::{Expected, Leaf, read, stems};

pub(super) fn expected(corpus: &Path) -> Vec<Expected> {
    let folders = ["mime/james-mime4j/testmsgs", "mime/james-mime4j/mimetools-testmsgs"];
    folders.iter().flat_map(|folder| stems(corpus, folder, "_decoded.xml")).map(|stem| of(corpus, &stem)).collect()
}

fn of(corpus: &Path, stem: &str) -> Expected {
    let xml = read(corpus, &format!("{stem}_decoded.xml"));
    let xml = String::from_utf8_lossy(&xml);
    let folder = stem.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut leaves = Vec::new();
    for (number, element) in xml.split('<').enumerate().filter(|(_, element)| !element.is_empty()) {
        // The first message is the mail itself.
        if element.starts_with("message>") && number > 1 {
            leaves.push(Leaf { media_type: Some("message/rfc822".to_owned()), ..Leaf::default() });
        } else if element.starts_with("text-body") || element.starts_with("binary-body") {
            let name = element.split('"').nth(1).unwrap_or_else(|| panic!("{stem}: {element}"));
            let content = read(corpus, &format!("{folder}/{name}"));
            leaves.push(Leaf { content: Some(content), ..Leaf::default() });
        }
    }
    Expected { mail: format!("{stem}.msg"), leaves: Some(leaves), ..Expected::default() }
}
