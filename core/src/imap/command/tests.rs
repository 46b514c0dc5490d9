//! What each builder writes, and that no argument can break out of its place.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod injection;

use jiff::civil::date;

use super::*;
use crate::model::{Flags, Keyword, MailboxRole, ModSeq, Secret, SystemFlag, Timestamp, Uid, UidSet, UidValidity};

/// The command on one line, literals as `{length}` and their bytes.
pub(super) fn line(command: &Command) -> String {
    let pieces = command.pieces().iter().map(|piece| match piece {
        Piece::Text(text) => String::from_utf8(text.clone()).unwrap(),
        Piece::Mailbox(name) => format!("\"{}\"", String::from_utf8_lossy(name)),
        Piece::Answer(line) => format!("\n{}", String::from_utf8_lossy(line)),
        Piece::Literal(bytes) => format!("{{{}}}{}", bytes.len(), String::from_utf8_lossy(bytes)),
    });
    pieces.collect()
}

fn written(command: Result<Command, InvalidArgument>) -> String {
    line(&command.unwrap())
}

fn set(ranges: &[(u32, u32)]) -> UidSet {
    let mut set = UidSet::new();
    for (low, high) in ranges {
        set.insert_range(Uid::new(*low).unwrap(), Uid::new(*high).unwrap());
    }
    set
}

fn modseq(value: u64) -> ModSeq {
    ModSeq::new(value).unwrap()
}

#[test]
fn commands_without_arguments_are_their_names() {
    let commands = [
        (noop(), "NOOP"),
        (capability(), "CAPABILITY"),
        (logout(), "LOGOUT"),
        (starttls(), "STARTTLS"),
        (idle(), "IDLE"),
        (check(), "CHECK"),
        (namespace(), "NAMESPACE"),
        (unselect(), "UNSELECT"),
    ];
    for (command, name) in commands {
        assert_eq!((line(&command).as_str(), command.name()), (name, name));
    }
    assert_eq!((line(&compress()).as_str(), compress().name()), ("COMPRESS DEFLATE", "COMPRESS"));
    assert_eq!((line(&notify_none()).as_str(), notify_none().name()), ("NOTIFY NONE", "NOTIFY"));
}

#[test]
fn a_login_quotes_the_password_and_is_shown_without_it() {
    let command = login("a@b.example", &Secret::new("p\"\\ w")).unwrap();
    assert_eq!(line(&command), "LOGIN a@b.example \"p\\\"\\\\ w\"");
    assert_eq!(format!("{command:?}"), "Command(\"LOGIN\")");
    assert_eq!(written(login("", &Secret::new("p\u{e4}ss"))), "LOGIN \"\" {5}p\u{e4}ss");
    assert_eq!(login("a", &Secret::new("a\0")), Err(InvalidArgument::Nul));
}

#[test]
fn authentication_takes_an_initial_response_in_base64_only() {
    let command = authenticate("XOAUTH2", Some("dXNlcg==")).unwrap();
    assert_eq!(line(&command), "AUTHENTICATE XOAUTH2 dXNlcg==");
    assert_eq!(written(authenticate("EXTERNAL", Some(""))), "AUTHENTICATE EXTERNAL =");
    assert_eq!(written(authenticate("PLAIN", None)), "AUTHENTICATE PLAIN");
    assert_eq!(authenticate("PLAIN X", None), Err(InvalidArgument::NotAnAtom));
    assert_eq!(authenticate("PLAIN", Some("a b")), Err(InvalidArgument::NotAnAtom));
}

#[test]
fn extensions_to_enable_are_atoms() {
    assert_eq!(written(enable(&["QRESYNC", "UTF8=ACCEPT"])), "ENABLE QRESYNC UTF8=ACCEPT");
    assert_eq!(enable(&[]), Err(InvalidArgument::Empty));
    assert_eq!(enable(&["A)"]), Err(InvalidArgument::NotAnAtom));
}

#[test]
fn identification_is_quoted_or_nil() {
    assert_eq!(
        written(id(&[("name", "Post\"rider"), ("version", "0")])),
        "ID (\"name\" \"Post\\\"rider\" \"version\" \"0\")"
    );
    assert_eq!(written(id(&[])), "ID NIL");
}

