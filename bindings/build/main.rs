//! Reads the API out of the core's source and writes how it is exported, so that nothing is written twice: docs/adr/0017.
//!
//! `core/src/api/mod.rs` says what the API is. Values (records, enums, ids, the error) become remote definitions, the calls
//! of `Core` become exported calls that run on the bindings' own runtime, each with its documentation. What cannot be
//! exported does not compile.
#![allow(clippy::expect_used, reason = "a build script ends where the source is not what it reads")]
#![allow(clippy::print_stdout, reason = "this is how a build script speaks to cargo")]

mod calls;
mod source;
mod values;

use std::path::Path;

fn main() {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src");
    let source = source::Source::read(&core);
    let written = Path::new(&std::env::var_os("OUT_DIR").expect("cargo names a folder")).join("exported.rs");
    let (values, calls) = (values::export(&source), calls::export(&source));
    std::fs::write(written, format!("{values}\n{calls}")).expect("the folder can be written");
}
