//! Marks between what arrived in one run and in the next: what arrives may come from a place that is seen to be gone later.

use crate::model::{AccountId, PlaceId};
use crate::store::{Store, StoreError};

/// Marks what is here before a run.
pub(super) async fn begin(store: &Store, account: AccountId) -> Result<PlaceId, StoreError> {
    let (newest, unmarked) = store.read(move |view| Ok((view.newest_place()?, view.unmarked(account)?))).await?;
    if let Some(newest) = unmarked {
        store.mirror(move |tx| tx.mark_sync(account, newest)).await?;
    }
    Ok(newest)
}

/// Forgets older marks after a run that began with this one and looked at every mailbox. Not while one is hidden: what was
/// moved out of it is seen to be gone when it is dropped.
pub(super) async fn complete(store: &Store, account: AccountId, mark: PlaceId) -> Result<(), StoreError> {
    let due = store
        .read(move |view| {
            let all_looked_at = || view.mailboxes(account).map(|all| all.iter().all(|one| one.missing_since.is_none()));
            Ok(view.has_marks_below(account, mark)? && all_looked_at()?)
        })
        .await?;
    if due {
        store.mirror(move |tx| tx.forget_marks_below(account, mark)).await?;
    }
    Ok(())
}
