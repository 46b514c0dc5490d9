//! The columns of a mailbox in which the journal says how it is shown: always what the operations on mailboxes add up to.

use std::collections::BTreeSet;

use rusqlite::{Connection, params};

use super::halves::show_originals_of;
use super::labels::with_siblings;
use super::overlay::with_copies;
use super::settle::{places_changed, to_json, update_operations};
use crate::journal::{Action, Reason, ShownMailbox, StepState, show_mailboxes};
use crate::model::{AccountId, MailboxId, OperationId, PlaceId};
use crate::store::StoreError;
use crate::store::tx::WriteTx;

/// A mailbox before and after the journal.
struct Row {
    mirror: ShownMailbox,
    provisional: bool,
    /// The columns as they are.
    columns: Columns,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Columns {
    raw: Option<Vec<u8>>,
    name: Option<String>,
    subscribed: Option<bool>,
    removed: bool,
}

/// Mailboxes of the mirror have changed: where the user wants anything of mailboxes, it may show in others now.
pub(in crate::store) fn mailboxes_changed(tx: &mut WriteTx<'_>, account: AccountId) -> Result<(), StoreError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM operations WHERE account = ?1 AND state < 7
               AND kind >= 'mailbox_' AND kind < 'mailbox`')";
    let any: bool = tx.conn().prepare_cached(sql)?.query_row([account.0], |row| row.get(0))?;
    if any { refresh_mailboxes(tx, account) } else { Ok(()) }
}

/// Writes anew how the mailboxes of an account are shown, after the operations on them changed. What depends on one that will
/// not be made is set aside.
pub(super) fn refresh_mailboxes(tx: &mut WriteTx<'_>, account: AccountId) -> Result<(), StoreError> {
    let actions = pending(tx.conn(), account)?;
    let rows = rows(tx.conn(), account)?;
    let mut shown: Vec<ShownMailbox> = rows.iter().map(|row| row.mirror.clone()).collect();
    show_mailboxes(&mut shown, &actions);
    let sql =
        "UPDATE mailboxes SET wanted_raw = ?2, wanted_name = ?3, wanted_subscribed = ?4, removed = ?5 WHERE id = ?1";
    for (row, shown) in rows.iter().zip(&shown) {
        let mirror = &row.mirror;
        let wanted = Columns {
            raw: (shown.raw != mirror.raw).then(|| shown.raw.clone()),
            name: (shown.name != mirror.name).then(|| shown.name.clone()),
            subscribed: (shown.subscribed != mirror.subscribed).then_some(shown.subscribed),
            removed: shown.removed,
        };
        if wanted != row.columns {
            let id = mirror.mailbox;
            let mut statement = tx.conn().prepare_cached(sql)?;
            statement.execute(params![id.0, wanted.raw, wanted.name, wanted.subscribed, wanted.removed])?;
            tx.change().mailboxes.insert(id);
            tx.change().accounts.insert(account);
        }
    }
    let made = |id: MailboxId| {
        actions.iter().any(|action| matches!(action, Action::CreateMailbox { mailbox, .. } if *mailbox == id))
    };
    for row in rows.iter().filter(|row| row.provisional && !made(row.mirror.mailbox)) {
        set_dependants_aside(tx, row.mirror.mailbox)?;
    }
    Ok(())
}

/// The mailbox that the user wants made under a raw name, and that is not on the server yet.
pub(in crate::store) fn wanted_mailbox(
    conn: &Connection,
    account: AccountId,
    raw: &[u8],
) -> Result<Option<MailboxId>, StoreError> {
    let sql = "SELECT o.action FROM operations o JOIN mailboxes b ON b.id = o.mailbox
               WHERE o.account = ?1 AND o.state < 7 AND o.kind >= 'mailbox_' AND o.kind < 'mailbox`'
               AND o.kind = 'mailbox_create' AND b.provisional ORDER BY o.id";
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query([account.0])?;
    while let Some(row) = rows.next()? {
        match serde_json::from_str(&row.get::<_, String>(0)?) {
            Ok(Action::CreateMailbox { mailbox, raw: wanted, .. }) if wanted == raw => return Ok(Some(mailbox)),
            _ => {}
        }
    }
    Ok(None)
}

/// A mailbox is not there any more: nothing can go to it, and nothing of it is left to be done.
pub(in crate::store) fn mailbox_gone(tx: &mut WriteTx<'_>, id: MailboxId) -> Result<(), StoreError> {
    let moot = to_json(&Reason::new("gone", "the mailbox is not on the server any more"))?;
    let about = "o.kind >= 'mailbox_' AND o.kind < 'mailbox`'";
    // Of what was set aside, too: it cannot be tried again.
    end_waiting(tx, id, ("0, 4, 5, 6", about), StepState::Moot, &moot)?;
    set_dependants_aside(tx, id)
}

fn set_dependants_aside(tx: &mut WriteTx<'_>, id: MailboxId) -> Result<(), StoreError> {
    // Where an append was not answered, and its mailbox has a name by which it is not known any more, the mail may be there.
    let unsure = to_json(&Reason::new("unsure", "its mailbox is gone, and whether it was stored there was not heard"))?;
    let sql = "UPDATE steps SET state = ?2, reason = ?3 WHERE state IN (1, 2, 3) AND operation IN
               (SELECT id FROM operations WHERE state < 7 AND mailbox = ?1 AND kind = 'append') RETURNING operation";
    let mut statement = tx.conn().prepare_cached(sql)?;
    let rows =
        statement.query_map(params![id.0, StepState::NeedsUser as u8, unsure], |row| row.get(0).map(OperationId))?;
    let appends: BTreeSet<OperationId> = rows.collect::<Result<_, _>>()?;
    drop(statement);
    update_operations(tx, appends)?;
    end_waiting(tx, id, ("0, 4", "o.kind <> 'mailbox_create'"), StepState::Parked, &to_json(&Reason::no_mailbox())?)?;
    appends_go_to_inbox(tx, id)
}

