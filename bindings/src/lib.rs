//! Postrider for Kotlin and Swift: `postrider::api` exported by uniffi.
//!
//! Values and calls are exported out of the API's own source by the build script; by hand stands here only what holds
//! handles: the core, a sync, an observation, and what the host gives. Every call can fail, with the API's one error.

uniffi::setup_scaffolding!();

mod core;
mod host;
mod host_values;
mod runtime;
mod sync;

use std::path::PathBuf;

pub use core::{Core, Subscription};
pub use exported::*;
pub use host::{HostError, ListObserver, SecretStore, TokenProvider};
pub use sync::SyncHandle;

uniffi::custom_type!(PathBuf, String, {
    remote,
    lower: |path| path.to_string_lossy().into_owned(),
    try_lift: |path| Ok(PathBuf::from(path)),
});

/// What the build script found in the API.
#[allow(
    rustdoc::broken_intra_doc_links,
    reason = "the API's own words, which name calls that are not exported, or not on Core"
)]
mod exported {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use postrider::api::*;

    use crate::core::Core;
    use crate::runtime::run_once;

    include!(concat!(env!("OUT_DIR"), "/exported.rs"));
}

use postrider::api::{AccountSettings, CoreError, ErrorFacts, Server};

/// Settings of an account with the usual policies.
///
/// # Errors
/// None.
#[uniffi::export]
pub fn new_account_settings(name: String, email: String) -> Result<AccountSettings, CoreError> {
    Ok(AccountSettings::new(&name, &email))
}

/// A server by its URL, such as `imaps://mail.example.org`.
///
/// # Errors
/// `InvalidInput` where it is none, in words for whoever typed it.
#[uniffi::export]
pub fn parse_server(url: String) -> Result<Server, CoreError> {
    Ok(url.parse::<Server>()?)
}

/// What is known of an error.
///
/// # Errors
/// None.
#[uniffi::export]
pub fn error_facts(error: CoreError) -> Result<ErrorFacts, CoreError> {
    Ok(error.facts())
}
