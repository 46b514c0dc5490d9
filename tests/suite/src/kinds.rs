//! Kinds of servers that tests of acting offline go through.
#![allow(clippy::expect_used, reason = "a test cannot go on without its servers")]

use postrider_model::profile::{Extension, Profile, StatusItem};

/// Kinds of servers that differ in what they prove of an outcome, by name.
///
/// # Panics
/// Where a preset is missing.
pub fn kinds() -> Vec<(String, Profile)> {
    let preset = |name: &str| Profile::preset(name).expect("a preset");
    let mut kinds: Vec<(String, Profile)> = ["bare", "dovecot", "cyrus", "exchange", "courier"]
        .into_iter()
        .map(|name| (name.to_owned(), preset(name)))
        .collect();
    for name in ["dovecot", "cyrus", "exchange"] {
        kinds.push((format!("{name} without MOVE"), preset(name).without(Extension::Move)));
        kinds.push((format!("{name} without UIDPLUS"), preset(name).without(Extension::UidPlus)));
    }
    let mut untold = preset("exchange");
    untold.quirks.status_omits = vec![StatusItem::UidNext];
    untold.quirks.no_uidnext_at_select = true;
    kinds.push(("exchange without UIDNEXT".to_owned(), untold.clone()));
    kinds.push(("exchange without UIDNEXT, MOVE".to_owned(), untold.without(Extension::Move)));
    kinds
}

/// Every kind of server, each also without what makes answers provable.
///
/// # Panics
/// Where a preset is missing.
pub fn profiles() -> Vec<(String, Profile)> {
    let mut profiles = Vec::new();
    for name in Profile::PRESETS {
        let preset = || Profile::preset(name).expect("a preset");
        profiles.push((name.to_owned(), preset()));
        profiles.push((format!("{name} without MOVE"), preset().without(Extension::Move)));
        profiles.push((format!("{name} without UIDPLUS"), preset().without(Extension::UidPlus)));
        profiles.push((
            format!("{name} without MOVE, UIDPLUS"),
            preset().without(Extension::Move).without(Extension::UidPlus),
        ));
    }
    profiles
}
