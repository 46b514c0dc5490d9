//! A mail of the person's own is in its mailbox at once, and once on the server, whatever happens on the way.
#![allow(clippy::unwrap_used)]

use postrider::api::{CoreError, Direction, FlagChange, MailSource, OperationState, Timestamp};
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_tests::desk::Desk;
use postrider_tests::kinds::profiles;

fn letter(number: u64, filler: usize) -> Vec<u8> {
    let text = "It rained all day, and nobody came. ".repeat(filler);
    format!(
        "From: Mara <mara@postrider.example>\nTo: Ann <ann@example.org>\nSubject: Draft {number}\n\
         Date: Tue, 24 Nov 2026 11:00:00 +0000\nMessage-ID: <own{number}@postrider.example>\n\nZanzibar. {text}\n"
    )
    .into_bytes()
}

fn bytes(bytes: Vec<u8>) -> MailSource {
    MailSource::Bytes { bytes }
}

#[tokio::test]
async fn an_appended_mail_is_there_at_once_and_reaches_the_server() {
    for (name, profile) in profiles() {
        let desk = Desk::with(profile, 1, &["Work"]).await;
        let (core, work) = (desk.core(), desk.mailbox("Work").await.id);
        let flags = vec!["seen".to_owned(), "flagged".to_owned()];
        let date = Some(Timestamp(1_700_000_000));
        let small = core.append(work, bytes(letter(1, 1)), flags, date).await.unwrap().ids[0];
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), letter(2, 4000)).unwrap();
        let from_file = MailSource::File { path: file.path().to_owned() };
        let large = core.append(work, from_file, Vec::new(), None).await.unwrap().ids[0];
        core.finish_indexing().await.unwrap();
        for when in ["before", "after"] {
            let rows = desk.list(work).await;
            let shown = rows.iter().find(|row| row.id == small).unwrap();
            assert_eq!((shown.subject.as_str(), shown.flags.len()), ("Draft 1", 2), "{name} {when}");
            assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [large, small], "{name} {when}");
            let mut found: Vec<_> =
                core.search("zanzibar", None, 9).await.unwrap().into_iter().map(|row| row.id).collect();
            found.sort();
            assert_eq!(found, [small, large], "{name} {when}");
            desk.settles(&name).await;
            desk.all_done(&name).await;
        }
        let raw = desk.scene.raw("Work");
        let snapshot = desk.scene.server.world().snapshot();
        let held = &snapshot.accounts[postrider_tests::phone::USER].mailboxes[raw.as_bytes()].messages;
        let sizes: Vec<u64> = held.values().map(|message| message.size).collect();
        let sent =
            |number, filler| String::from_utf8(letter(number, filler)).unwrap().replace('\n', "\r\n").len() as u64;
        assert_eq!(sizes, [sent(1, 1), sent(2, 4000)], "{name}");
    }
}

#[tokio::test]
async fn what_is_no_mail_is_refused_at_once() {
    let desk = Desk::with(Profile::preset("dovecot").unwrap(), 0, &["Work"]).await;
    let work = desk.mailbox("Work").await.id;
    for source in [bytes(Vec::new()), bytes(b"a\0b".to_vec()), MailSource::File { path: "/nonexistent/x".into() }] {
        let refused = desk.core().append(work, source, Vec::new(), None).await;
        assert!(matches!(refused, Err(CoreError::InvalidInput { .. })), "{refused:?}");
    }
    let nowhere = desk.core().append(postrider::api::MailboxId(99), bytes(letter(1, 1)), Vec::new(), None).await;
    assert!(matches!(nowhere, Err(CoreError::NotFound { .. })));
    assert_eq!(desk.story().await, []);
}

#[tokio::test]
async fn an_append_that_is_refused_is_told_and_can_be_tried_again_or_taken_back() {
    for filler in [1, 4000] {
        let desk = Desk::with(Profile::preset("bare").unwrap(), 0, &["Work"]).await;
        let (core, work) = (desk.core(), desk.mailbox("Work").await.id);
        desk.scene.server.script().add(Rule::always("APPEND", Act::Refuse("NO [OVERQUOTA] full".to_owned())));
        let kept = core.append(work, bytes(letter(1, filler)), Vec::new(), None).await.unwrap();
        let given_up = core.append(work, bytes(letter(2, filler)), Vec::new(), None).await.unwrap();
        desk.sync(Direction::Both).await;
        // They stay where the person put them: nobody else has them.
        let mut shown = desk.ids("Work").await;
        shown.sort();
        assert_eq!(shown, [kept.ids[0], given_up.ids[0]]);
        for operation in [kept.operation, given_up.operation] {
            let one = desk.operation(operation).await;
            assert_eq!((one.state, one.reason_code.as_deref()), (OperationState::Parked, Some("over_quota")));
        }
        desk.scene.server.script().clear();
        core.retry_operation(kept.operation).await.unwrap();
        core.cancel_operation(given_up.operation).await.unwrap();
        desk.settles("tried again").await;
        assert_eq!(desk.ids("Work").await, kept.ids);
        assert_eq!(desk.on_server()["Work"], 1);
    }
}

