//! The shape of the code, checked: arrows between modules point down, each library is named in one place, files stay small.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Each module of the core with the modules it may name.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("sasl", &["model"]),
    ("wire", &["model"]),
    ("mime", &["model"]),
    ("search", &["model"]),
    ("account", &["model", "wire"]),
    ("imap", &["mime", "model", "sasl", "wire"]),
    ("store", &["model", "search"]),
    ("sync", &["imap", "mime", "model", "search", "store", "wire"]),
    ("engine", &["account", "imap", "model", "search", "store", "sync", "wire"]),
    ("api", &["account", "engine", "imap", "mime", "model", "search", "store", "sync", "wire"]),
];

/// What only some folders may name.
const ONLY: &[(&str, &[&str])] = &[
    ("async_imap", &["core/src/imap", "core/src/wire"]),
    ("imap_proto", &["core/src/imap", "core/src/wire"]),
    ("mail_parser", &["core/src/mime"]),
    ("rusqlite", &["core/src/store"]),
    ("rustls", &["core/src/wire"]),
    ("TcpStream", &["core/src/wire"]),
    ("SystemTime", &[]),
];

const MAX_LINES: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rust_files(under: &str) -> Vec<(String, String)> {
    let root = root();
    let mut open = vec![root.join(under)];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// The code of a file without its comments.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The modules of the core that a piece of code names by `crate::`.
fn named(code: &str) -> Vec<&str> {
    let word = |rest: &str| rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    code.split("crate::").skip(1).map(|rest| &rest[..word(rest)]).filter(|name| !name.is_empty()).collect()
}

fn upward(module: &str, text: &str) -> Vec<String> {
    let (_, allowed) = MAY_NAME.iter().find(|(name, _)| *name == module).unwrap();
    let known = |name: &&str| MAY_NAME.iter().any(|(module, _)| module == name);
    let wrong = |name: &&str| *name != module && !allowed.contains(name);
    named(&code(text)).into_iter().filter(known).filter(wrong).map(str::to_owned).collect()
}

#[test]
fn arrows_between_modules_point_down() {
    let mut wrong = Vec::new();
    for (file, text) in rust_files("core/src") {
        let Some(module) = file.strip_prefix("core/src/").and_then(|rest| rest.split_once('/')) else { continue };
        for name in upward(module.0, &text) {
            wrong.push(format!("{file} names {name}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn an_upward_arrow_is_found() {
    assert_eq!(upward("store", "use crate::imap::Session;"), ["imap"]);
    assert_eq!(upward("imap", "let x = crate::store::Store::open();"), ["store"]);
    assert_eq!(upward("store", "// crate::imap\nuse crate::model::Uid;"), Vec::<String>::new());
}

#[test]
fn each_library_is_named_in_its_place_only() {
    let mut wrong = Vec::new();
    for (file, text) in rust_files("core/src") {
        let code = code(&text);
        for (library, places) in ONLY {
            let here = code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == *library);
            if here && !places.iter().any(|place| file.starts_with(place)) {
                wrong.push(format!("{file} names {library}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_command_line_uses_the_front_door_only() {
    let mut wrong = Vec::new();
    for (file, text) in rust_files("cli/src") {
        for rest in code(&text).split("postrider::").skip(1) {
            if !rest.starts_with("api") {
                wrong.push(format!("{file} names postrider::{}", rest.chars().take(12).collect::<String>()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn files_stay_small() {
    let mut long = Vec::new();
    for folder in ["core", "cli", "tests"] {
        for (file, text) in rust_files(folder) {
            let lines = text.lines().count();
            if lines > MAX_LINES && !file.contains("/target/") {
                long.push(format!("{file}: {lines} lines"));
            }
        }
    }
    assert_eq!(long, Vec::<String>::new());
}
