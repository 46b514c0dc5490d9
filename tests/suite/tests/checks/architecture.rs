//! The shape of the code, checked: arrows between modules point down, each library is named in one place, files stay small.
#![allow(clippy::unwrap_used)]

mod references;
mod rules;
mod tokens;

use std::fs;
use std::path::{Path, PathBuf};

use rules::{home, is_known, out_of_place, past_the_front_door, upward};

const MAX_LINES: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The text files below a folder of the repository, by their paths from its root. What is built or hidden is left out.
fn files(under: &str) -> Vec<(String, String)> {
    let root = root();
    let mut open = vec![root.join(under)];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let left_out = name == "target" || (name.starts_with('.') && name != ".ci");
            if path.is_dir() && !left_out {
                open.push(path);
            } else if path.is_file()
                && let Ok(text) = fs::read_to_string(&path)
            {
                found.push((path.strip_prefix(&root).unwrap().to_string_lossy().into_owned(), text));
            }
        }
    }
    found.sort();
    found
}

fn rust_files(under: &str) -> Vec<(String, String)> {
    let mut found = files(under);
    found.retain(|(file, _)| file.ends_with(".rs"));
    assert!(!found.is_empty(), "no code below {under}");
    found
}

#[test]
fn arrows_between_modules_point_down() {
    let wrong: Vec<String> = rust_files("core/src").iter().flat_map(|(file, code)| upward(file, code)).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_module_of_the_core_has_its_place() {
    let homes = rust_files("core/src").into_iter().filter_map(|(file, _)| home(&file).first().cloned());
    let homeless: Vec<String> = homes.filter(|module| !is_known(module)).collect();
    assert_eq!(homeless, Vec::<String>::new());
}

#[test]
fn each_library_is_named_in_its_place_only() {
    let wrong: Vec<String> = rust_files("core/src").iter().flat_map(|(file, code)| out_of_place(file, code)).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn the_command_line_and_the_bindings_use_the_front_door_only() {
    let core_root = fs::read_to_string(root().join("core/src/lib.rs")).unwrap();
    let files = [rust_files("cli/src"), rust_files("bindings/src")].concat();
    let wrong: Vec<String> =
        files.iter().flat_map(|(file, code)| past_the_front_door(file, code, &core_root)).collect();
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn code_and_scripts_stay_small() {
    let mut checked = files(".");
    checked.retain(|(file, text)| file.ends_with(".rs") || file.ends_with(".kt") || text.starts_with("#!"));
    assert!(checked.iter().any(|(file, _)| file == ".ci/run"));
    let long = checked.into_iter().map(|(file, text)| (file, text.lines().count()));
    assert_eq!(long.filter(|(_, lines)| *lines > MAX_LINES).collect::<Vec<_>>(), Vec::new());
}

/// The lines of a section of a manifest that say something.
fn section<'a>(manifest: &'a str, name: &str) -> Vec<&'a str> {
    let lines = manifest.lines().skip_while(|line| *line != format!("[{name}]")).skip(1);
    lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

#[test]
fn only_the_bindings_may_be_unsafe_and_only_they_name_uniffi() {
    let mut manifests = files(".");
    manifests.retain(|(file, _)| file.ends_with("/Cargo.toml"));
    let workspace = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    for (file, manifest) in manifests {
        let is_bindings = file.starts_with("bindings/");
        assert_eq!(manifest.contains("\nuniffi"), is_bindings, "{file}");
        assert_eq!(manifest.contains(r#""cli""#), file == "bindings/bindgen/Cargo.toml", "{file}");
        if file != "bindings/Cargo.toml" {
            assert_eq!(section(&manifest, "lints"), ["workspace = true"], "{file}");
            continue;
        }
        let mut rust = section(&workspace, "workspace.lints.rust");
        rust.retain(|line| *line != r#"unsafe_code = "forbid""#);
        assert_eq!(section(&manifest, "lints.rust"), rust);
        assert_eq!(section(&manifest, "lints.clippy"), section(&workspace, "workspace.lints.clippy"));
    }
}

/// What `upward` finds in a file of the store.
fn in_the_store(code: &str) -> Vec<String> {
    let found = upward("core/src/store/mirror/insert.rs", code);
    found.iter().map(|wrong| wrong.strip_prefix("core/src/store/mirror/insert.rs:").unwrap().to_owned()).collect()
}

#[test]
fn a_planted_upward_arrow_is_found_however_it_is_written() {
    assert_eq!(in_the_store("use crate::imap::Session;"), ["1 names imap"]);
    assert_eq!(in_the_store("\nuse crate::{model::Uid, wire::{self, Frame}};"), ["2 names wire", "2 names wire"]);
    assert_eq!(in_the_store("pub(crate) use super::super::super::mime as letters;"), ["1 names mime"]);
    assert_eq!(in_the_store("fn f() -> crate::sync::Report { todo() }"), ["1 names sync"]);
    assert_eq!(in_the_store("let x = Vec::<super::super::super::api::Core>::new();"), ["1 names api"]);
    assert_eq!(in_the_store("mod inner { use super::super::super::super::engine::Engine; }"), ["1 names engine"]);
    assert_eq!(in_the_store("use crate::*;"), ["1 names *"]);
    assert_eq!(upward("core/src/sync/mod.rs", "use crate::replay::Outcome;"), ["core/src/sync/mod.rs:1 names replay"]);
    assert_eq!(upward("core/src/replay.rs", "use super::sync::Plan;"), ["core/src/replay.rs:1 names sync"]);
    assert_eq!(upward("core/src/imap/login.rs", "crate::store::open()"), ["core/src/imap/login.rs:1 names store"]);
}

#[test]
fn what_points_down_or_is_no_code_is_no_upward_arrow() {
    assert_eq!(in_the_store("use crate::{model::{Uid, UidSet}, search};"), Vec::<String>::new());
    assert_eq!(in_the_store("use super::super::imap::Rows; use self::sync::x; use super::wire;"), Vec::<String>::new());
    assert_eq!(in_the_store("mod inner { use super::super::super::view::Row; }"), Vec::<String>::new());
    assert_eq!(in_the_store("// crate::imap\n/* crate::imap /* crate::wire */ crate::wire */"), Vec::<String>::new());
    assert_eq!(
        in_the_store(r##"let x = ("crate::imap", r#"crate::"wire"#, b"\"crate::api", 'c', '\'', "##),
        Vec::<String>::new()
    );
    assert_eq!(in_the_store("fn f<'a>(imap: &'a str) -> other::imap::X { imap }"), Vec::<String>::new());
}

#[test]
fn a_library_named_out_of_place_is_found() {
    let file = "core/src/sync/run.rs";
    assert_eq!(out_of_place(file, "let x: rusqlite::Row;"), ["core/src/sync/run.rs:1 names rusqlite"]);
    assert_eq!(
        out_of_place(file, "use tokio::net::{TcpListener,\nTcpStream};"),
        ["core/src/sync/run.rs:2 names TcpStream"]
    );
    assert_eq!(
        out_of_place(file, "use std::time::{Duration, Instant};"),
        ["core/src/sync/run.rs:1 names std's Instant"]
    );
    assert_eq!(out_of_place(file, "use tokio::time::Instant; // SystemTime"), Vec::<String>::new());
    assert_eq!(out_of_place("core/src/sync/run_tests.rs", "std::time::Instant::now()"), Vec::<String>::new());
    assert_eq!(out_of_place("core/src/store/tx.rs", "use rusqlite::Row;"), Vec::<String>::new());
}

#[test]
fn a_side_door_into_the_core_is_found() {
    let past = |code: &str, root: &str| past_the_front_door("cli/src/main.rs", code, root);
    assert_eq!(past("use postrider::api::Core;", ""), Vec::<String>::new());
    assert_eq!(
        past("use postrider::{api::Core, store::Store};", ""),
        ["cli/src/main.rs:1 names postrider::store::Store"]
    );
    assert_eq!(past("use postrider as core;", ""), ["cli/src/main.rs:1 names postrider"]);
    assert_eq!(past("let x = postrider::Core::open();", "pub use api::Core;"), Vec::<String>::new());
}
