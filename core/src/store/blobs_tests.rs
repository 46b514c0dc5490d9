#![allow(clippy::unwrap_used, clippy::expect_used)]

use crate::model::MessageId;
use crate::store::disk::probe;
use crate::store::testing::{Fixture, message, uids, wait};
use crate::store::{Body, BodySelection, BodySource, BodyState, INLINE_LIMIT, StoreError};

fn with_mails(count: u32) -> (Fixture, Vec<MessageId>) {
    let fixture = Fixture::new();
    fixture.insert((1..=count).map(message).collect());
    let mut page = fixture.read(|s| s.page(fixture.inbox, Default::default(), None, count));
    page.reverse();
    let ids = page.iter().map(|row| row.message).collect();
    (fixture, ids)
}

fn store(fixture: &Fixture, id: MessageId, section: &'static str, bytes: Vec<u8>) {
    let body = wait(fixture.store.prepare_body(BodySource::Bytes(bytes))).unwrap();
    fixture.mirror(move |tx| tx.store_body(id, section, body));
}

fn files(fixture: &Fixture, folder: &str) -> usize {
    std::fs::read_dir(fixture.dir.path().join(folder)).unwrap().count()
}

#[test]
fn bodies_up_to_the_limit_lie_in_the_database_and_larger_ones_in_files() {
    let (fixture, ids) = with_mails(2);
    store(&fixture, ids[0], "", vec![b'a'; INLINE_LIMIT as usize]);
    assert_eq!(files(&fixture, "blobs"), 0);
    store(&fixture, ids[1], "", vec![b'b'; INLINE_LIMIT as usize + 1]);
    assert_eq!(files(&fixture, "blobs"), 1);
    let large = fixture.read(|s| s.body(ids[1], "")).unwrap();
    assert!(matches!(&large, Body::File { size, .. } if *size == INLINE_LIMIT + 1));
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut large.open().unwrap(), &mut bytes).unwrap();
    assert_eq!(bytes, large.into_bytes().unwrap());
    assert_eq!(fixture.read(|s| s.body(ids[1], "1")), None);
}

#[test]
fn case_149_equal_bytes_are_stored_once_and_kept_while_one_mail_names_them() {
    let (fixture, ids) = with_mails(2);
    let inbox = fixture.inbox;
    let bytes = vec![7; 100_000];
    let far = crate::model::Timestamp(i64::MAX / 2);
    store(&fixture, ids[0], "", bytes.clone());
    store(&fixture, ids[1], "2", bytes.clone());
    assert_eq!(files(&fixture, "blobs"), 1);
    fixture.mirror(move |tx| tx.remove_uids(inbox, &uids(&[1])));
    fixture.mirror(move |tx| tx.collect_garbage(far));
    assert_eq!(fixture.read(|s| s.body(ids[1], "2")).unwrap().into_bytes().unwrap(), bytes);
    fixture.mirror(move |tx| tx.remove_uids(inbox, &uids(&[2])));
    fixture.mirror(move |tx| tx.collect_garbage(far));
    assert_eq!(files(&fixture, "blobs"), 0);
}

#[test]
fn case_149_a_row_that_failed_leaves_only_a_stray_file() {
    let (fixture, ids) = with_mails(1);
    let id = ids[0];
    let body = wait(fixture.store.prepare_body(BodySource::Bytes(vec![7; 100_000]))).unwrap();
    let failed = wait(fixture.store.mirror(move |tx| -> Result<(), StoreError> {
        tx.store_body(id, "", body)?;
        Err(StoreError::NotFound("reason"))
    }));
    assert!(failed.is_err());
    assert_eq!(fixture.read(|s| s.body(id, "")), None);
    assert_eq!(wait(fixture.store.check()).unwrap().stray_files, 1);
    assert!(wait(fixture.store.repair()).unwrap().is_clean());
    assert_eq!(files(&fixture, "blobs"), 0);
}

