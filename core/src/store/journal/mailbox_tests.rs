#![allow(clippy::unwrap_used)]

use crate::journal::{Action, Evidence, Reason, StepKey, StepState};
use crate::model::{MailboxId, MailboxRole, OperationId, PlaceId, Timestamp, Uid};
use crate::store::testing::{Fixture, message, naming, wait};
use crate::store::{
    BodySource, JournalTx, MailboxActed, MailboxNaming, NewMailbox, Outcome, ReplayTx, Search, StoreError,
};

impl Fixture {
    fn act<T: Send + 'static>(
        &self,
        closure: impl FnOnce(&mut JournalTx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        wait(self.store.journal(closure))
    }

    fn replay(&self, closure: impl FnOnce(&mut ReplayTx<'_>) -> Result<(), StoreError> + Send + 'static) {
        wait(self.store.replay(closure)).unwrap();
    }

    fn create(&self, name: &'static str) -> MailboxActed {
        let account = self.account;
        self.act(move |tx| tx.create_mailbox(account, &new(name))).unwrap()
    }

    fn shown(&self) -> Vec<String> {
        let account = self.account;
        let shown = self.read(|view| view.shown_mailboxes(account));
        shown.into_iter().map(|mailbox| mailbox.naming.name).collect()
    }

    fn mirrored(&self) -> Vec<String> {
        let account = self.account;
        let mirrored = self.read(|view| view.mailboxes(account));
        mirrored.into_iter().map(|mailbox| mailbox.naming.name).collect()
    }

    fn add(&self, name: &'static str) -> MailboxId {
        let account = self.account;
        self.mirror(move |tx| tx.insert_mailbox(account, &naming(name)))
    }

    fn settle(&self, operation: OperationId, outcome: Outcome) {
        self.replay(move |tx| {
            let key = StepKey { operation, place: PlaceId(0) };
            tx.begin(&[(key, Evidence::default())])?;
            tx.settle(&[(key, outcome)])
        });
    }
}

fn new(name: &str) -> NewMailbox {
    NewMailbox { raw: name.as_bytes().to_vec(), name: name.to_owned(), delimiter: Some('/'), role: None }
}

fn refused() -> Outcome {
    Outcome::Parked(Reason::new("no_permission", "no"))
}

#[test]
fn what_is_only_wanted_is_shown_and_is_not_the_mirrors() {
    let fixture = Fixture::new();
    let made = fixture.create("Work");
    assert_eq!((fixture.shown(), fixture.mirrored()), (vec!["INBOX".into(), "Work".into()], vec!["INBOX".into()]));
    let account = fixture.account;
    let again = fixture.act(move |tx| tx.create_mailbox(account, &new("Work")));
    assert_eq!(again, Err(StoreError::Exists("mailbox")));
    // Sync sees it on the server, whoever made it: it is that one.
    assert_eq!(fixture.add("Work"), made.mailbox);
    assert_eq!((fixture.shown(), fixture.mirrored()), (fixture.mirrored(), vec!["INBOX".into(), "Work".into()]));
}

#[test]
fn a_mere_name_is_not_the_mailbox_that_is_to_be_made() {
    let fixture = Fixture::new();
    let made = fixture.create("Work");
    let account = fixture.account;
    let listed = MailboxNaming { selectable: false, ..naming("Work") };
    fixture.mirror(move |tx| tx.insert_mailbox(account, &listed));
    let wanted = fixture.read(move |view| Ok(view.shown_mailbox(made.mailbox)?.unwrap()));
    assert!(wanted.naming.selectable);
    assert_eq!((fixture.shown(), fixture.mirrored()), (vec!["INBOX".into(), "Work".into()], vec!["INBOX".into()]));
}

#[test]
fn a_name_that_is_to_become_free_can_be_given_at_once() {
    let fixture = Fixture::new();
    let old = fixture.add("Work");
    let renamed = fixture.act(move |tx| tx.rename_mailbox(old, b"Old", "Old")).unwrap();
    let made = fixture.create("Work");
    assert_eq!(fixture.shown(), ["INBOX", "Old", "Work"]);
    fixture.replay(move |tx| tx.mailbox_renamed(old, b"Old", "Old"));
    fixture.settle(renamed.operation, Outcome::Done);
    fixture.replay(move |tx| tx.mailbox_created(made.mailbox, b"Work", None, true));
    fixture.settle(made.operation, Outcome::Done);
    assert_eq!(
        (fixture.shown(), fixture.mirrored()),
        (fixture.mirrored(), vec!["INBOX".into(), "Old".into(), "Work".into()])
    );
    let raw = fixture.read(|view| Ok(view.mailbox(made.mailbox)?.unwrap().naming.raw_name));
    assert_eq!(raw, b"Work");
}

#[test]
fn what_sync_finds_below_a_renamed_mailbox_shows_below_its_new_name() {
    let fixture = Fixture::new();
    let work = fixture.add("Work");
    let renamed = fixture.act(move |tx| tx.rename_mailbox(work, b"Office", "Office")).unwrap();
    let child = fixture.add("Work/2026");
    assert_eq!(fixture.shown(), ["INBOX", "Office", "Office/2026"]);
    // The server refuses: everything is called as it was.
    fixture.settle(renamed.operation, refused());
    assert_eq!(fixture.shown(), ["INBOX", "Work", "Work/2026"]);
    fixture.act(move |tx| tx.retry(renamed.operation)).unwrap();
    fixture.replay(move |tx| tx.mailbox_renamed(work, b"Office", "Office"));
    fixture.settle(renamed.operation, Outcome::Done);
    let raw = fixture.read(|view| Ok(view.mailbox(child)?.unwrap().naming.raw_name));
    assert_eq!(
        (fixture.shown(), raw),
        (vec!["INBOX".into(), "Office".into(), "Office/2026".into()], b"Office/2026".to_vec())
    );
}

#[test]
fn a_mailbox_that_is_to_go_hides_its_mail_everywhere() {
    let fixture = Fixture::new();
    let work = fixture.add("Work");
    fixture.mirror(move |tx| tx.insert_new(work, &[message(1)]));
    fixture.index_all();
    let place = PlaceId(1);
    let deleted = fixture.act(move |tx| tx.delete_mailbox(work)).unwrap();
    let found = || {
        let search = Search { matcher: Some("subject".to_owned()), ..Search::default() };
        let found = fixture.read(|view| view.search(&search, None, 9)).len();
        let thread = fixture.read(|view| view.thread(crate::model::ThreadId(1))).len();
        (found, thread, fixture.read(|view| view.message(place)).is_some())
    };
    assert_eq!((fixture.shown(), found()), (vec!["INBOX".into()], (0, 0, false)));
    let act = fixture.act(move |tx| tx.act(&Action::Delete, &[place]));
    assert_eq!(act, Err(StoreError::NotFound("message")));
    fixture.act(move |tx| tx.cancel(deleted.operation)).unwrap();
    assert_eq!((fixture.shown(), found()), (vec!["INBOX".into(), "Work".into()], (1, 1, true)));
}

#[test]
fn who_has_a_deletion_tried_again_knows_what_is_there_now() {
    let fixture = Fixture::new();
    let work = fixture.add("Work");
    let deleted = fixture.act(move |tx| tx.delete_mailbox(work)).unwrap().operation;
    fixture.mirror(move |tx| tx.set_server_counts(work, Some(7), None));
    let seen = || match fixture.read(|view| view.action(deleted)) {
        Some(Action::DeleteMailbox { seen, .. }) => seen.messages,
        other => panic!("{other:?}"),
    };
    assert_eq!(seen(), None);
    fixture.settle(deleted, Outcome::NeedsUser(Reason::new("changed", "changed")));
    fixture.act(move |tx| tx.retry(deleted)).unwrap();
    assert_eq!(seen(), Some(7));
}

#[test]
fn in_a_mailbox_that_nobody_has_looked_into_the_user_knows_what_they_put_there() {
    let fixture = Fixture::new();
    let seen = |deleted| match fixture.read(move |view| view.action(deleted)) {
        Some(Action::DeleteMailbox { seen, .. }) => (seen.uid_next, seen.messages),
        other => panic!("{other:?}"),
    };
    let (theirs, own) = (fixture.add("Theirs"), fixture.add("Own"));
    fixture.mirror(move |tx| tx.insert_new(theirs, &[message(1)]));
    fixture.insert(vec![message(2)]);
    let inbox = fixture.inbox;
    let place = fixture.read(move |view| view.places_shown_in(inbox))[0];
    let moved = fixture.act(move |tx| tx.act(&Action::Move { to: own }, &[place])).unwrap().operation;
    fixture.replay(move |tx| {
        let key = StepKey { operation: moved, place };
        tx.begin(&[(key, Evidence::default())])?;
        tx.landed(place, own, None)?;
        tx.settle(&[(key, Outcome::Done)])
    });
    for (mailbox, known) in [(theirs, None), (own, Some(Uid::MIN))] {
        // As many as they put there, and maybe others.
        fixture.mirror(move |tx| tx.set_server_counts(mailbox, Some(1), None));
        let deleted = fixture.act(move |tx| tx.delete_mailbox(mailbox)).unwrap().operation;
        assert_eq!(seen(deleted), (known, Some(1)));
    }
}

#[test]
fn who_has_a_deletion_tried_again_that_only_waits_does_not_know_what_came_since() {
    let fixture = Fixture::new();
    let work = fixture.add("Work");
    let deleted = fixture.act(move |tx| tx.delete_mailbox(work)).unwrap().operation;
    fixture.mirror(move |tx| tx.set_server_counts(work, Some(7), None));
    fixture.settle(deleted, Outcome::Later(Reason::new("busy", "in use"), Timestamp(9)));
    fixture.act(move |tx| tx.retry(deleted)).unwrap();
    match fixture.read(|view| view.action(deleted)) {
        Some(Action::DeleteMailbox { seen, .. }) => assert_eq!(seen.messages, None, "it was out of sight"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_set_aside_again_is_news_to_who_wanted_its_mailbox_to_go() {
    let fixture = Fixture::new();
    fixture.insert(vec![message(1)]);
    let (place, inbox, work) = (PlaceId(1), fixture.inbox, fixture.add("Work"));
    let moved = fixture.act(move |tx| tx.act(&Action::Move { to: work }, &[place])).unwrap().operation;
    let set_aside = || {
        fixture.replay(move |tx| tx.settle(&[(StepKey { operation: moved, place }, refused())]));
        fixture.read(|view| view.set_aside_in(inbox))
    };
    assert_eq!(set_aside(), [(moved, place)]);
    let deleted = fixture.act(move |tx| tx.delete_mailbox(inbox)).unwrap().operation;
    let known = || match fixture.read(|view| view.action(deleted)) {
        Some(Action::DeleteMailbox { aside, .. }) => aside,
        other => panic!("{other:?}"),
    };
    assert_eq!(known(), [(moved, place)]);
    fixture.act(move |tx| tx.retry(moved)).unwrap();
    assert_eq!((known(), set_aside()), (Vec::new(), vec![(moved, place)]));
}

#[test]
fn an_append_to_a_mailbox_that_goes_waits_in_the_inbox_in_sight() {
    let fixture = Fixture::new();
    let (work, inbox) = (fixture.add("Work"), fixture.inbox);
    let body = wait(fixture.store.prepare_body(BodySource::Bytes(b"Subject: a\r\n\r\n".to_vec()))).unwrap();
    let appended = fixture.act(move |tx| tx.append(work, &message(2), body)).unwrap();
    assert_eq!(fixture.read(|view| view.places_shown_in(work)), appended.places);
    fixture.mirror(move |tx| tx.remove_mailbox(work));
    assert_eq!(fixture.read(|view| view.places_shown_in(inbox)), appended.places);
    let operation = appended.operation;
    assert_eq!(fixture.read(|view| view.operation(operation)).unwrap().state, StepState::Parked);
    assert_eq!(fixture.act(move |tx| tx.retry(operation)), Ok(1));
    assert!(wait(fixture.store.check()).unwrap().is_clean());
}

#[test]
fn what_was_to_go_to_a_mailbox_that_is_gone_is_set_aside() {
    let fixture = Fixture::new();
    let work = fixture.add("Work");
    fixture.insert(vec![message(1)]);
    let (place, inbox) = (PlaceId(1), fixture.inbox);
    let moved = fixture.act(move |tx| tx.act(&Action::Move { to: work }, &[place])).unwrap().operation;
    let subscribed = fixture.act(move |tx| tx.subscribe_mailbox(work, false)).unwrap().operation;
    fixture.mirror(move |tx| tx.remove_mailbox(work));
    let state = |id| fixture.read(|view| Ok(view.operation(id)?.unwrap().state));
    assert_eq!((state(moved), state(subscribed)), (StepState::Parked, StepState::Moot));
    let retried = fixture.act(move |tx| tx.retry(moved));
    assert_eq!(retried, Err(StoreError::NotFound("mailbox")), "it would be shown nowhere");
    assert_eq!(fixture.read(|view| view.places_shown_in(inbox)), [place]);
}

#[test]
fn what_was_taken_back_leaves_nothing_behind_and_ended_operations_go_after_thirty_days() {
    let fixture = Fixture::new();
    fixture.insert(vec![message(1)]);
    let made = fixture.create("Trips");
    let to = made.mailbox;
    let copied = fixture.act(move |tx| tx.act(&Action::Copy { to }, &[PlaceId(1)])).unwrap();
    let body = wait(fixture.store.prepare_body(BodySource::Bytes(b"Subject: a\r\n\r\n".to_vec()))).unwrap();
    let appended = fixture.act(move |tx| tx.append(to, &message(2), body)).unwrap();
    let now = Timestamp(1_700_000_000);
    assert!(!fixture.read(|view| view.has_garbage(now)));
    for operation in [copied.operation, appended.operation, made.operation] {
        fixture.act(move |tx| tx.cancel(operation)).unwrap();
    }
    assert!(fixture.read(|view| view.has_garbage(now)));
    fixture.mirror(move |tx| tx.collect_garbage(now));
    let places = [copied.places[0], appended.places[0]].map(|place| fixture.read(|view| view.message_of(place)));
    assert_eq!((places, fixture.read(|view| view.mailbox(to))), ([None, None], None));
    let account = fixture.account;
    assert_eq!(fixture.read(|view| view.operations(account, true)).len(), 3);
    // The text of the append is kept as long as any mail that lies nowhere.
    let kept = |view: &crate::store::Snapshot<'_>| view.body(crate::model::MessageId(2), "");
    assert!(fixture.read(kept).is_some());
    let later = Timestamp(now.0 + 31 * 24 * 3600);
    assert!(fixture.read(|view| view.has_garbage(later)));
    fixture.mirror(move |tx| tx.collect_garbage(later));
    assert_eq!((fixture.read(|view| view.operations(account, true)).len(), fixture.read(kept)), (0, None));
    assert!(!fixture.read(|view| view.has_garbage(later)));
    fixture.assert_counts();
}

#[test]
fn the_mailbox_of_a_role_is_the_one_that_is_to_be_made() {
    let fixture = Fixture::new();
    fixture.insert(vec![message(1)]);
    let account = fixture.account;
    let archive = NewMailbox { role: Some(MailboxRole::Archive), ..new("Archive") };
    let made = fixture.act(move |tx| tx.create_mailbox(account, &archive)).unwrap();
    let found = || fixture.read(|view| view.role_mailbox_of(PlaceId(1), MailboxRole::Archive));
    assert_eq!(found(), Some(made.mailbox));
    fixture.settle(made.operation, refused());
    assert_eq!(found(), None);
}
