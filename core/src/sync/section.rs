//! One section of one message, fetched because somebody opened it: resumed at the byte where it stopped.

use bytes::Bytes;

use super::conductor::{ok, refused};
use super::keep::{self, Begun};
use super::talk::Talk;
use super::{Control, IncomingSpool, Stop, SyncError};
use crate::imap::command::{self, FetchItem, Section};
use crate::imap::{Session, Untagged};
use crate::model::{MessageId, PlaceId, Uid, UidSet};
use crate::store::{BodySource, IncomingFile, Store, StoreError};
use crate::wire::Literal;

/// Waits where the section is arriving in another session just now. Returns whether it is here.
///
/// # Errors
/// [`SyncError::Store`]; [`SyncError::Stopped`] where it was cancelled.
pub async fn await_section(
    store: &Store,
    control: &Control,
    message: MessageId,
    section: &str,
) -> Result<bool, SyncError> {
    tokio::select! {
        biased;
        () = control.cancelled() => Err(SyncError::Stopped(Stop::Cancelled)),
        here = keep::wait(store, message, section) => Ok(here?),
    }
}

/// Fetches a section, or the whole message where `section` is empty, and stores it.
///
/// # Errors
/// [`SyncError::Gone`] where the server has the message no more; what arrived before any error is kept.
pub async fn fetch_section(
    session: &mut Session,
    spool: &IncomingSpool,
    store: &Store,
    control: &Control,
    place: PlaceId,
    message: MessageId,
    section: &str,
) -> Result<(), SyncError> {
    let (mailbox, uid, size) = store
        .read(move |view| {
            let row = view.message(place)?.ok_or(StoreError::NotFound("message"))?.row;
            let mailbox = view.mailbox(row.mailbox)?.ok_or(StoreError::NotFound("mailbox"))?;
            Ok((mailbox, row.uid, row.size))
        })
        .await?;
    let uid = uid.ok_or(SyncError::Gone)?;
    let mut talk = Talk { session, control };
    let opened = talk.run(command::examine(&mailbox.naming.raw_name, None)?, |_| Ok(())).await;
    let (opened, validity) = opened?;
    if !ok(&opened) {
        return Err(refused("EXAMINE", &opened));
    }
    if validity.is_none() || validity != mailbox.state.uid_validity {
        return Err(SyncError::Gone);
    }
    let begun = tokio::select! {
        biased;
        () = control.cancelled() => return Err(SyncError::Stopped(Stop::Cancelled)),
        begun = keep::begin(store, message, section) => begun?,
    };
    let Begun::File(file) = begun else { return Ok(()) };
    let offset = file.offset();
    let partial = (offset > 0).then_some((offset, u64::from(u32::MAX)));
    let wanted = if section.is_empty() { Section::Whole } else { Section::Part(section.to_owned()) };
    let items = [FetchItem::Uid, FetchItem::BodyPeek { section: wanted, partial }];
    let only: UidSet = [uid].into_iter().collect();
    spool.expect(uid, file, size);
    let mut arrived = None;
    let outcome = talk
        .run(command::uid_fetch(&only, &items, None, false)?, |data| {
            if let Untagged::Fetch(fetch) = data
                && fetch.uid == Some(uid)
                && let Some(body) = fetch.bodies.into_iter().find_map(|body| body.data)
            {
                arrived = source(spool, uid, body)?;
            }
            Ok(())
        })
        .await;
    let failure = spool.failure();
    spool.reset();
    let (condition, _) = match (outcome, failure) {
        (Err(_), Some(full)) => return Err(full.into()),
        (outcome, _) => outcome?,
    };
    match arrived {
        Some(source) => keep::section(store, message, section, source).await?,
        None if ok(&condition) => return Err(SyncError::Gone),
        None => return Err(refused("UID FETCH", &condition)),
    }
    Ok(())
}

fn source(spool: &IncomingSpool, uid: Uid, body: Literal) -> Result<Option<BodySource>, SyncError> {
    Ok(match body {
        Literal::Spooled { token, .. } => spool.take(token).map(BodySource::Incoming),
        Literal::Memory(bytes) => {
            let Some(file) = spool.take_expected(uid) else { return Ok(None) };
            Some(appended(file, bytes)?)
        }
    })
}

fn appended(mut file: IncomingFile, bytes: Bytes) -> Result<BodySource, StoreError> {
    if file.offset() == 0 {
        return Ok(BodySource::Bytes(bytes.into()));
    }
    file.append(&bytes)?;
    Ok(BodySource::Incoming(file))
}