#[test]
fn case_149_bytes_that_are_dropped_and_brought_back_in_one_commit_keep_their_file() {
    let (fixture, ids) = with_mails(2);
    let (inbox, second) = (fixture.inbox, ids[1]);
    let far = crate::model::Timestamp(i64::MAX / 2);
    let bytes = vec![7; 100_000];
    store(&fixture, ids[0], "", bytes.clone());
    let again = wait(fixture.store.prepare_body(BodySource::Bytes(bytes.clone()))).unwrap();
    let answers = fixture.in_one_commit([
        Box::new(move |tx| {
            tx.remove_uids(inbox, &uids(&[1]))?;
            tx.collect_garbage(far).map(|report| assert_eq!(report.files, 1))
        }),
        Box::new(move |tx| tx.store_body(second, "", again)),
    ]);
    assert_eq!(answers, [Ok(()), Ok(())]);
    assert_eq!(fixture.read(|s| s.body(second, "")).unwrap().into_bytes().unwrap(), bytes);

    let again = wait(fixture.store.prepare_body(BodySource::Bytes(bytes.clone()))).unwrap();
    fixture.mirror(move |tx| {
        tx.conn().execute("DELETE FROM parts", [])?;
        tx.collect_garbage(far)?;
        tx.store_body(second, "", again)
    });
    assert_eq!(fixture.read(|s| s.body(second, "")).unwrap().into_bytes().unwrap(), bytes);
    assert!(wait(fixture.store.check()).unwrap().is_clean());
}

#[test]
fn case_149_the_same_bytes_prepared_twice_at_once_do_not_share_a_file() {
    let (fixture, ids) = with_mails(2);
    let bytes = vec![7; 100_000];
    let prepare = || wait(fixture.store.prepare_body(BodySource::Bytes(bytes.clone()))).unwrap();
    let (one, other) = (prepare(), prepare());
    assert_eq!(files(&fixture, "blobs"), 2);
    let (first, second) = (ids[0], ids[1]);
    fixture.mirror(move |tx| tx.store_body(first, "", one));
    fixture.mirror(move |tx| tx.store_body(second, "", other));
    assert_eq!(files(&fixture, "blobs"), 1);
    assert!(wait(fixture.store.check()).unwrap().is_clean());
}

#[test]
fn a_body_is_on_disk_under_its_name_before_the_commit_of_the_row_that_names_it() {
    let (fixture, ids) = with_mails(2);
    fixture.with_writer(|conn| {
        let hook: fn() -> bool = || {
            probe::note("commit");
            false
        };
        conn.commit_hook(Some(hook)).unwrap();
    });
    probe::reset(None);
    store(&fixture, ids[0], "", vec![7; 100_000]);
    let expected = ["create new", "write new", "sync new", "rename hash", "sync folder blobs", "commit"];
    assert_eq!(probe::steps(), expected);

    let id = ids[1];
    let begun = fixture.mirror(move |tx| tx.begin_incoming(id, ""));
    probe::reset(None);
    let mut file = fixture.store.incoming_file(begun).unwrap().unwrap();
    file.append(&[8; 100_000]).unwrap();
    let body = wait(fixture.store.prepare_body(BodySource::Incoming(file))).unwrap();
    fixture.mirror(move |tx| tx.store_body(id, "", body));
    let incoming = begun.id;
    let expected =
        [format!("append {incoming}"), format!("sync {incoming}"), "rename hash".into(), "sync folder blobs".into()];
    assert_eq!(probe::steps(), [&expected[..], &["commit".to_owned()]].concat());
}

#[test]
fn case_135_a_body_whose_file_fails_at_any_step_is_refused_and_can_be_stored_again() {
    for kind in [std::io::ErrorKind::StorageFull, std::io::ErrorKind::Other] {
        for good in 0..5 {
            let (fixture, ids) = with_mails(1);
            let id = ids[0];
            let try_it = || {
                let body = wait(fixture.store.prepare_body(BodySource::Bytes(vec![7; 100_000])))?;
                wait(fixture.store.mirror(move |tx| tx.store_body(id, "", body)))
            };
            probe::reset(Some((good, kind)));
            let expected = if kind == std::io::ErrorKind::Other { StoreError::Io(kind) } else { StoreError::Full };
            assert_eq!(try_it(), Err(expected), "after {good} steps");
            assert_eq!(fixture.read(|s| s.body(id, "")), None, "after {good} steps");
            assert_eq!(fixture.read(|s| s.body_wanted(fixture.inbox, &Default::default(), None, 9)).len(), 1);
            assert_eq!(try_it(), Ok(()), "after {good} steps");
            let fixture = fixture.reopen();
            assert_eq!(fixture.read(|s| s.body(id, "")).unwrap().into_bytes().unwrap(), [7; 100_000]);
            assert!(wait(fixture.store.repair()).unwrap().is_clean());
        }
    }
}