#[test]
fn mailbox_names_go_as_atom_quoted_or_literal() {
    assert_eq!(written(delete(b"Work")), "DELETE Work");
    assert_eq!(written(delete(b"~peter/&U,BTFw-")), "DELETE \"~peter/&U,BTFw-\"");
    assert_eq!(written(delete(b"Sent Items")), "DELETE \"Sent Items\"");
    assert_eq!(written(delete(b"")), "DELETE \"\"");
    assert_eq!(written(delete(b"nil")), "DELETE \"nil\"");
    assert_eq!(written(delete(b"{3+}")), "DELETE \"{3+}\"");
    assert_eq!(written(delete(b"a*b%c")), "DELETE \"a*b%c\"");
    assert_eq!(written(delete("caf\u{e9}".as_bytes())), "DELETE {5}caf\u{e9}");
    assert_eq!(written(delete(b"a\r\nb")), "DELETE {4}a\r\nb");
    assert_eq!(delete(b"a\0b"), Err(InvalidArgument::Nul));
    let long = vec![b'a'; 900];
    assert!(delete(&long).unwrap().pieces().last() == Some(&Piece::Literal(long)));
}

#[test]
fn commands_on_mailboxes_name_them() {
    assert_eq!(written(rename(b"a b", b"c")), "RENAME \"a b\" c");
    assert_eq!(written(subscribe(b"a")), "SUBSCRIBE a");
    assert_eq!(written(unsubscribe(b"a")), "UNSUBSCRIBE a");
    assert_eq!(written(get_quota_root(b"INBOX")), "GETQUOTAROOT INBOX");
    assert_eq!(written(create(b"a", None)), "CREATE a");
    assert_eq!(written(create(b"a", Some(MailboxRole::Trash))), "CREATE a (USE (\\Trash))");
    assert_eq!(create(b"a", Some(MailboxRole::Inbox)), Err(InvalidArgument::Role));
    assert_eq!(written(lsub(b"", b"*")), "LSUB \"\" \"*\"");
    let items = [StatusItem::Messages, StatusItem::UidNext, StatusItem::HighestModSeq, StatusItem::Size];
    assert_eq!(written(status(b"a", &items)), "STATUS a (MESSAGES UIDNEXT HIGHESTMODSEQ SIZE)");
    assert_eq!(status(b"a", &[]), Err(InvalidArgument::Empty));
}

#[test]
fn a_list_is_plain_or_extended() {
    assert_eq!(written(list(b"", b"*")), "LIST \"\" \"*\"");
    let items = [StatusItem::UidNext, StatusItem::MailboxId];
    let returns = [ListReturn::Subscribed, ListReturn::Children, ListReturn::SpecialUse, ListReturn::Status(&items)];
    assert_eq!(
        written(list_extended(&[], b"", &[b"*"], &returns)),
        "LIST \"\" \"*\" RETURN (SUBSCRIBED CHILDREN SPECIAL-USE STATUS (UIDNEXT MAILBOXID))"
    );
    let selection = [ListSelection::Subscribed, ListSelection::Remote, ListSelection::SpecialUse];
    assert_eq!(
        written(list_extended(&selection, b"#x", &[b"INBOX", b"a%"], &[])),
        "LIST (SUBSCRIBED REMOTE SPECIAL-USE) \"#x\" (\"INBOX\" \"a%\")"
    );
    assert_eq!(list_extended(&[], b"", &[], &[]), Err(InvalidArgument::Empty));
    assert_eq!(list_extended(&[], b"", &[b"*"], &[ListReturn::Status(&[])]), Err(InvalidArgument::Empty));
}

