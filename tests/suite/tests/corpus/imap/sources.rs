//! The corpora's own formats, each made into what a server would have sent.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Where something stands, and what a server sent there.
type Sent = (String, Vec<u8>);

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn strings<'a>(values: &'a Value, list: &str, field: &str) -> Vec<&'a str> {
    let items = values[list].as_array().map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(|item| item[field].as_str()).collect()
}

pub(crate) fn mailkit(folder: PathBuf) -> Vec<Sent> {
    let answers = files(&folder.join("mailkit/responses"), "txt");
    let mut sent: Vec<Sent> = answers.iter().map(|path| (name(path), fs::read(path).unwrap())).collect();
    for path in files(&folder.join("mailkit/sessions"), "json") {
        for text in strings(&json(&path), "steps", "server") {
            sent.push((name(&path), text.as_bytes().to_vec()));
        }
    }
    sent
}

pub(crate) fn mox(folder: PathBuf) -> Vec<Sent> {
    let path = folder.join("mox/server-lines.txt");
    vec![(name(&path), fs::read(path).unwrap())]
}

pub(crate) fn libetpan(folder: PathBuf) -> Vec<Sent> {
    let folders = ["response-data", "response-done", "unsupported"];
    let paths = folders.iter().flat_map(|kind| files(&folder.join("libetpan").join(kind), "imap"));
    paths.map(|path| (name(&path), fs::read(path).unwrap())).collect()
}

/// `:response:` of each test: a double-quoted YAML scalar that may go on over several lines.
pub(crate) fn ruby(folder: PathBuf) -> Vec<Sent> {
    let mut sent = Vec::new();
    for path in files(&folder.join("ruby-net-imap"), "yml") {
        let text = fs::read_to_string(&path).unwrap();
        for after in text.split(":response:").skip(1) {
            if let Some(quoted) = after.trim_start().strip_prefix('"') {
                sent.push((name(&path), yaml_quoted(quoted)));
            }
        }
    }
    sent
}

/// Untagged responses, the word for each, and the name of its code.
pub(crate) fn ruby_meanings(folder: &Path) -> Vec<(Vec<u8>, String, Option<String>)> {
    let mut meanings = Vec::new();
    for path in files(&folder.join("ruby-net-imap"), "yml") {
        let text = fs::read_to_string(&path).unwrap();
        for after in text.split(":response:").skip(1) {
            let (quoted, expected) = after.split_once(":expected:").unwrap_or((after, ""));
            let Some(quoted) = quoted.trim_start().strip_prefix('"') else { continue };
            let line = expected.lines().next().unwrap_or_default();
            let mut names = expected.lines().filter_map(|line| line.trim_start().strip_prefix("name: "));
            let Some(name) = names.next().filter(|_| line.ends_with("UntaggedResponse")) else { continue };
            let code = expected.split_once("Net::IMAP::ResponseCode").and_then(|(_, code)| code.split_once("name: "));
            let code = code.and_then(|(_, name)| name.lines().next()).map(|name| name.trim_matches('"').to_owned());
            meanings.push((yaml_quoted(quoted), name.trim_matches('\'').to_owned(), code));
        }
    }
    meanings
}

fn yaml_quoted(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' => break,
            '\n' => {
                while chars.next_if(|char| *char == ' ').is_some() {}
                bytes.push(b' ');
            }
            '\\' => match chars.next() {
                Some('r') => bytes.push(b'\r'),
                Some('n') => bytes.push(b'\n'),
                Some('t') => bytes.push(b'\t'),
                Some('0') => bytes.push(0),
                Some('\n') => while chars.next_if(|char| *char == ' ').is_some() {},
                Some('x') => {
                    let digits: String = chars.by_ref().take(2).collect();
                    bytes.push(u8::from_str_radix(&digits, 16).unwrap());
                }
                Some(other) => bytes.extend_from_slice(other.to_string().as_bytes()),
                None => break,
            },
            other => bytes.extend_from_slice(other.to_string().as_bytes()),
        }
    }
    bytes
}

/// Untagged lines that must come, or must not, with variables, wildcards and literals in braces of their own.
pub(crate) fn imaptest(folder: PathBuf) -> Vec<Sent> {
    let mut sent = Vec::new();
    for path in files(&folder.join("imaptest"), "json") {
        let test = json(&path);
        for step in test["steps"].as_array().unwrap() {
            for list in ["untagged", "untagged_absent"] {
                for line in step[list].as_array().map_or(&[][..], Vec::as_slice) {
                    sent.push((name(&path), imaptest_line(line.as_str().unwrap())));
                }
            }
        }
    }
    sent
}

