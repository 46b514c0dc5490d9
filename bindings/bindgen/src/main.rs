//! Writes Kotlin or Swift out of the built library of `postrider-ffi`. A program of this workspace, so that it is of the same
//! version as what the library was built with.

fn main() {
    uniffi::uniffi_bindgen_main();
}