#[test]
fn hard_problem_18_a_cut_download_goes_on_at_the_byte_where_it_stopped() {
    let (fixture, ids) = with_mails(1);
    let id = ids[0];
    let content: Vec<u8> = (0..200_000_u32).map(|n| n as u8).collect();
    let begun = fixture.mirror(move |tx| tx.begin_incoming(id, "2"));
    assert_eq!(begun.offset, 0);
    fixture.store.incoming_file(begun).unwrap().unwrap().append(&content[..70_001]).unwrap();

    let fixture = fixture.reopen();
    let begun = fixture.mirror(move |tx| tx.begin_incoming(id, "2"));
    assert_eq!(begun.offset, 70_001);
    assert_eq!(fixture.read(|s| s.incoming(id, "2")), Some(begun));
    let mut file = fixture.store.incoming_file(begun).unwrap().unwrap();
    file.append(&content[70_001..]).unwrap();
    assert_eq!(file.offset(), 200_000);
    let body = wait(fixture.store.prepare_body(BodySource::Incoming(file))).unwrap();
    fixture.mirror(move |tx| tx.store_body(id, "2", body));
    assert_eq!(fixture.read(|s| s.body(id, "2")).unwrap().into_bytes().unwrap(), content);
    assert_eq!(fixture.read(|s| s.sections(id)), ["2"]);
    assert_eq!((files(&fixture, "incoming"), files(&fixture, "blobs")), (0, 1));
    assert_eq!(fixture.read(|s| s.incoming(id, "2")), None);
    assert!(wait(fixture.store.check()).unwrap().is_clean());
}

#[test]
fn a_short_download_ends_in_the_database_and_a_given_up_one_nowhere() {
    let (fixture, ids) = with_mails(1);
    let id = ids[0];
    let begun = fixture.mirror(move |tx| tx.begin_incoming(id, ""));
    let mut file = fixture.store.incoming_file(begun).unwrap().unwrap();
    file.append(b"wrong").unwrap();
    file.restart().unwrap();
    file.append(b"short").unwrap();
    let body = wait(fixture.store.prepare_body(BodySource::Incoming(file))).unwrap();
    fixture.mirror(move |tx| tx.store_body(id, "", body));
    assert_eq!(fixture.read(|s| s.body(id, "")), Some(Body::Bytes(b"short".to_vec())));

    let begun = fixture.mirror(move |tx| tx.begin_incoming(id, "3"));
    fixture.store.incoming_file(begun).unwrap().unwrap().append(b"x").unwrap();
    fixture.mirror(move |tx| tx.drop_incoming(id, "3"));
    assert_eq!((files(&fixture, "incoming"), files(&fixture, "blobs")), (0, 0));
}

#[test]
fn a_leftover_file_of_an_id_that_a_power_cut_took_back_is_not_continued() {
    let (fixture, ids) = with_mails(1);
    std::fs::write(fixture.dir.path().join("incoming").join("1"), b"of another mail").unwrap();
    let begun = fixture.mirror(move |tx| tx.begin_incoming(ids[0], ""));
    assert_eq!((begun.id, begun.offset), (1, 0));
    assert_eq!(fixture.store.incoming_file(begun).unwrap().unwrap().offset(), 0);
}

#[test]
fn bodies_are_wanted_newest_first_within_the_policy_until_they_are_here() {
    let (fixture, ids) = with_mails(6);
    let inbox = fixture.inbox;
    store(&fixture, ids[4], "", b"raw".to_vec());
    store(&fixture, ids[3], "1", b"text".to_vec());
    let wanted = |policy: BodySelection, after, limit| fixture.read(|s| s.body_wanted(inbox, &policy, after, limit));
    let list = wanted(BodySelection::default(), None, 3);
    assert_eq!(list.iter().map(|w| w.uid.get()).collect::<Vec<_>>(), [6, 4, 3]);
    assert_eq!(list[1].state, BodyState::Partial);
    let rest = wanted(BodySelection::default(), Some(list[2].cursor), 9);
    assert_eq!(rest.iter().map(|w| w.uid.get()).collect::<Vec<_>>(), [2, 1]);
    let policy = BodySelection { since: Some(crate::model::Timestamp(1_000_002)), max_size: Some(1003) };
    assert_eq!(wanted(policy, None, 9).iter().map(|w| w.uid.get()).collect::<Vec<_>>(), [3, 2]);
}

#[test]
fn a_body_for_a_mail_that_is_gone_is_refused() {
    let (fixture, _) = with_mails(1);
    let body = wait(fixture.store.prepare_body(BodySource::Bytes(b"x".to_vec()))).unwrap();
    let gone = MessageId(999);
    assert_eq!(
        wait(fixture.store.mirror(move |tx| tx.store_body(gone, "", body))),
        Err(StoreError::NotFound("message"))
    );
    let begun = wait(fixture.store.mirror(move |tx| tx.begin_incoming(gone, "")));
    assert_eq!(begun, Err(StoreError::NotFound("message")));
}
