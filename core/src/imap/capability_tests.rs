//! What follows from what a server lists.

use super::*;

#[test]
fn names_have_no_case() {
    let capabilities = Capabilities::new(["Imap4rev1", "auth=Plain", "IDLE", ""]);
    assert!(capabilities.has("imap4REV1"));
    assert!(capabilities.auth("plain"));
    assert!(!capabilities.auth("XOAUTH2"));
    assert!(capabilities.idle());
    assert!(!capabilities.moves());
    assert_eq!(capabilities.iter().collect::<Vec<_>>(), ["AUTH=PLAIN", "IDLE", "IMAP4REV1"]);
    assert!(!capabilities.is_empty());
    assert!(Capabilities::default().is_empty());
}

#[test]
fn rev2_contains_what_were_extensions() {
    let capabilities = Capabilities::new(["IMAP4rev2"]);
    assert!(capabilities.esearch() && capabilities.moves() && capabilities.uidplus() && capabilities.list_status());
    assert!(capabilities.literal_minus() && !capabilities.literal_plus());
    assert!(!capabilities.condstore() && !capabilities.qresync());
    assert!(!Capabilities::new(["IMAP4rev1"]).esearch());
}

#[test]
fn what_one_capability_needs_comes_with_it() {
    let capabilities = Capabilities::new(["QRESYNC"]);
    assert!(capabilities.qresync() && capabilities.condstore() && capabilities.enable());
    let capabilities = Capabilities::new(["LITERAL+", "UTF8=ONLY"]);
    assert!(capabilities.literal_plus() && capabilities.literal_minus() && capabilities.utf8_accept());
}

#[test]
fn the_append_limit_is_read_where_there_is_one() {
    assert_eq!(Capabilities::new(["APPENDLIMIT=35651584"]).append_limit(), Some(35_651_584));
    assert_eq!(Capabilities::new(["APPENDLIMIT"]).append_limit(), None);
    assert_eq!(Capabilities::new(["APPENDLIMIT=x"]).append_limit(), None);
}

#[test]
fn a_server_cannot_fill_the_memory_with_capabilities() {
    let capabilities = Capabilities::new((0..100_000).map(|number| format!("X{number}")));
    assert_eq!(capabilities.iter().count(), Capabilities::MAX);
}