#[tokio::test]
async fn what_was_to_be_done_to_a_mail_ends_when_its_append_is_taken_back() {
    let desk = Desk::with(Profile::preset("dovecot").unwrap(), 1, &["Work"]).await;
    let (core, inbox, work) = (desk.core(), desk.mailbox("INBOX").await.id, desk.mailbox("Work").await.id);
    let own = core.append(work, bytes(letter(1, 1)), Vec::new(), None).await.unwrap();
    let flagged = FlagChange { add: vec!["flagged".to_owned()], remove: Vec::new() };
    let flag = core.flag(own.ids.clone(), flagged).await.unwrap().operation;
    let copy = core.copy_to(own.ids, inbox).await.unwrap();
    let moved = core.move_to(copy.ids, work).await.unwrap().operation;
    core.cancel_operation(own.operation).await.unwrap();
    for operation in [own.operation, flag, copy.operation, moved] {
        assert_eq!(desk.operation(operation).await.state, OperationState::Cancelled);
    }
    desk.settles("taken back").await;
    assert_eq!((desk.ids("Work").await, desk.on_server()["Work"]), (Vec::new(), 0));
    assert!(core.check(false).await.unwrap().problems.is_empty());
}

/// What the server does not say, so that only looking tells.
fn kinds() -> Vec<(String, Profile)> {
    let preset = |name| Profile::preset(name).unwrap();
    vec![
        ("dovecot".to_owned(), preset("dovecot")),
        ("dovecot without UIDPLUS".to_owned(), preset("dovecot").without(Extension::UidPlus)),
        ("bare".to_owned(), preset("bare")),
        ("cyrus".to_owned(), preset("cyrus")),
        ("courier".to_owned(), preset("courier")),
    ]
}

/// Appends a mail per cut, each one cut some bytes later than the one before, until nothing is cut any more.
async fn cut_on(profile: &Profile, name: &str, step: u64, first: u64, received: bool) -> u64 {
    let (mut number, mut after) = (0, first);
    let mut desk = Desk::with(profile.clone(), 0, &["Work"]).await;
    loop {
        if number % 60 == 59 {
            desk = Desk::with(profile.clone(), 0, &["Work"]).await;
        }
        // Searching is of no use on a server that indexes late.
        let deaf = |lines: Vec<Vec<u8>>| {
            lines.into_iter().filter(|line| !line.starts_with(b"* SEARCH") && !line.starts_with(b"* ESEARCH")).collect()
        };
        desk.scene.server.script().clear();
        desk.scene.server.script().add(Rule::always("UID SEARCH", Act::Rewrite(std::sync::Arc::new(deaf))));
        let work = desk.mailbox("Work").await;
        let held = work.total;
        let filler = if number % 2 == 0 { 1 } else { 200 };
        let own = desk.core().append(work.id, bytes(letter(number, filler)), Vec::new(), None).await.unwrap().ids[0];
        let (down, up) = if received { (after, u64::MAX) } else { (u64::MAX, after) };
        desk.scene.allowed.set(down, up);
        let cut = desk.scene.phone.sync().await.is_err();
        desk.scene.allowed.set(u64::MAX, u64::MAX);
        let when = format!("{name}, cut after {after} bytes {}", if received { "received" } else { "sent" });
        assert!(desk.ids("Work").await.contains(&own), "{when}");
        desk.settles(&when).await;
        desk.all_done(&when).await;
        assert!(desk.ids("Work").await.contains(&own), "{when}");
        assert_eq!(desk.on_server()[&desk.scene.raw("Work")] as u64, held + 1, "{when}");
        if !cut {
            return number;
        }
        (number, after) = (number + 1, after + step);
    }
}

#[tokio::test]
async fn an_append_cut_anywhere_leaves_one_copy_on_the_server() {
    let step: u64 = std::env::var("POSTRIDER_CUT_STEP").ok().and_then(|step| step.parse().ok()).unwrap_or(89);
    let mut cuts = 0;
    for (index, (name, profile)) in kinds().into_iter().enumerate() {
        for received in [true, false] {
            cuts += cut_on(&profile, &name, step, 1 + (17 * index as u64) % step, received).await;
        }
    }
    assert!(cuts > 100, "only {cuts} cuts");
}

#[tokio::test]
async fn hard_problem_05_fifty_cuts_in_a_row_leave_one_copy_though_searching_is_useless() {
    for (name, profile) in kinds() {
        let desk = Desk::with(profile, 0, &["Work"]).await;
        let work = desk.mailbox("Work").await.id;
        let own = desk.core().append(work, bytes(letter(1, 100)), Vec::new(), None).await.unwrap().ids[0];
        for number in 0..50 {
            // First it is done, and its answer lost; then each look for it is cut, in one place or another, however often it
            // is tried.
            let script = desk.scene.server.script();
            script.clear();
            script.add(Rule::always("UID SEARCH", Act::Omit("SEARCH ".to_owned())));
            match number {
                0 => {
                    script.add(Rule::once("APPEND", Act::CutAfter));
                    script.add(Rule::always("EXAMINE", Act::Cut));
                }
                _ if number % 2 == 0 => script.add(Rule::always("EXAMINE", Act::Cut)),
                _ if number % 3 == 0 => script.add(Rule::always("UID FETCH", Act::CutAfter)),
                _ => script.add(Rule::always("UID FETCH", Act::Cut)),
            }
            assert!(desk.scene.phone.sync().await.is_err(), "{name}: number {number} was not cut");
            assert_eq!(desk.ids("Work").await, [own], "{name}, cut {number}");
            assert_eq!(desk.on_server()[&desk.scene.raw("Work")], 1, "{name}, cut {number}");
        }
        desk.scene.server.script().clear();
        desk.settles(&name).await;
        desk.all_done(&name).await;
        assert_eq!((desk.ids("Work").await, desk.on_server()[&desk.scene.raw("Work")]), (vec![own], 1), "{name}");
    }
}
