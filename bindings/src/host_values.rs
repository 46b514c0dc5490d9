//! What an application keeps with an account, as a map of the host's language.
#![allow(clippy::disallowed_types, reason = "the map that uniffi exports; the core keeps an ordered one")]

use std::collections::{BTreeMap, HashMap};

type HostValues = BTreeMap<String, String>;

uniffi::custom_type!(
/// What the application keeps with an account for itself.
HostValues, HashMap<String, String>, {
    remote,
    lower: |values| values.into_iter().collect(),
    try_lift: |values| Ok(values.into_iter().collect()),
});
