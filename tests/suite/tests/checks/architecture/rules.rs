//! Who may name whom.

use super::references::references;
use super::tokens::tokens;

/// Each module of the core with the modules that it may name. Not one of them is above it.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("model", &[]),
    // Faults planted for the simulation.
    ("mutants", &[]),
    ("mime", &["model"]),
    ("search", &["model"]),
    ("sasl", &["model"]),
    ("wire", &["model"]),
    ("account", &["model", "wire"]),
    // A file name in a body structure is decoded as one in a mail.
    ("imap", &["mime", "model", "sasl", "wire"]),
    ("pop", &["model", "sasl", "wire"]),
    ("smtp", &["model", "sasl", "wire"]),
    ("journal", &["model", "mutants"]),
    ("store", &["journal", "model", "mutants", "search"]),
    ("sync", &["account", "imap", "mime", "model", "pop", "search", "store", "wire"]),
    ("replay", &["account", "imap", "journal", "mime", "model", "mutants", "pop", "smtp", "store", "wire"]),
    (
        "engine",
        &["account", "imap", "journal", "mime", "model", "pop", "replay", "search", "smtp", "store", "sync", "wire"],
    ),
    (
        "api",
        &[
            "account", "engine", "imap", "journal", "mime", "model", "pop", "replay", "search", "smtp", "store",
            "sync", "wire",
        ],
    ),
];

/// What only some folders of the core may name, by a word in the code.
const ONLY: &[(&str, &[&str])] = &[
    ("async_imap", &["core/src/imap/", "core/src/wire/"]),
    ("imap_proto", &["core/src/imap/", "core/src/wire/"]),
    ("mail_parser", &["core/src/mime/"]),
    ("rusqlite", &["core/src/store/"]),
    ("rustls", &["core/src/wire/"]),
    ("tokio_rustls", &["core/src/wire/"]),
    ("rustls_platform_verifier", &["core/src/wire/"]),
    ("TcpStream", &["core/src/wire/"]),
    ("SystemTime", &["core/src/model/time.rs"]),
];

/// Whether a module has its place among the others.
pub(crate) fn is_known(module: &str) -> bool {
    MAY_NAME.iter().any(|(name, _)| *name == module)
}

/// The modules of a file of the core, by its path: `core/src/store/mirror/insert.rs` is `store::mirror::insert`.
pub(crate) fn home(file: &str) -> Vec<String> {
    let inner = file.strip_prefix("core/src/").unwrap_or(file).trim_end_matches(".rs");
    let mut parts: Vec<String> = inner.split('/').map(str::to_owned).collect();
    if matches!(parts.last().map(String::as_str), Some("mod" | "lib")) {
        parts.pop();
    }
    parts
}

/// What a file of the core names that is not below it, in words.
pub(crate) fn upward(file: &str, code: &str) -> Vec<String> {
    let home = home(file);
    // The root of the crate lists its modules; it belongs to none.
    let Some(own) = home.first() else { return Vec::new() };
    let below = MAY_NAME.iter().find(|(name, _)| name == own).map_or(&[][..], |(_, below)| *below);
    let mut wrong = Vec::new();
    for reference in references(code) {
        let path = reference.absolute(&home);
        if path.first().map(String::as_str) != Some("crate") {
            continue;
        }
        // `crate::*` and `crate` alone name everything.
        let named = path.get(1).map_or("*", String::as_str);
        let is_module = is_known(named) || named == "*";
        if is_module && named != own && !below.contains(&named) {
            wrong.push(format!("{file}:{} names {named}", reference.line));
        }
    }
    wrong
}

/// What a file of the core names that belongs to another folder, in words.
pub(crate) fn out_of_place(file: &str, code: &str) -> Vec<String> {
    let elsewhere: Vec<&str> = ONLY
        .iter()
        .filter(|(_, places)| !places.iter().any(|place| file.starts_with(place)))
        .map(|(name, _)| *name)
        .collect();
    let words = tokens(code).into_iter().filter(|token| elsewhere.contains(&token.text));
    let mut wrong: Vec<String> = words.map(|token| format!("{file}:{} names {}", token.line, token.text)).collect();
    // A test may measure real time; the core itself takes a clock.
    let may_measure = file == "core/src/model/time.rs" || is_test(file);
    let time = references(code)
        .into_iter()
        .filter(|reference| !may_measure && reference.path.starts_with(&["std", "time", "Instant"].map(str::to_owned)));
    wrong.extend(time.map(|reference| format!("{file}:{} names std's Instant", reference.line)));
    wrong
}

fn is_test(file: &str) -> bool {
    file.contains("/tests/") || file.ends_with("/tests.rs") || file.ends_with("_tests.rs")
}

/// What a file of the command line names of the core beside its front door and what the root re-exports.
pub(crate) fn past_the_front_door(file: &str, code: &str, core_root: &str) -> Vec<String> {
    let mut doors = vec!["api".to_owned()];
    if core_root.contains("pub use") {
        doors.extend(references(core_root).into_iter().filter_map(|reference| reference.path.last().cloned()));
    }
    let core =
        references(code).into_iter().filter(|reference| reference.path.first().is_some_and(|name| name == "postrider"));
    let past = core.filter(|reference| !reference.path.get(1).is_some_and(|door| doors.contains(door)));
    past.map(|reference| format!("{file}:{} names {}", reference.line, reference.path.join("::"))).collect()
}
