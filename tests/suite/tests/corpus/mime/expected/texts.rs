//! Results of several projects that say little but text: `X.out` of comm-central, `X.json` of james-project and wildduck, the
//! summaries of mailcore2.

use std::path::Path;

use serde_json::Value;

use super::{Expected, Leaf, json, read, stems};

pub(super) fn expected(corpus: &Path) -> Vec<Expected> {
    let mut all = Vec::new();
    for stem in stems(corpus, "mime/comm-central/mailnews-test-data", ".out") {
        let text = String::from_utf8_lossy(&read(corpus, &format!("{stem}.out"))).into_owned();
        all.push(Expected { mail: stem, texts: vec![text], ..Expected::default() });
    }
    for stem in ["htmlMail", "james-3901", "mail", "recursiveMail", "spamMail"] {
        let stem = format!("mime/james-project/mailbox-store/eml/{stem}");
        all.push(indexed(format!("{stem}.eml"), &json(corpus, &format!("{stem}.json"))));
    }
    for stem in stems(corpus, "mime/mailcore2/summary/output", ".txt") {
        let summary = String::from_utf8_lossy(&read(corpus, &format!("{stem}.txt"))).into_owned();
        let (_, text) = summary.split_once("\n\n").unwrap_or_else(|| panic!("{stem}: no text"));
        let mail = stem.replace("/output/", "/input/") + ".eml";
        all.push(Expected { mail, texts: text.lines().map(str::to_owned).collect(), ..Expected::default() });
    }
    for stem in stems(corpus, "mime/wildduck-imap-core", ".json") {
        let mut leaves = Vec::new();
        walk(&json(corpus, &format!("{stem}.json")), &mut leaves);
        all.push(Expected { mail: format!("{stem}.eml"), leaves: Some(leaves), ..Expected::default() });
    }
    all
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// What a search index of james-project must hold.
fn indexed(mail: String, document: &Value) -> Expected {
    let list = |name: &str, field: &str| {
        let all = document[name].as_array()?;
        Some(all.iter().filter_map(|one| text(&one[field])).collect::<Vec<_>>())
    };
    Expected {
        mail,
        subject: text(&document["subject"][0]),
        from: list("from", "address"),
        attachments: list("attachments", "fileName"),
        texts: text(&document["textBody"]).into_iter().collect(),
        ..Expected::default()
    }
}

fn walk(node: &Value, found: &mut Vec<Leaf>) {
    if let Some(children) = node["childNodes"].as_array() {
        children.iter().for_each(|child| walk(child, found));
        return;
    }
    let content_type = &node["parsedHeader"]["content-type"];
    found.push(Leaf {
        media_type: text(&content_type["value"]),
        name: Some(
            text(&node["parsedHeader"]["content-disposition"]["params"]["filename"])
                .or(text(&content_type["params"]["name"])),
        ),
        ..Leaf::default()
    });
    if node["message"].is_object() {
        walk(&node["message"], found);
    }
}
