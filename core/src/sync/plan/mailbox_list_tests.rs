use super::*;

const NOW: Timestamp = Timestamp(1_000_000);

fn entry(name: &str) -> ListEntry {
    ListEntry { name: name.into(), delimiter: Some('/'), ..ListEntry::default() }
}

fn status(name: &str, validity: u32, next: u32) -> StatusEntry {
    StatusEntry {
        name: name.into(),
        uid_validity: UidValidity::new(validity),
        uid_next: Uid::new(next),
        ..StatusEntry::default()
    }
}

fn server(names: &[(&str, u32, u32)]) -> Vec<Listed> {
    let entries: Vec<ListEntry> = names.iter().map(|(name, _, _)| entry(name)).collect();
    let statuses: Vec<StatusEntry> =
        names.iter().map(|(name, validity, next)| status(name, *validity, *next)).collect();
    listed(&entries, &statuses, &Naming::default(), &BTreeSet::new())
}

fn known(id: i64, name: &str, validity: u32, next: u32) -> Known {
    Known {
        id: MailboxId(id),
        raw: name.into(),
        object_id: None,
        uid_validity: UidValidity::new(validity),
        uid_next: Uid::new(next),
        selectable: true,
        missing_since: None,
    }
}

fn updates(plan: &ListPlan) -> Vec<(i64, &str)> {
    plan.update.iter().map(|(id, listed)| (id.0, listed.display.as_str())).collect()
}

#[test]
fn unchanged_mailboxes_are_matched_by_name_and_new_ones_made() {
    let plan = plan(&[known(1, "inbox", 1, 10)], server(&[("INBOX", 1, 10), ("New", 2, 1)]), NOW);
    assert_eq!(updates(&plan), [(1, "INBOX")]);
    assert_eq!(plan.insert.iter().map(|listed| listed.display.as_str()).collect::<Vec<_>>(), ["New"]);
    assert!(plan.missing.is_empty() && plan.remove.is_empty());
}

#[test]
fn a_rename_is_seen_by_uidvalidity_and_uidnext() {
    let plan =
        plan(&[known(1, "INBOX", 1, 10), known(2, "Old", 7, 20)], server(&[("INBOX", 1, 10), ("Fresh", 7, 20)]), NOW);
    assert_eq!(updates(&plan), [(1, "INBOX"), (2, "Fresh")]);
    assert!(plan.insert.is_empty() && plan.missing.is_empty());
}

#[test]
fn two_mailboxes_that_could_be_the_renamed_one_are_not_guessed_at() {
    let plan = plan(
        &[known(1, "INBOX", 1, 10), known(2, "A", 7, 20), known(3, "B", 7, 20)],
        server(&[("INBOX", 1, 10), ("C", 7, 20)]),
        NOW,
    );
    assert_eq!(plan.insert.len(), 1);
    assert_eq!(plan.missing, [MailboxId(2), MailboxId(3)]);
}

#[test]
fn empty_mailboxes_are_never_taken_for_renamed() {
    let plan = plan(&[known(1, "INBOX", 1, 10), known(2, "A", 1, 1)], server(&[("INBOX", 1, 10), ("B", 1, 1)]), NOW);
    assert_eq!(plan.missing, [MailboxId(2)]);
    assert_eq!(plan.insert.len(), 1);
}

#[test]
fn a_mailbox_id_beats_the_name() {
    let mut old = known(2, "Work", 7, 20);
    old.object_id = Some("M1".into());
    let mut server = server(&[("INBOX", 1, 10), ("Work", 9, 3), ("Work-2025", 7, 25)]);
    for (listed, id) in server.iter_mut().zip(["M0", "M2", "M1"]) {
        listed.status.as_mut().unwrap().mailbox_id = Some(id.into());
    }
    let plan = plan(&[known(1, "INBOX", 1, 10), old], server, NOW);
    assert_eq!(updates(&plan), [(2, "Work-2025"), (1, "INBOX")]);
    assert_eq!(plan.insert.len(), 1, "the new Work is another mailbox");
}

#[test]
fn a_mailbox_known_again_under_the_name_of_another_takes_its_place() {
    let mut renamed = known(3, "Projects", 9, 3);
    renamed.object_id = Some("M2".into());
    let mut server = server(&[("INBOX", 1, 10), ("Work", 9, 3)]);
    server[1].status.as_mut().unwrap().mailbox_id = Some("M2".into());
    let plan = plan(&[known(1, "INBOX", 1, 10), known(2, "Work", 7, 20), renamed], server, NOW);
    assert_eq!(updates(&plan), [(3, "Work"), (1, "INBOX")]);
    assert_eq!((plan.remove, plan.missing.len(), plan.insert.len()), (vec![MailboxId(2)], 0, 0));
}

#[test]
fn case_054_a_list_without_the_inbox_removes_nothing() {
    for listing in [server(&[]), server(&[("Other", 1, 1)])] {
        let plan = plan(&[known(1, "INBOX", 1, 10), known(2, "A", 7, 20)], listing, NOW);
        assert!(plan.doubtful && plan.missing.is_empty() && plan.remove.is_empty());
    }
}

#[test]
fn case_054_a_mailbox_is_dropped_only_by_a_second_list_a_minute_later() {
    let mut gone = known(2, "A", 7, 20);
    let listing = || server(&[("INBOX", 1, 10)]);
    assert_eq!(plan(&[known(1, "INBOX", 1, 10), gone.clone()], listing(), NOW).missing, [MailboxId(2)]);
    gone.missing_since = Some(Timestamp(NOW.0 - 59));
    assert_eq!(plan(&[gone.clone()], listing(), NOW).remove, []);
    gone.missing_since = Some(Timestamp(NOW.0 - 60));
    assert_eq!(plan(&[gone], listing(), NOW).remove, [MailboxId(2)]);
}

#[test]
fn what_became_a_mere_name_is_gone_a_minute_later_and_the_name_takes_its_place() {
    let mut gone = known(2, "A", 7, 20);
    let listing = || {
        let mut listing = server(&[("INBOX", 1, 10), ("A", 1, 1), ("A/B", 3, 1)]);
        listing[1].selectable = false;
        listing[1].status = None;
        listing
    };
    let inserts = |plan: &ListPlan| plan.insert.iter().map(|listed| listed.display.clone()).collect::<Vec<_>>();
    let first = plan(&[known(1, "INBOX", 1, 10), gone.clone()], listing(), NOW);
    assert_eq!((inserts(&first), first.missing, first.remove), (vec!["A/B".to_owned()], vec![MailboxId(2)], vec![]));
    gone.missing_since = Some(Timestamp(NOW.0 - 60));
    let second = plan(&[known(1, "INBOX", 1, 10), gone.clone(), known(3, "A/B", 3, 1)], listing(), NOW);
    assert_eq!((inserts(&second), second.missing, second.remove), (vec!["A".to_owned()], vec![], vec![MailboxId(2)]));
    // A name that always was one is only that.
    gone.selectable = false;
    gone.missing_since = None;
    assert_eq!(updates(&plan(&[gone], listing(), NOW)), [(2, "A")]);
}

#[test]
fn case_035_names_that_repeat_or_exceed_every_bound_are_left_out_and_bytes_tell_names_apart() {
    let long = "x".repeat(MAX_NAME + 1);
    let entries = [entry("INBOX"), entry("inbox"), entry("A"), entry("a"), entry("A"), entry(""), entry(&long)];
    let found = listed(&entries, &[], &Naming::default(), &BTreeSet::new());
    assert_eq!(found.iter().map(|listed| listed.display.as_str()).collect::<Vec<_>>(), ["INBOX", "A", "a"]);
}
