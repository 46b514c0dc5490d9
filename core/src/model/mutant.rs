//! Faults planted on purpose, to learn whether the simulation finds them. Without the feature `mutants` none of them is there.

/// Their names.
pub const ALL: [&str; 20] = [
    "in-flight-after-send",
    "ok-is-proof",
    "validity-unchecked",
    "moot-on-no-of-move",
    "expunge-unscoped",
    "copies-mapped-backwards",
    "overlay-before-mirror",
    "again-without-probe",
    "half-move-forgotten",
    "refusal-is-done",
    "deleted-unproved",
    "set-aside-without-reason",
    "acknowledged-before-disk",
    "newcomer-taken-twice",
    "flags-done-with-the-move",
    "probe-in-the-first-mailbox",
    "deleted-is-followed",
    "flag-order-lost",
    "probe-from-the-first-uid",
    "later-is-never",
];

#[cfg(feature = "mutants")]
static CHOSEN: std::sync::OnceLock<String> = std::sync::OnceLock::new();

/// Plants one, for the rest of the process. Only the first call counts.
#[cfg(feature = "mutants")]
pub fn choose(name: &str) {
    let _ = CHOSEN.set(name.to_owned());
}

/// Whether this one is planted.
#[cfg(feature = "mutants")]
pub(crate) fn is(name: &str) -> bool {
    debug_assert!(ALL.contains(&name), "{name} stands in the list");
    CHOSEN.get().is_some_and(|chosen| chosen == name)
}

/// Whether this one is planted: none is.
#[cfg(not(feature = "mutants"))]
#[inline(always)]
pub(crate) const fn is(_name: &str) -> bool {
    false
}
