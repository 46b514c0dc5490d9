#![allow(clippy::unwrap_used)]

use super::*;
use crate::journal::{StepState, Traits};

const INBOX: MailboxId = MailboxId(1);
const WORK: MailboxId = MailboxId(2);
const TRASH: MailboxId = MailboxId(3);

fn flags(bits: u8) -> Flags {
    Flags::from_parts(bits, "")
}

fn set(bits: u8) -> Action {
    Action::Flags { add: flags(bits), remove: Flags::new() }
}

fn clear(bits: u8) -> Action {
    Action::Flags { add: Flags::new(), remove: flags(bits) }
}

fn step(operation: i64, place: i64, action: Action) -> PendingStep {
    let uid = Uid::new(place as u32 + 100).unwrap();
    PendingStep {
        key: StepKey { operation: OperationId(operation), place: PlaceId(place) },
        action,
        state: StepState::Queued,
        attempts: 0,
        missed: false,
        suspected: 0,
        is_due: true,
        made: None,
        location: Some(Location { mailbox: INBOX, uid }),
        lies_in: Some(INBOX),
        original_in: None,
        expunged: Expunged::Here,
        mail: None,
        takes_labels: false,
    }
}

fn operations(batch: &Batch) -> Vec<i64> {
    batch.items.iter().flat_map(|item| item.steps.iter().map(|key| key.operation.0)).collect()
}

#[test]
fn the_same_wish_for_many_messages_is_one_batch() {
    let steps: Vec<_> = (1..=10_000).map(|place| step(1, place, set(1))).collect();
    let plan = plan(&steps);
    assert_eq!((plan.batches.len(), plan.batches[0].items.len()), (1, 10_000));
    assert_eq!((plan.batches[0].add.clone(), plan.batches[0].then), (flags(1), Then::Stay));
}

#[test]
fn several_wishes_for_one_message_are_asked_for_once() {
    let to = |to| Action::Move { to };
    let steps =
        [step(1, 7, set(1)), step(2, 7, to(WORK)), step(3, 7, clear(1)), step(4, 7, set(4)), step(5, 7, to(TRASH))];
    let plan = plan(&steps);
    let [batch] = plan.batches.as_slice() else { panic!("{plan:?}") };
    assert_eq!((batch.add.clone(), batch.remove.clone(), batch.then), (flags(4), flags(1), Then::Move(TRASH)));
    assert_eq!(operations(batch), [1, 2, 3, 4, 5]);
}

#[test]
fn what_is_deleted_in_the_end_is_only_deleted() {
    let steps =
        [step(1, 7, set(1)), step(2, 7, Action::Move { to: WORK }), step(3, 7, Action::Delete), step(4, 7, set(4))];
    let plan = plan(&steps);
    let [batch] = plan.batches.as_slice() else { panic!("{plan:?}") };
    assert_eq!((batch.add.clone(), batch.then), (Flags::new(), Then::Delete));
    assert_eq!(operations(batch), [1, 2, 4, 3]);
}

#[test]
fn a_copy_asked_for_while_a_deletion_was_set_aside_is_made_before_the_message_goes() {
    let plan = plan(&[step(1, 7, Action::Delete), step(2, 7, Action::Copy { to: WORK })]);
    let [batch] = plan.batches.as_slice() else { panic!("{plan:?}") };
    assert_eq!((batch.then, operations(batch)), (Then::Copy(WORK), vec![2]));
}

#[test]
fn hard_problem_12_what_waits_for_a_message_that_was_not_made_holds_up_no_mailbox() {
    let mut copy = step(2, 7, Action::Copy { to: WORK });
    (copy.location, copy.lies_in, copy.made) = (None, None, Some(PlaceId(8)));
    let mut moved = step(3, 8, Action::Move { to: WORK });
    (moved.location, moved.lies_in) = (None, None);
    let rename = Action::RenameMailbox { mailbox: WORK, to: b"Office".to_vec(), name: "Office".to_owned() };
    let rename = step(4, 0, rename);
    let set_aside = plan(&[copy.clone(), moved.clone(), rename.clone()]);
    assert_eq!(set_aside.mailbox, Some(rename.key), "the append of 7 is not among what goes out");
    let mut append = step(1, 7, Action::Append { to: INBOX, flags: Flags::new(), date: None });
    (append.location, append.lies_in) = (None, None);
    assert_eq!(plan(&[append, copy, moved, rename]).mailbox, None);
}

#[test]
fn what_has_labels_is_deleted_by_way_of_the_trash() {
    let mut delete = step(2, 7, Action::Delete);
    delete.expunged = Expunged::In(TRASH);
    let plan = plan(&[step(1, 7, Action::Move { to: WORK }), delete]);
    assert_eq!((plan.batches[0].then, operations(&plan.batches[0])), (Then::Discard(TRASH), vec![1, 2]));
}

