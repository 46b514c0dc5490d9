//! `mail-parser/*/NNN.json`: the tree that the crate mail-parser makes.

use std::path::Path;

use serde_json::Value;

use super::{Expected, Leaf, json, stems};

pub(super) fn expected(corpus: &Path) -> Vec<Expected> {
    let folders = ["legacy", "malformed", "rfc", "thirdparty"].map(|name| format!("mime/mail-parser/{name}"));
    let stems = folders.iter().flat_map(|folder| stems(corpus, folder, ".json"));
    stems.map(|stem| of(&format!("{stem}.eml"), &json(corpus, &format!("{stem}.json")))).collect()
}

fn of(mail: &str, tree: &Value) -> Expected {
    let root = &tree["parts"][0];
    let mut expected = Expected { mail: mail.to_owned(), ..Expected::default() };
    expected.subject = field(root, "subject").and_then(|subject| subject["Text"].as_str()).map(str::to_owned);
    let from = field(root, "from").and_then(|from| from["Address"]["List"].as_array());
    expected.from = from.map(|list| list.iter().filter_map(|one| one["address"].as_str()).map(str::to_owned).collect());
    let mut found = Vec::new();
    leaves(tree, &mut found);
    expected.leaves = Some(found);
    for index in tree["text_body"].as_array().into_iter().flatten().filter_map(Value::as_u64) {
        let body = &tree["parts"][usize::try_from(index).unwrap()]["body"];
        expected.texts.extend(body["Text"].as_str().or_else(|| body["Html"].as_str()).map(str::to_owned));
    }
    expected
}

fn field<'v>(part: &'v Value, name: &str) -> Option<&'v Value> {
    part["headers"].as_array()?.iter().find(|field| field["name"] == name).map(|field| &field["value"])
}

fn leaves(tree: &Value, found: &mut Vec<Leaf>) {
    for part in tree["parts"].as_array().into_iter().flatten() {
        let body = &part["body"];
        if body.get("Multipart").is_some() {
            continue;
        }
        let content_type = field(part, "content_type").map(|value| &value["ContentType"]);
        let kind = content_type.and_then(|found| Some((found["c_type"].as_str()?, found["c_subtype"].as_str()?)));
        let binary = body.get("Binary").or_else(|| body.get("InlineBinary")).and_then(Value::as_array);
        let bytes = binary.map(|bytes| bytes.iter().filter_map(|byte| u8::try_from(byte.as_u64()?).ok()).collect());
        let parameter = |value: Option<&Value>, name: &str| {
            let all = value?["attributes"].as_array()?;
            all.iter().find(|one| one["name"] == name)?["value"].as_str().map(str::to_owned)
        };
        let disposition = field(part, "content_disposition").map(|value| &value["ContentType"]);
        found.push(Leaf {
            media_type: kind.map(|(kind, subtype)| format!("{kind}/{subtype}").to_ascii_lowercase()),
            name: Some(parameter(disposition, "filename").or_else(|| parameter(content_type, "name"))),
            content: bytes,
            ..Leaf::default()
        });
        if let Some(inner) = body.get("Message") {
            leaves(inner, found);
        }
    }
}