/// Mail of the user's own that was to be stored in a mailbox that is not there stays in sight: it waits in the inbox.
fn appends_go_to_inbox(tx: &mut WriteTx<'_>, id: MailboxId) -> Result<(), StoreError> {
    let sql = "SELECT o.id, o.action, s.place, b.id FROM operations o JOIN steps s ON s.operation = o.id
               JOIN mailboxes b ON b.account = o.account AND b.role = 'inbox' AND b.id <> ?1
               WHERE o.state < 7 AND o.mailbox = ?1 AND o.kind = 'append' AND s.state IN (0, 4, 5, 6)";
    let mut statement = tx.conn().prepare_cached(sql)?;
    let rows = statement.query_map([id.0], |row| {
        let action = row.get_ref(1)?.as_bytes().ok().and_then(|json| serde_json::from_slice(json).ok());
        Ok((row.get::<_, i64>(0)?, action, PlaceId(row.get(2)?), MailboxId(row.get(3)?)))
    })?;
    let appends: Vec<(i64, Option<Action>, PlaceId, MailboxId)> = rows.collect::<Result<_, _>>()?;
    drop(statement);
    for (operation, action, place, inbox) in appends {
        let Some(Action::Append { flags, date, .. }) = action else { continue };
        let action = to_json(&Action::Append { to: inbox, flags, date })?;
        let sql = "UPDATE operations SET mailbox = ?2, action = ?3 WHERE id = ?1";
        tx.conn().prepare_cached(sql)?.execute(params![operation, inbox.0, action])?;
        places_changed(tx, &BTreeSet::from([place]))?;
    }
    Ok(())
}

/// Steps of a mailbox that are in one of these states, and of such an operation, come to this state.
fn end_waiting(
    tx: &mut WriteTx<'_>,
    mailbox: MailboxId,
    (from, which): (&str, &str),
    state: StepState,
    reason: &str,
) -> Result<(), StoreError> {
    let sql = format!(
        "UPDATE steps SET state = ?2, reason = ?3, next_try = NULL WHERE state IN ({from}) AND operation IN (
           SELECT id FROM operations o WHERE o.state < 7 AND o.mailbox = ?1 AND {which})
         RETURNING operation, place, made"
    );
    let mut statement = tx.conn().prepare_cached(&sql)?;
    let rows = statement.query_map(params![mailbox.0, state as u8, reason], |row| {
        let made = row.get::<_, Option<i64>>(2)?.map(PlaceId);
        Ok((OperationId(row.get(0)?), PlaceId(row.get(1)?), made))
    })?;
    let ended: Vec<(OperationId, PlaceId, Option<PlaceId>)> = rows.collect::<Result<_, _>>()?;
    let places = ended.iter().flat_map(|(_, place, made)| [Some(*place), *made]).flatten();
    let places = with_siblings(tx.conn(), with_copies(tx.conn(), places.filter(|place| place.0 != 0).collect())?)?;
    places_changed(tx, &places)?;
    let operations: BTreeSet<OperationId> = ended.iter().map(|(operation, ..)| *operation).collect();
    for operation in &operations {
        show_originals_of(tx, *operation, state)?;
    }
    update_operations(tx, operations)?;
    Ok(())
}

/// What is asked of the account's mailboxes and shows, in order.
fn pending(conn: &Connection, account: AccountId) -> Result<Vec<Action>, StoreError> {
    let sql = "SELECT o.action FROM operations o JOIN steps s ON s.operation = o.id AND s.place = 0
               WHERE o.account = ?1 AND o.state < 7 AND o.kind >= 'mailbox_' AND o.kind < 'mailbox`' AND s.state < 5
               ORDER BY o.id";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([account.0], |row| Ok(row.get_ref(0)?.as_bytes().unwrap_or_default().to_vec()))?;
    let texts: Vec<Vec<u8>> = rows.collect::<Result<_, _>>()?;
    // What cannot be read shows nothing; replay sets it aside.
    Ok(texts.iter().filter_map(|text| serde_json::from_slice(text).ok()).collect())
}

fn rows(conn: &Connection, account: AccountId) -> Result<Vec<Row>, StoreError> {
    let sql =
        "SELECT id, raw_name, name, delimiter, subscribed, provisional, wanted_raw, wanted_name, wanted_subscribed,
               removed FROM mailboxes WHERE account = ?1";
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map([account.0], |row| {
        let provisional = row.get(5)?;
        Ok(Row {
            mirror: ShownMailbox {
                mailbox: MailboxId(row.get(0)?),
                raw: row.get(1)?,
                name: row.get(2)?,
                delimiter: row.get::<_, Option<String>>(3)?.and_then(|text| text.chars().next()),
                subscribed: row.get(4)?,
                removed: provisional,
            },
            provisional,
            columns: Columns { raw: row.get(6)?, name: row.get(7)?, subscribed: row.get(8)?, removed: row.get(9)? },
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
