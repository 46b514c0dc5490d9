//! SEARCH, ESEARCH, VANISHED and the counts.

use super::{modseq, parsed, set};
use crate::imap::Untagged;
use crate::model::{Flags, SystemFlag, UidSet};

fn found(uids: UidSet) -> Untagged {
    Untagged::Search { uids, count: None, modseq: None }
}

#[test]
fn counts_are_read() {
    assert_eq!(parsed("* 23 EXISTS"), Untagged::Exists(23));
    assert_eq!(parsed("* 0 exists\r\n"), Untagged::Exists(0));
    assert_eq!(parsed("* 44 EXPUNGE"), Untagged::Expunge(44));
    assert_eq!(parsed("* 5 RECENT"), Untagged::Other);
    assert_eq!(parsed("* 4294967296 EXISTS"), Untagged::Other);
}

#[test]
fn flags_in_use_are_read() {
    let mut flags = Flags::new();
    flags.insert(SystemFlag::Deleted);
    flags.insert_wire("$Junk");
    assert_eq!(parsed("* FLAGS (\\Deleted $Junk \\Recent)"), Untagged::Flags(flags));
}

#[test]
fn a_search_may_be_empty_unordered_and_carry_a_mod_sequence() {
    assert_eq!(parsed("* SEARCH"), found(UidSet::new()));
    assert_eq!(parsed("* SEARCH "), found(UidSet::new()));
    assert_eq!(parsed("* SEARCH 9 2 3 2 84"), found(set(&[2, 3, 9, 84])));
    let expected = Untagged::Search { uids: set(&[2, 5]), count: None, modseq: Some(modseq(917)) };
    assert_eq!(parsed("* search 2 5 (MODSEQ 917)"), expected);
}

#[test]
fn an_extended_search_is_read_in_any_order() {
    let expected = Untagged::Search { uids: set(&[2, 10, 11]), count: Some(3), modseq: Some(modseq(12)) };
    assert_eq!(parsed("* ESEARCH (TAG \"A282\") UID COUNT 3 ALL 2,10:11 MODSEQ 12"), expected);
    let expected = Untagged::Search { uids: set(&[2, 47]), count: None, modseq: None };
    assert_eq!(parsed("* ESEARCH UID MIN 2 MAX 47 X-NEW (a (b))"), expected);
    let nothing = Untagged::Search { uids: UidSet::new(), count: Some(0), modseq: None };
    assert_eq!(parsed("* ESEARCH (TAG \"A1\") COUNT 0"), nothing);
}

#[test]
fn an_extended_search_by_sequence_number_is_not_taken_for_uids() {
    assert_eq!(parsed("* ESEARCH (TAG \"A282\") ALL 1:3"), Untagged::Other);
}

#[test]
fn a_search_with_a_word_that_is_no_number_is_not_understood() {
    for line in ["* SEARCH 1 x 3", "* SEARCH 1:3", "* SEARCH 1 -2", "* ESEARCH UID ALL 1:*", "* ESEARCH UID ALL"] {
        assert_eq!(parsed(line), Untagged::Other, "{line}");
    }
}

#[test]
fn what_vanished_is_a_set_with_its_bounds_in_order() {
    let uids = set(&[1, 2, 3, 4, 5, 9]);
    assert_eq!(parsed("* VANISHED (EARLIER) 9,5:1"), Untagged::Vanished { earlier: true, uids: uids.clone() });
    assert_eq!(parsed("* VANISHED 1:5,9"), Untagged::Vanished { earlier: false, uids });
    for line in
        ["* VANISHED", "* VANISHED *", "* VANISHED 1:*", "* VANISHED 1:2:3", "* VANISHED 1,,2", "* VANISHED 1 2"]
    {
        assert_eq!(parsed(line), Untagged::Other, "{line}");
    }
}

#[test]
fn case_026_ranges_stay_ranges() {
    let Untagged::Vanished { uids, .. } = parsed("* VANISHED 1:4294967295") else { panic!("not read") };
    assert_eq!(uids.ranges().count(), 1);
    let Untagged::Search { uids, .. } = parsed("* ESEARCH UID ALL 4294967295:1,7") else { panic!("not read") };
    assert_eq!(uids.ranges().count(), 1);
    let copied = super::super::condition(b"OK [COPYUID 1 1:4294967295 1:4294967295] x").unwrap();
    assert_eq!(copied.code, Some(crate::imap::Code::Other("COPYUID".to_owned())));
}

#[test]
fn case_029_numbers_that_are_no_uid_are_left_out_of_sets() {
    assert_eq!(parsed("* SEARCH 0 5 4294967296 99999999999999999999"), found(set(&[5])));
    assert_eq!(parsed("* VANISHED 0,5"), Untagged::Vanished { earlier: false, uids: set(&[5]) });
    assert_eq!(parsed("* VANISHED 0:5"), Untagged::Other);
    assert_eq!(parsed("* VANISHED 5:4294967296"), Untagged::Other);
}

#[test]
fn case_042_unknown_responses_are_stepped_over() {
    for line in ["* FOO", "* 5 FOO bar", "*", "* ", "", "* (", "* \"x\"", "* THREAD (1)(2)", "* 5", "*5", "garbage"] {
        assert_eq!(parsed(line), Untagged::Other, "{line}");
    }
    assert_eq!(parsed("*  7   EXISTS  \n"), Untagged::Exists(7));
}