#[test]
fn a_selection_may_resynchronise() {
    let known = set(&[(1, 5), (9, 9)]);
    let validity = UidValidity::new(67_890_007).unwrap();
    let qresync = |known, matching| Resync::Qresync { validity, modseq: modseq(90), known, matching };
    assert_eq!(written(select(b"INBOX", None)), "SELECT INBOX");
    assert_eq!(written(examine(b"a b", Some(Resync::Condstore))), "EXAMINE \"a b\" (CONDSTORE)");
    assert_eq!(written(select(b"a", Some(qresync(None, None)))), "SELECT a (QRESYNC (67890007 90))");
    assert_eq!(written(select(b"a", Some(qresync(Some(&known), None)))), "SELECT a (QRESYNC (67890007 90 1:5,9))");
    let (sequence, uids) = (set(&[(1, 1), (3, 3)]), set(&[(7, 8)]));
    let matching = Some(SequenceMatch { sequence: &sequence, uids: &uids });
    assert_eq!(
        written(select(b"a", Some(qresync(Some(&known), matching)))),
        "SELECT a (QRESYNC (67890007 90 1:5,9 (1,3 7:8)))"
    );
    assert_eq!(written(select(b"a", Some(qresync(None, matching)))), "SELECT a (QRESYNC (67890007 90 (1,3 7:8)))");
    let uneven = Some(SequenceMatch { sequence: &sequence, uids: &known });
    assert_eq!(written(select(b"a", Some(qresync(None, uneven)))), "SELECT a (QRESYNC (67890007 90))");
    let scattered: UidSet = (1..4_000).filter_map(|number| Uid::new(number * 2)).collect();
    assert_eq!(written(select(b"a", Some(qresync(Some(&scattered), None)))), "SELECT a (QRESYNC (67890007 90 2:7998))");
}

#[test]
fn a_fetch_names_its_items() {
    let items = [
        FetchItem::Uid,
        FetchItem::Flags,
        FetchItem::InternalDate,
        FetchItem::Rfc822Size,
        FetchItem::Envelope,
        FetchItem::BodyStructure,
        FetchItem::ModSeq,
        FetchItem::EmailId,
        FetchItem::ThreadId,
        FetchItem::GmMsgId,
        FetchItem::GmThrId,
        FetchItem::GmLabels,
        FetchItem::Preview { lazy: true },
        FetchItem::Preview { lazy: false },
    ];
    assert_eq!(
        written(uid_fetch(&set(&[(1, 3)]), &items, None, false)),
        "UID FETCH 1:3 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE MODSEQ EMAILID THREADID X-GM-MSGID \
         X-GM-THRID X-GM-LABELS PREVIEW (LAZY) PREVIEW)"
    );
    let one = set(&[(7, 7)]);
    let flags = [FetchItem::Flags];
    assert_eq!(written(uid_fetch(&one, &flags, Some(modseq(9)), false)), "UID FETCH 7 (FLAGS) (CHANGEDSINCE 9)");
    assert_eq!(
        written(uid_fetch(&one, &flags, Some(modseq(9)), true)),
        "UID FETCH 7 (FLAGS) (CHANGEDSINCE 9 VANISHED)"
    );
    assert_eq!(uid_fetch(&one, &[], None, false), Err(InvalidArgument::Empty));
    assert_eq!(uid_fetch(&UidSet::new(), &flags, None, false), Err(InvalidArgument::Empty));
}

#[test]
fn sections_are_peeked_at_and_named_as_the_answer_will() {
    let body = |section, partial| FetchItem::BodyPeek { section, partial };
    let items = [
        body(Section::Whole, Some((5_000_000_000, 1024))),
        body(Section::Header, None),
        body(Section::Text, None),
        body(Section::HeaderFields(&["Date", "From"]), None),
        body(Section::Part("1.2".to_owned()), Some((0, 1))),
        body(Section::PartMime("3".to_owned()), None),
        FetchItem::BinaryPeek { part: "2".to_owned(), partial: None },
    ];
    assert_eq!(
        written(uid_fetch(&set(&[(1, 1)]), &items, None, false)),
        "UID FETCH 1 (BODY.PEEK[]<5000000000.1024> BODY.PEEK[HEADER] BODY.PEEK[TEXT] BODY.PEEK[HEADER.FIELDS (Date From)] \
         BODY.PEEK[1.2]<0.1> BODY.PEEK[3.MIME] BINARY.PEEK[2])"
    );
    assert_eq!(Section::HeaderFields(&["Date", "From"]).name(), "HEADER.FIELDS (DATE FROM)");
    assert_eq!(Section::PartMime("3".to_owned()).name(), "3.MIME");
    assert_eq!((Section::Whole.name(), Section::Text.name()), (String::new(), "TEXT".to_owned()));
    for part in ["", "1.", "0", "01", "1.MIME", "1]", "1..2", "a"] {
        let item = body(Section::Part(part.to_owned()), None);
        assert_eq!(uid_fetch(&set(&[(1, 1)]), &[item], None, false), Err(InvalidArgument::NotAPart), "{part}");
    }
    let nothing = body(Section::Whole, Some((0, 0)));
    assert_eq!(uid_fetch(&set(&[(1, 1)]), &[nothing], None, false), Err(InvalidArgument::Empty));
}