#[test]
fn what_is_asked_of_one_mail_under_several_labels_goes_out_in_turn() {
    let labelled =
        |operation, place, action| PendingStep { mail: Some(MessageId(9)), ..step(operation, place, action) };
    let steps = [labelled(1, 7, set(1)), labelled(2, 8, clear(1)), labelled(3, 7, set(4)), step(4, 5, set(1))];
    let gone = |steps: &[PendingStep]| plan(steps).batches.iter().flat_map(operations).collect::<BTreeSet<_>>();
    assert_eq!(gone(&steps), BTreeSet::from([1, 4]));
    assert_eq!(gone(&steps[1..3]), BTreeSet::from([2]));
    // One operation on both is one wish.
    let both = [labelled(5, 7, set(1)), labelled(5, 8, set(1))];
    assert_eq!(plan(&both).batches[0].items.len(), 2);
    // What comes after the deletion of a mail is asked before it goes.
    assert_eq!(
        gone(&[labelled(1, 7, Action::Delete), labelled(2, 7, set(1)), labelled(3, 8, set(4))]),
        BTreeSet::from([2])
    );
    assert_eq!(gone(&[labelled(1, 7, Action::Delete), labelled(3, 8, set(4))]), BTreeSet::from([3]));
}

/// What waits for the deletion of a mail under one label must not hold up what that deletion waits for.
#[test]
fn hard_problem_12_a_deletion_tried_again_and_a_rename_do_not_wait_for_each_other_by_labels() {
    let labelled =
        |operation, place, action| PendingStep { mail: Some(MessageId(9)), ..step(operation, place, action) };
    let mut deletion = labelled(1, 7, Action::Delete);
    deletion.lies_in = Some(WORK);
    deletion.location = deletion.location.map(|at| Location { mailbox: WORK, ..at });
    let rename = Action::RenameMailbox { mailbox: WORK, to: b"Office".to_vec(), name: "Office".to_owned() };
    let rename = step(2, 0, rename);
    let plan = plan(&[deletion, rename.clone(), labelled(3, 8, Action::Move { to: WORK })]);
    assert_eq!(plan.mailbox, Some(rename.key));
}

#[test]
fn what_is_to_lose_its_labels_loses_them_before_it_is_moved_on() {
    let trashed = PendingStep { takes_labels: true, ..step(1, 7, Action::Move { to: TRASH }) };
    let plan = plan(&[trashed, step(2, 7, Action::Move { to: WORK })]);
    assert_eq!((plan.batches[0].then, operations(&plan.batches[0])), (Then::Move(TRASH), vec![1]));
}

#[test]
fn a_message_that_comes_back_to_where_it_is_is_not_moved() {
    let steps = [step(1, 7, Action::Move { to: WORK }), step(2, 7, Action::Move { to: INBOX })];
    assert_eq!(plan(&steps).batches[0].then, Then::Stay);
}

#[test]
fn a_copy_is_of_the_message_as_it_was_when_it_was_asked_for() {
    let steps = [step(1, 7, set(1)), step(2, 7, Action::Copy { to: WORK }), step(3, 7, clear(1))];
    let first = plan(&steps);
    assert_eq!((first.batches[0].then, operations(&first.batches[0])), (Then::Stay, vec![1]));
    let first = plan(&steps[1..]);
    assert_eq!((first.batches[0].then, operations(&first.batches[0])), (Then::Copy(WORK), vec![2]));
    let steps = [step(1, 7, Action::Move { to: TRASH }), step(2, 7, Action::Copy { to: WORK })];
    let first = plan(&steps);
    assert_eq!((first.batches[0].then, operations(&first.batches[0])), (Then::Move(TRASH), vec![1]));
}

#[test]
fn hard_problem_12_a_step_that_waits_or_was_refused_delays_no_other_message() {
    let mut refused = step(1, 7, set(1));
    (refused.attempts, refused.is_due) = (2, false);
    let mut again = step(2, 8, set(1));
    again.attempts = 1;
    let plan = plan(&[refused, again, step(3, 7, set(4)), step(4, 9, set(1)), step(5, 10, set(1))]);
    let found: Vec<_> = plan.batches.iter().map(operations).collect();
    assert_eq!(found, [vec![4, 5], vec![2]], "what was refused before goes alone, and what follows it waits");
}

#[test]
fn a_message_whose_last_answer_was_lost_waits_for_the_probe() {
    for state in [StepState::InFlight, StepState::Unknown, StepState::Probing] {
        let mut lost = step(1, 7, Action::Move { to: WORK });
        lost.state = state;
        assert!(plan(&[lost, step(2, 7, set(1))]).is_empty());
    }
}

#[test]
fn hard_problem_13_what_has_no_uid_yet_waits_for_it() {
    let mut copied = step(2, 8, set(1));
    copied.location = None;
    let plan = plan(&[step(1, 7, Action::Copy { to: WORK }), copied]);
    assert_eq!((plan.batches.len(), operations(&plan.batches[0])), (1, vec![1]));
}