fn imaptest_line(line: &str) -> Vec<u8> {
    let mut wire = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("{{{\n") {
        let (literal, after) = after.split_once("}}}").unwrap();
        let literal = literal.strip_suffix('\n').unwrap_or(literal).replace('\n', "\r\n");
        wire.push_str(&format!("{}{{{}}}\r\n{literal}", variables(before), literal.len()));
        rest = after;
    }
    wire.push_str(&variables(rest));
    wire.into_bytes()
}

/// Instructions to the test tool are left out, variables become a number, which can stand for most things.
fn variables(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        result.push_str(before);
        let end = |stop: fn(char) -> bool| after.find(stop).unwrap_or(after.len());
        rest = if after.starts_with('!') {
            &after[end(|char| matches!(char, ' ' | ')'))..]
        } else if after.starts_with('{') {
            result.push('7');
            &after[end(|char| char == '}') + 1..]
        } else {
            result.push('7');
            &after[end(|char| !char.is_ascii_alphanumeric() && char != '_')..]
        };
    }
    result + rest
}

/// Lines that a server must send, as regular expressions: those are taken that match one text only.
pub(crate) fn james(folder: PathBuf) -> Vec<Sent> {
    let mut sent = Vec::new();
    for path in files(&folder.join("james-mpt"), "json") {
        let session = json(&path);
        for line in session["lines"].as_array().unwrap().iter().filter(|line| line["op"] == "S") {
            if let Some(text) = line["text"].as_str().and_then(plain).filter(|text| is_whole_response(text)) {
                sent.push((name(&path), text.into_bytes()));
            }
        }
    }
    sent
}

fn plain(regex: &str) -> Option<String> {
    let mut text = String::new();
    let mut chars = regex.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => text.push(chars.next().filter(|char| !char.is_ascii_alphanumeric())?),
            '*' | '+' | '?' | '[' | '(' | ')' | '{' | '|' | '^' | '$' => return None,
            other => text.push(other),
        }
    }
    Some(text)
}

fn is_whole_response(text: &str) -> bool {
    text.starts_with("* ") && !text.ends_with('}') && text.matches('(').count() == text.matches(')').count()
}

/// Strings in RON that are responses.
pub(crate) fn nostarttls(folder: PathBuf) -> Vec<Sent> {
    let mut sent = Vec::new();
    for path in files(&folder.join("nostarttls"), "ron") {
        let text = fs::read_to_string(&path).unwrap();
        for line in text.split('"').filter(|piece| piece.starts_with("* ")) {
            let line = line.replace("\\r\\n", "\r\n").replace("<tag>", "A1");
            if !line.contains('\\') && !line.contains('<') {
                sent.push((name(&path), line.into_bytes()));
            }
        }
    }
    sent
}

pub(crate) fn banners(folder: PathBuf) -> Vec<Sent> {
    let mut sent = Vec::new();
    for path in files(&folder.join("banners"), "jsonl") {
        for line in fs::read_to_string(&path).unwrap().lines() {
            let banner: Value = serde_json::from_str(line).unwrap();
            if banner["kind"] == "imap_banners" {
                sent.push((name(&path), format!("* OK {}", banner["text"].as_str().unwrap()).into_bytes()));
            }
        }
    }
    sent
}

/// Text and its modified UTF-7.
pub(crate) fn utf7_pairs(folder: &Path) -> Vec<(String, String)> {
    table(folder, "utf8", "mutf7")
}

/// What is no modified UTF-7, and why.
pub(crate) fn utf7_invalid(folder: &Path) -> Vec<(String, String)> {
    table(folder, "input", "why")
}

fn table(folder: &Path, left: &str, right: &str) -> Vec<(String, String)> {
    let rows = files(&folder.join("modified-utf7"), "json").iter().map(|path| json(path)).collect::<Vec<_>>();
    let rows = rows.iter().filter_map(Value::as_array).flatten();
    rows.filter_map(|row| Some((row[left].as_str()?.to_owned(), row[right].as_str()?.to_owned()))).collect()
}
