#![allow(clippy::unwrap_used)]

use std::path::Path;

use super::*;
use crate::api::testing::opened;
use crate::model::Uid;
use crate::store::{BodySource, INLINE_LIMIT, MailboxNaming, NewMessage};

/// A store with one mail whose body is here and whose structure nobody told.
async fn holding(dir: &Path, raw: Vec<u8>) -> (Core, PlaceId) {
    let core = opened(dir).await;
    let account = core.store().config(|tx| tx.add_account("home", "ann@example.org", "{}")).await.unwrap();
    let body = core.store().prepare_body(BodySource::Bytes(raw)).await.unwrap();
    let stored = core.store().mirror(move |tx| {
        let naming = MailboxNaming { raw_name: "INBOX".into(), name: "INBOX".into(), ..Default::default() };
        let mailbox = tx.insert_mailbox(account, &naming)?;
        let uid = Uid::new(1).unwrap();
        tx.insert_new(mailbox, &[NewMessage::new(uid)])?;
        let place = tx.place_by_uid(mailbox, uid)?.unwrap();
        let message = tx.message(place)?.unwrap().row.message;
        tx.store_body(message, "", body)?;
        Ok(place)
    });
    let place = stored.await.unwrap();
    (core, place)
}

#[tokio::test]
async fn a_body_that_is_here_is_not_read_to_know_that_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let size = INLINE_LIMIT + 1;
    let (core, place) = holding(dir.path(), vec![b'x'; usize::try_from(size).unwrap()]).await;
    remove_files(&dir.path().join("blobs"));
    assert!(matches!(core.attachments(place).await, Err(CoreError::Storage { .. })), "they are read from the body");
    assert_eq!(core.fetch_body(place).await, Ok(()));
    assert_eq!(core.raw(place).await.unwrap().size(), size);
    core.close().await.unwrap();
}

#[tokio::test]
async fn attachments_of_a_mail_too_large_to_be_shown_are_listed_and_read() {
    let dir = tempfile::tempdir().unwrap();
    let head = b"Content-Type: multipart/mixed; boundary='B'\r\n\r\n--B\r\nContent-Type: image/png; name=a.png\r\n\
        Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 a.png\r\n#0V%T\r\nend\r\n--B\r\n\r\n";
    let raw = [&head[..], &vec![b'x'; usize::try_from(PARSED).unwrap()], b"\r\n--B--\r\n"].concat();
    let (core, place) = holding(dir.path(), raw).await;
    assert!(matches!(core.text(place).await, Err(CoreError::InvalidInput { .. })));
    let names: Vec<_> = core.attachments(place).await.unwrap().into_iter().map(|info| info.name).collect();
    assert_eq!(names, ["a.png"]);
    assert_eq!(core.part_content(place, "1").await.unwrap(), b"Cat");
    assert!(matches!(core.part_content(place, "7").await, Err(CoreError::NotFound { .. })));
    core.close().await.unwrap();
}

fn remove_files(dir: &Path) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { remove_files(&path) } else { std::fs::remove_file(path).unwrap() }
    }
}
