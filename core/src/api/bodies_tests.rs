#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use super::*;
use crate::account::{CredentialError, SecretStore};
use crate::api::CoreOptions;
use crate::model::{Secret, Uid};
use crate::store::{BodySource, MailboxNaming, NewMessage};

struct NoSecret;

impl SecretStore for NoSecret {
    fn password(&self, _account: &str) -> Result<Secret, CredentialError> {
        Ok(Secret::new("none"))
    }
}

/// A store with one mail whose body is here and whose structure nobody told.
async fn holding(dir: &Path, raw: Vec<u8>) -> (Core, PlaceId) {
    let secrets = Arc::new(NoSecret);
    let options = CoreOptions { dir: dir.to_owned(), secrets, tokens: None, network: None, clock: None };
    let core = Core::open(options).await.unwrap();
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
    let size = usize::try_from(PARSED).unwrap() + 1;
    let (core, place) = holding(dir.path(), vec![b'x'; size]).await;
    assert!(matches!(core.attachments(place).await, Err(CoreError::InvalidInput { .. })), "too large to be read");
    assert_eq!(core.fetch_body(place).await, Ok(()));
    assert_eq!(core.raw(place).await.unwrap().size(), size as u64);
    core.close().await.unwrap();
}
