#![allow(clippy::unwrap_used)]

use super::*;

fn traits(id: &str, validity: u32, next: u32) -> Traits {
    Traits {
        object_id: Some(id.to_owned()).filter(|id| !id.is_empty()),
        validity: UidValidity::new(validity),
        uid_next: Uid::new(next),
        messages: Some(next - 1),
    }
}

#[test]
fn a_rename_is_known_by_the_id_else_by_uidvalidity_and_uidnext() {
    for (id, other) in [("F1", "F2"), ("", "")] {
        let (before, same, another) = (traits(id, 7, 5), traits(id, 7, 6), traits(other, 8, 2));
        for (old, new, expected) in [
            (None, None, Renaming::Gone),
            (Some(&same), None, Renaming::Again),
            (None, Some(&same), Renaming::Done),
            (None, Some(&another), Renaming::Gone),
            (Some(&same), Some(&another), Renaming::Taken),
            (Some(&another), Some(&same), Renaming::Done),
        ] {
            assert_eq!(resolve_rename(&before, old, new), expected, "{id} {old:?} {new:?}");
        }
    }
    let alike = traits("", 7, 1);
    assert_eq!(resolve_rename(&alike, Some(&alike), Some(&alike)), Renaming::Unclear);
}

#[test]
fn a_mailbox_is_deleted_only_as_the_user_knew_it() {
    let seen = traits("F1", 7, 5);
    assert_eq!(may_delete(&seen, &traits("F1", 7, 5)), Deletion::Same);
    assert_eq!(may_delete(&seen, &traits("F1", 7, 6)), Deletion::Grown(Uid::new(5).unwrap()));
    assert_eq!(may_delete(&seen, &traits("F2", 7, 5)), Deletion::Other);
    assert_eq!(may_delete(&seen, &traits("F1", 8, 5)), Deletion::Other);
    let unknown = Traits { messages: Some(3), ..Traits::default() };
    assert_eq!(may_delete(&unknown, &traits("", 7, 4)), Deletion::Same);
    assert_eq!(may_delete(&unknown, &traits("", 7, 5)), Deletion::Other);
    assert_eq!(may_delete(&Traits::default(), &traits("", 7, 1)), Deletion::Same);
    assert_eq!(may_delete(&Traits::default(), &traits("", 7, 2)), Deletion::Other);
    let counted = |messages| Traits { messages: Some(messages), ..Traits::default() };
    let seen = Traits { uid_next: Uid::new(9), ..counted(5) };
    assert_eq!(may_delete(&seen, &counted(3)), Deletion::Grown(Uid::new(9).unwrap()), "three that may be others");
    assert_eq!(may_delete(&seen, &counted(0)), Deletion::Same);
}

fn mailbox(id: i64, name: &str) -> ShownMailbox {
    ShownMailbox {
        mailbox: MailboxId(id),
        raw: format!("INBOX.{}", name.replace('/', ".")).into_bytes(),
        name: name.to_owned(),
        delimiter: Some('.'),
        subscribed: false,
        removed: false,
    }
}

fn rename_to(id: i64, name: &str) -> Action {
    let to = format!("INBOX.{}", name.replace('/', ".")).into_bytes();
    Action::RenameMailbox { mailbox: MailboxId(id), to, name: name.to_owned() }
}

#[test]
fn a_renamed_mailbox_takes_along_what_lies_below_it_and_nothing_else() {
    let mut mailboxes = [mailbox(1, "Work"), mailbox(2, "Work/2026"), mailbox(3, "Workshop"), mailbox(4, "Home")];
    show_mailboxes(&mut mailboxes, &[rename_to(1, "Home/Office"), rename_to(2, "Old")]);
    let shown: Vec<_> = mailboxes.iter().map(|one| (one.raw.as_slice(), one.name.as_str())).collect();
    let expected: [(&[u8], &str); 4] = [
        (b"INBOX.Home.Office", "Home/Office"),
        (b"INBOX.Old", "Old"),
        (b"INBOX.Workshop", "Workshop"),
        (b"INBOX.Home", "Home"),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn a_mailbox_that_is_not_made_yet_shows_by_its_making_alone() {
    let create = Action::CreateMailbox { mailbox: MailboxId(1), raw: b"INBOX.New".to_vec(), role: None };
    let provisional = ShownMailbox { raw: vec![0, b'1'], removed: true, ..mailbox(1, "New") };
    let mut shown = [provisional.clone()];
    show_mailboxes(&mut shown, &[create.clone(), rename_to(1, "Newer")]);
    assert_eq!((shown[0].removed, shown[0].name.as_str()), (false, "Newer"));
    let mut refused = [provisional];
    show_mailboxes(&mut refused, &[rename_to(1, "Newer")]);
    assert!(refused[0].removed);
    let delete = Action::DeleteMailbox { mailbox: MailboxId(1), seen: Traits::default(), aside: Vec::new() };
    show_mailboxes(&mut shown, &[create, delete]);
    assert!(shown[0].removed);
}