#[test]
fn a_search_writes_every_key() {
    use SearchKey as K;
    let text = |text: &str| text.to_owned();
    let keys = vec![
        K::All,
        K::Uid(set(&[(3, 5)])),
        K::Flag(SystemFlag::Seen),
        K::NotFlag(SystemFlag::Deleted),
        K::Keyword(Keyword::new("$Work").unwrap()),
        K::NotKeyword(Keyword::new("x").unwrap()),
        K::From(text("a")),
        K::To(text("b")),
        K::Cc(text("c")),
        K::Bcc(text("d")),
        K::Subject(text("e \"f\"")),
        K::Body(text("g")),
        K::Text(text("h")),
        K::Header(text("List-Id"), text("")),
        K::Since(date(2026, 2, 1)),
        K::Before(date(2026, 12, 31)),
        K::On(date(994, 3, 3)),
        K::SentSince(date(2026, 2, 1)),
        K::SentBefore(date(2026, 2, 1)),
        K::SentOn(date(2026, 2, 1)),
        K::Larger(5),
        K::Smaller(6),
        K::ModSeq(modseq(620_162_338)),
        K::GmRaw(text("has:attachment")),
        K::Or(Box::new(K::All), Box::new(K::And(vec![K::Flag(SystemFlag::Draft), K::All]))),
        K::Not(Box::new(K::And(Vec::new()))),
    ];
    assert_eq!(
        written(uid_search(&SearchProgram { keys }, &[], false)),
        "UID SEARCH ALL UID 3:5 SEEN UNDELETED KEYWORD $Work UNKEYWORD x FROM \"a\" TO \"b\" CC \"c\" BCC \"d\" \
         SUBJECT \"e \\\"f\\\"\" BODY \"g\" TEXT \"h\" HEADER List-Id \"\" SINCE 1-Feb-2026 BEFORE 31-Dec-2026 \
         ON 3-Mar-0994 SENTSINCE 1-Feb-2026 SENTBEFORE 1-Feb-2026 SENTON 1-Feb-2026 LARGER 5 SMALLER 6 \
         MODSEQ 620162338 X-GM-RAW \"has:attachment\" OR ALL (DRAFT ALL) NOT ALL"
    );
}

#[test]
fn a_search_names_a_charset_and_what_to_return_only_where_needed() {
    let subject =
        |text: &str| SearchProgram { keys: vec![SearchKey::Not(Box::new(SearchKey::Subject(text.to_owned())))] };
    assert_eq!(written(uid_search(&subject("\u{e9}"), &[], false)), "UID SEARCH CHARSET UTF-8 NOT SUBJECT {2}\u{e9}");
    let returns = [SearchReturn::All, SearchReturn::Count, SearchReturn::Min, SearchReturn::Max];
    assert_eq!(
        written(uid_search(&subject("\u{e9}"), &returns, false)),
        "UID SEARCH RETURN (ALL COUNT MIN MAX) CHARSET UTF-8 NOT SUBJECT {2}\u{e9}"
    );
    assert_eq!(written(uid_search(&subject("\u{e9}"), &[], true)), "UID SEARCH NOT SUBJECT {2}\u{e9}");
    assert_eq!(written(uid_search(&SearchProgram::default(), &[], false)), "UID SEARCH ALL");
    assert_eq!(uid_search(&subject("\0"), &[], false), Err(InvalidArgument::Nul));
}

#[test]
fn a_search_that_cannot_be_written_is_refused() {
    let program = |key| SearchProgram { keys: vec![key] };
    let mut deep = SearchKey::All;
    for _ in 0..32 {
        deep = SearchKey::Not(Box::new(deep));
    }
    assert_eq!(uid_search(&program(deep), &[], false), Err(InvalidArgument::TooDeep));
    assert_eq!(uid_search(&program(SearchKey::Since(date(-5, 1, 1))), &[], false), Err(InvalidArgument::Date));
    assert_eq!(uid_search(&program(SearchKey::Uid(UidSet::new())), &[], false), Err(InvalidArgument::Empty));
    let long = vec![SearchKey::Subject("x".repeat(400)); 30];
    assert_eq!(uid_search(&SearchProgram { keys: long }, &[], false), Err(InvalidArgument::TooLong));
}

