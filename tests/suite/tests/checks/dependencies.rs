//! What comes with the crates that Postrider is built from: their licences, their number, their sources, by the rules of
//! `deny.toml`. Needs neither cargo-deny nor the network, only the crates themselves.
#![allow(clippy::unwrap_used)]

mod licence;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use licence::is_allowed;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The entries of an array in `deny.toml`: the first string of each of its lines.
fn rules(section: &str, key: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("deny.toml")).unwrap();
    let lines = text.lines().skip_while(|line| *line != format!("[{section}]")).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('[')).skip_while(|line| *line != format!("{key} = ["));
    let entries = lines.skip(1).take_while(|line| *line != "]");
    entries.map(|line| line.split('"').nth(1).unwrap().to_owned()).collect()
}

/// Crates that may have a licence that others may not.
fn exceptions() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("deny.toml")).unwrap();
    let lines = text.lines().skip_while(|line| *line != "exceptions = [").skip(1).take_while(|line| *line != "]");
    let quoted = |line: &str, number| line.split('"').nth(number).unwrap().to_owned();
    lines.map(|line| (quoted(line, 1), quoted(line, 3))).collect()
}

/// Every crate of the build, for all platforms: the phone's are not the one that the test runs on.
fn crates() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked", "--all-features"])
        .current_dir(root())
        .output()
        .unwrap();
    let hint = "cargo fetch --locked brings the crates of all platforms";
    assert!(output.status.success(), "{hint}\n{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn text<'a>(package: &'a Value, field: &str) -> &'a str {
    package[field].as_str().unwrap_or_default()
}

fn shown(package: &Value) -> String {
    format!("{} {}", text(package, "name"), text(package, "version"))
}

/// Whether a rule such as `nom@7`, or `nom` for every version, speaks of this crate.
fn speaks_of(rule: &str, name: &str, version: &str) -> bool {
    match rule.split_once('@') {
        None => rule == name,
        Some((of, wanted)) => of == name && format!("{version}.").starts_with(&format!("{wanted}.")),
    }
}

#[test]
fn every_licence_is_an_allowed_one() {
    let (allowed, exceptions) = (rules("licenses", "allow"), exceptions());
    let is_exception = |package: &Value| {
        exceptions.iter().any(|(name, licence)| text(package, "name") == name && text(package, "license") == licence)
    };
    let refused = crates()
        .into_iter()
        .filter(|package| !is_allowed(text(package, "license"), &allowed) && !is_exception(package));
    let refused: Vec<String> = refused.map(|package| format!("{}: {}", shown(&package), package["license"])).collect();
    assert_eq!(refused, Vec::<String>::new());
}

#[test]
fn no_crate_comes_in_two_versions_unless_the_rules_say_why() {
    let skipped = rules("bans", "skip");
    let mut versions = BTreeMap::<String, Vec<String>>::new();
    for package in crates() {
        let (name, version) = (text(&package, "name"), text(&package, "version"));
        if !skipped.iter().any(|rule| speaks_of(rule, name, version)) {
            versions.entry(name.to_owned()).or_default().push(version.to_owned());
        }
    }
    versions.retain(|_, versions| versions.len() > 1);
    assert_eq!(versions, BTreeMap::new());
}

#[test]
fn no_crate_is_a_forbidden_one() {
    let forbidden = rules("bans", "deny");
    assert!(!forbidden.is_empty());
    let mut found = crates();
    found.retain(|package| {
        forbidden.iter().any(|rule| speaks_of(rule, text(package, "name"), text(package, "version")))
    });
    assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn every_crate_comes_from_the_public_registry_or_from_here() {
    let registry = "registry+https://github.com/rust-lang/crates.io-index";
    let mut found = crates();
    found.retain(|package| !package["source"].is_null() && package["source"] != registry);
    assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn licence_expressions_are_understood() {
    let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
    for good in ["MIT", "GPL-3.0 OR MIT", "Unlicense/MIT", "(GPL-3.0 OR ISC) AND MIT", "Apache-2.0 WITH LLVM-exception"]
    {
        assert!(is_allowed(good, &allowed), "{good}");
    }
    for bad in
        ["", "GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0", "MIT OR", "(MIT", "MIT ISC", "(GPL-3.0 OR MIT) AND BSL-1.0"]
    {
        assert!(!is_allowed(bad, &allowed), "{bad}");
    }
}

#[test]
fn a_rule_speaks_of_whole_parts_of_a_version() {
    assert!(speaks_of("nom@7", "nom", "7.1.3") && speaks_of("nom", "nom", "8.0.0"));
    assert!(!speaks_of("nom@7", "nom", "70.1.0") && !speaks_of("nom@7.1.3", "nom", "7.1.30"));
}
