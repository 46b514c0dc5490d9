//! `mailcore2-jwz/output/N`: the header and the parts of `input/N`.

use std::path::Path;

use serde_json::Value;

use super::{Expected, Leaf, json, stems};

pub(super) fn expected(corpus: &Path) -> Vec<Expected> {
    stems(corpus, "mime/mailcore2-jwz/output", "").into_iter().map(|path| of(corpus, &path)).collect()
}

fn of(corpus: &Path, path: &str) -> Expected {
    let tree = json(corpus, path);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut leaves = Vec::new();
    walk(&tree["mainPart"], &mut leaves);
    Expected {
        mail: path.replace("/output/", "/input/"),
        subject: text(&tree["header"]["subject"]),
        from: text(&tree["header"]["from"]["mailbox"]).map(|from| vec![from]),
        leaves: Some(leaves),
        ..Expected::default()
    }
}

fn walk(part: &Value, found: &mut Vec<Leaf>) {
    if let Some(parts) = part["parts"]["items"].as_array() {
        parts.iter().for_each(|part| walk(part, found));
    } else if part["partType"] == "message" {
        found.push(Leaf { media_type: Some("message/rfc822".to_owned()), ..Leaf::default() });
        walk(&part["mainPart"], found);
    } else {
        let text = |name: &str| part[name].as_str().map(str::to_owned);
        let media_type = text("mimeType").map(|kind| kind.to_ascii_lowercase());
        found.push(Leaf { media_type, name: Some(text("filename")), ..Leaf::default() });
    }
}