#[test]
fn flags_are_stored_conditionally_and_silently() {
    let mut flags = Flags::new();
    flags.insert(SystemFlag::Seen);
    flags.insert(SystemFlag::Draft);
    flags.insert_wire("$Junk");
    let uids = set(&[(1, 2)]);
    assert_eq!(
        written(uid_store(&uids, Some(modseq(7)), FlagChange::Add, &flags, true)),
        "UID STORE 1:2 (UNCHANGEDSINCE 7) +FLAGS.SILENT (\\Seen \\Draft $Junk)"
    );
    let mut keyword = Flags::new();
    keyword.insert_wire("a");
    assert_eq!(written(uid_store(&uids, None, FlagChange::Remove, &keyword, false)), "UID STORE 1:2 -FLAGS (a)");
    assert_eq!(written(uid_store(&uids, None, FlagChange::Replace, &Flags::new(), false)), "UID STORE 1:2 FLAGS ()");
    assert_eq!(uid_store(&uids, None, FlagChange::Add, &Flags::new(), false), Err(InvalidArgument::Empty));
}

#[test]
fn messages_are_copied_moved_expunged_and_appended() {
    let uids = set(&[(1, 2), (9, 9)]);
    assert_eq!(written(uid_copy(&uids, b"a b")), "UID COPY 1:2,9 \"a b\"");
    assert_eq!(written(uid_move(&uids, b"a")), "UID MOVE 1:2,9 a");
    assert_eq!(written(uid_expunge(&uids)), "UID EXPUNGE 1:2,9");
    assert_eq!(uid_expunge(&UidSet::new()), Err(InvalidArgument::Empty));
    let mut flags = Flags::new();
    flags.insert(SystemFlag::Seen);
    let message = || b"A: b\r\n\r\nc".to_vec();
    assert_eq!(
        written(append(b"a", &flags, Some(Timestamp(837_596_665)), message())),
        "APPEND a (\\Seen) \"17-Jul-1996 09:44:25 +0000\" {9}A: b\r\n\r\nc"
    );
    assert_eq!(
        written(append("\u{e9}".as_bytes(), &Flags::new(), Some(Timestamp(0)), message())),
        "APPEND {2}\u{e9} \" 1-Jan-1970 00:00:00 +0000\" {9}A: b\r\n\r\nc"
    );
    assert_eq!(append(b"a", &flags, None, b"\0".to_vec()), Err(InvalidArgument::Nul));
    assert_eq!(append(b"a", &flags, Some(Timestamp(i64::MAX)), message()), Err(InvalidArgument::Date));
}

#[test]
fn notifications_cover_the_selected_and_the_personal_mailboxes() {
    assert_eq!(
        written(notify(true, &[FetchItem::Uid, FetchItem::Flags])),
        "NOTIFY SET STATUS (selected (MessageNew (UID FLAGS) MessageExpunge FlagChange)) \
         (personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))"
    );
    assert_eq!(
        written(notify(false, &[])),
        "NOTIFY SET (selected (MessageNew MessageExpunge FlagChange)) \
         (personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))"
    );
}

#[test]
fn a_long_set_is_split_into_commands_that_fit() {
    let scattered: UidSet = (1..50_000).filter_map(|number| Uid::new(u32::MAX - number * 2)).collect();
    let fields = FetchItem::BodyPeek { section: Section::HeaderFields(&["Date", "From", "References"]), partial: None };
    assert_eq!(uid_fetch(&scattered, std::slice::from_ref(&fields), None, false), Err(InvalidArgument::TooLong));
    let pieces = split_for_command(&scattered);
    let mut union = UidSet::new();
    for piece in &pieces {
        let command = uid_fetch(piece, std::slice::from_ref(&fields), None, false).unwrap();
        assert!(line(&command).len() <= MAX_LINE);
        union = union.union(piece);
    }
    assert_eq!(union, scattered);
    assert_eq!(split_for_command(&UidSet::new()), []);
    let all = UidSet::range(Uid::MIN, Uid::MAX);
    assert_eq!(split_for_command(&all), [all]);
}