#[test]
fn operations_on_a_mailbox_and_on_its_messages_keep_their_order() {
    let create = step(1, 0, Action::CreateMailbox { mailbox: WORK, raw: b"Work".to_vec(), role: None });
    let delete = step(3, 0, Action::DeleteMailbox { mailbox: WORK, seen: Traits::default(), aside: Vec::new() });
    let fill = step(2, 7, Action::Move { to: WORK });
    let after = step(4, 8, Action::Move { to: WORK });
    let first = plan(&[create.clone(), fill.clone(), delete.clone(), after.clone(), step(5, 9, set(1))]);
    assert_eq!(first.mailbox, Some(create.key));
    assert_eq!(first.batches.iter().map(operations).collect::<Vec<_>>(), [vec![5]]);
    let second = plan(&[fill.clone(), delete.clone(), after.clone()]);
    assert_eq!(second.mailbox, None, "mail that was put there before goes there before");
    assert_eq!(operations(&second.batches[0]), [2, 4], "and what was put there while the deletion was set aside");
    assert_eq!(plan(std::slice::from_ref(&delete)).mailbox, Some(delete.key));
}

#[test]
fn a_mailbox_goes_only_when_nothing_waits_to_leave_it() {
    let delete = step(5, 0, Action::DeleteMailbox { mailbox: WORK, seen: Traits::default(), aside: Vec::new() });
    let mut came = step(4, 7, Action::Move { to: TRASH });
    (came.location, came.lies_in) = (None, Some(WORK));
    let waits = plan(&[came, delete.clone()]);
    assert!(waits.is_empty(), "its UID there is not known yet: {waits:?}");
    let mut later = step(6, 7, Action::Move { to: TRASH });
    (later.location, later.lies_in) = (later.location.map(|at| Location { mailbox: WORK, ..at }), Some(WORK));
    let retried = plan(&[delete.clone(), later]);
    assert_eq!((retried.mailbox, retried.batches.len()), (None, 1), "asked for while the deletion was set aside");
    let rename = Action::RenameMailbox { mailbox: WORK, to: b"Office".to_vec(), name: "Office".to_owned() };
    let mut after = step(7, 7, Action::Move { to: TRASH });
    (after.location, after.lies_in) = (after.location.map(|at| Location { mailbox: WORK, ..at }), Some(WORK));
    let renamed = plan(&[delete, step(6, 0, rename), after]);
    assert_eq!(renamed.mailbox.unwrap().operation, OperationId(6), "what was asked since goes first: {renamed:?}");
}

#[test]
fn a_deletion_tried_again_waits_for_what_was_asked_for_since_and_that_does_not_wait_for_it() {
    let delete = step(1, 0, Action::DeleteMailbox { mailbox: WORK, seen: Traits::default(), aside: Vec::new() });
    let create = step(2, 0, Action::CreateMailbox { mailbox: TRASH, raw: b"Trash".to_vec(), role: None });
    let mut saved = step(3, 7, Action::Move { to: TRASH });
    saved.lies_in = Some(WORK);
    let mut steps = vec![delete, create, saved];
    for expected in [2, 3, 1] {
        let plan = plan(&steps);
        let goes = plan.mailbox.map_or_else(|| operations(&plan.batches[0])[0], |key| key.operation.0);
        assert_eq!(goes, expected, "{steps:?}");
        steps.retain(|step| step.key.operation.0 != expected);
    }
    let rename = Action::RenameMailbox { mailbox: INBOX, to: b"Office".to_vec(), name: "Office".to_owned() };
    let one = [step(1, 7, Action::Delete), step(2, 0, rename), step(3, 7, set(1))];
    assert_eq!(plan(&one).mailbox.unwrap().operation, OperationId(2), "nor where only a message was to go");
}

#[test]
fn hard_problem_12_a_mailbox_that_cannot_be_made_now_holds_up_only_what_may_build_on_it() {
    let create = |operation, mailbox, raw: &str| {
        let raw = raw.as_bytes().to_vec();
        step(operation, 0, Action::CreateMailbox { mailbox: MailboxId(mailbox), raw, role: None })
    };
    let mut refused = create(1, 11, "Work");
    (refused.state, refused.is_due) = (StepState::Retry, false);
    let rename = Action::RenameMailbox { mailbox: TRASH, to: b"Bin".to_vec(), name: "Bin".to_owned() };
    let delete = Action::DeleteMailbox { mailbox: TRASH, seen: Traits::default(), aside: Vec::new() };
    let subscribe = |mailbox| Action::Subscribe { mailbox, subscribed: true };
    for (later, goes) in [
        (create(2, 12, "Work/2026"), false),
        (create(2, 12, "Home"), true),
        (step(2, 0, rename), false),
        (step(2, 0, delete), true),
        (step(2, 0, subscribe(TRASH)), true),
        (step(2, 0, subscribe(MailboxId(11))), false),
    ] {
        let key = later.key;
        assert_eq!(plan(&[refused.clone(), later]).mailbox, goes.then_some(key), "{key:?}");
    }
}

#[test]
fn an_append_goes_out_and_what_was_done_to_its_message_since_waits() {
    let mut append = step(1, 7, Action::Append { to: WORK, flags: Flags::new(), date: None });
    append.location = None;
    let mut flag = step(2, 7, set(1));
    flag.location = None;
    let plan = plan(&[append.clone(), flag]);
    assert_eq!((plan.appends, plan.batches.len()), (vec![append.key], 0));
}
