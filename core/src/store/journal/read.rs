//! The journal as it is read: by whoever shows it, and by replay.

use rusqlite::{OptionalExtension, Row};

use super::LABELLED;
use crate::journal::{
    Action, ActionKind, Evidence, Expunged, Location, MISSED, PendingStep, Reason, StepKey, StepState,
};
use crate::model::{AccountId, MailboxId, MailboxRole, MessageId, OperationId, PlaceId, Timestamp, Uid};
use crate::mutants::mutant;
use crate::store::{Snapshot, StoreError};

/// The mailbox in which the original of a move `s` lies still whose message was copied. Evidence may be damaged.
const ORIGINAL_IN: &str = "CASE WHEN o.kind = 'move' AND json_valid(s.evidence) AND instr(s.evidence, '\"copied\":{')
    THEN json_extract(s.evidence, '$.source.mailbox') END";

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// Whose it is.
    pub account: AccountId,
    /// Its kind in one word.
    pub kind: String,
    /// Where messages are to go, or which mailbox it is about.
    pub mailbox: Option<MailboxId>,
    /// What its steps add up to.
    pub state: StepState,
    /// When the user asked for it.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

/// One step of an operation, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepInfo {
    /// The message; `None` where it is about a mailbox.
    pub place: Option<PlaceId>,
    /// The message that a copy makes.
    pub made: Option<PlaceId>,
    /// How far it has come.
    pub state: StepState,
    /// How often it was refused for now, or broke the connection.
    pub attempts: u32,
    /// Why it is not done.
    pub reason: Option<Reason>,
}

/// A step that may have reached the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenStep {
    /// Which.
    pub key: StepKey,
    /// What was asked for.
    pub action: Action,
    /// How far it had come.
    pub state: StepState,
    /// How often it was refused for now.
    pub attempts: u32,
    /// In how many flights it was that ended with the connection.
    pub suspected: u32,
    /// How often it broke the connection, having gone out alone.
    pub breaks: u32,
    /// The message that a copy makes.
    pub made: Option<PlaceId>,
    /// What was so before it left.
    pub evidence: Option<Evidence>,
}

const COLUMNS: &str = "id, account, kind, mailbox, state, created, updated";

fn operation(row: &Row<'_>) -> rusqlite::Result<Operation> {
    Ok(Operation {
        id: OperationId(row.get(0)?),
        account: AccountId(row.get(1)?),
        kind: text(row, 2)?,
        mailbox: row.get::<_, Option<i64>>(3)?.map(MailboxId),
        state: state(row, 4)?,
        created: Timestamp(row.get(5)?),
        updated: Timestamp(row.get(6)?),
    })
}

fn state(row: &Row<'_>, index: usize) -> rusqlite::Result<StepState> {
    Ok(known_state(row.get(index)?).unwrap_or(StepState::Parked))
}

/// What is damaged says nothing, and hinders nothing else.
pub(super) fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<T>> {
    Ok(row.get_ref(index)?.as_bytes().ok().and_then(|bytes| serde_json::from_slice(bytes).ok()))
}

fn text(row: &Row<'_>, index: usize) -> rusqlite::Result<String> {
    Ok(row.get_ref(index)?.as_bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default())
}

/// No more than anything was ever tried.
pub(super) const MOST: i64 = 1_000_000;

fn count(row: &Row<'_>, index: usize) -> rusqlite::Result<u32> {
    Ok(u32::try_from(row.get::<_, i64>(index)?.clamp(0, MOST)).unwrap_or(0))
}

/// The state with this code, unless it is damaged.
pub(super) fn known_state(code: i64) -> Option<StepState> {
    u8::try_from(code).ok().and_then(StepState::from_code)
}

impl Snapshot<'_> {
    /// The operations of an account, oldest first: those not at their end, or all.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn operations(&self, account: AccountId, all: bool) -> Result<Vec<Operation>, StoreError> {
        let open = if all { "" } else { "AND state < 7" };
        let mut statement =
            self.prepare(&format!("SELECT {COLUMNS} FROM operations WHERE account = ?1 {open} ORDER BY id"))?;
        let rows = statement.query_map([account.0], operation)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One operation.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn operation(&self, id: OperationId) -> Result<Option<Operation>, StoreError> {
        let mut statement = self.prepare(&format!("SELECT {COLUMNS} FROM operations WHERE id = ?1"))?;
        Ok(statement.query_row([id.0], operation).optional()?)
    }

    /// What an operation asks for; `None` where it cannot be read.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn action(&self, id: OperationId) -> Result<Option<Action>, StoreError> {
        let mut statement = self.prepare("SELECT action FROM operations WHERE id = ?1")?;
        let found = statement.query_row([id.0], |row| json(row, 0)).optional()?;
        found.ok_or(StoreError::NotFound("operation"))
    }

    /// How many operations of an account are not at their end.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn open_operations(&self, account: AccountId) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM operations WHERE account = ?1 AND state < 7";
        let count: i64 = self.prepare(sql)?.query_row([account.0], |row| row.get(0))?;
        Ok(count.cast_unsigned())
    }

    /// The mailbox of a role in the account of a message; `None` where it has none.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such message.
    pub fn role_mailbox_of(&self, place: PlaceId, role: MailboxRole) -> Result<Option<MailboxId>, StoreError> {
        let message = self.message(place)?.ok_or(StoreError::NotFound("message"))?.row.message;
        let sql = "SELECT id FROM mailboxes WHERE role = ?2 AND missing_since IS NULL AND NOT removed AND selectable
                   AND account = (SELECT account FROM messages WHERE id = ?1) ORDER BY id LIMIT 1";
        let mut statement = self.prepare(sql)?;
        let found = statement.query_row(rusqlite::params![message.0, role.as_str()], |row| row.get(0).map(MailboxId));
        Ok(found.optional()?)
    }

    /// The mail of a place, shown or not.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn message_of(&self, place: PlaceId) -> Result<Option<MessageId>, StoreError> {
        let mut statement = self.prepare("SELECT message FROM places WHERE id = ?1")?;
        Ok(statement.query_row([place.0], |row| row.get(0).map(MessageId)).optional()?)
    }

    /// The mailbox where the server has a place, and its UID where that is known.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn mirror_location(&self, place: PlaceId) -> Result<Option<(MailboxId, Option<Uid>)>, StoreError> {
        let mut statement = self.prepare("SELECT mailbox, uid FROM places WHERE id = ?1 AND mailbox IS NOT NULL")?;
        let found = statement
            .query_row([place.0], |row| Ok((MailboxId(row.get(0)?), row.get::<_, Option<u32>>(1)?.and_then(Uid::new))));
        Ok(found.optional()?)
    }

    /// The steps of an operation.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn steps(&self, operation: OperationId) -> Result<Vec<StepInfo>, StoreError> {
        // Under the ids that their messages have now.
        let sql = "SELECT coalesce((SELECT a.place FROM place_aliases a WHERE a.alias = s.place), s.place) AS now, made, state,
                          min(attempts, 1000000) + min(breaks, 1000000), reason
                   FROM steps s WHERE operation = ?1 ORDER BY now";
        let mut statement = self.prepare(sql)?;
        let rows = statement.query_map([operation.0], |row| {
            Ok(StepInfo {
                place: Some(row.get(0)?).filter(|place| *place != 0).map(PlaceId),
                made: row.get::<_, Option<i64>>(1)?.map(PlaceId),
                state: state(row, 2)?,
                attempts: count(row, 3)?,
                reason: json(row, 4)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The kinds of the operations that are not at their end and touch a message, oldest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn pending_kinds(&self, place: PlaceId) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT o.kind FROM operations o JOIN (
                     SELECT operation FROM steps WHERE place = ?1 AND state < 7
                     UNION SELECT operation FROM steps WHERE made = ?1 AND state < 7) s ON s.operation = o.id
                   ORDER BY o.id";
        let mut statement = self.prepare(sql)?;
        let rows = statement.query_map([place.0], |row| text(row, 0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What was set aside of moves and copies of mail that lies in a mailbox, and of appends to it: mail that would go with it.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn set_aside_in(&self, mailbox: MailboxId) -> Result<Vec<(OperationId, PlaceId)>, StoreError> {
        let sql = format!(
            "SELECT s.operation, s.place FROM operations o JOIN steps s ON s.operation = o.id
                   LEFT JOIN places p ON p.id = s.place
                   WHERE o.account = (SELECT account FROM mailboxes WHERE id = ?1) AND o.state < 7 AND s.state IN (5, 6)
                   AND (o.kind IN ('move', 'copy') AND p.mailbox = ?1 OR o.kind = 'append' AND o.mailbox = ?1
                        OR {ORIGINAL_IN} = ?1)
                   ORDER BY s.operation, s.place"
        );
        let mut statement = self.prepare(&sql)?;
        let rows = statement.query_map([mailbox.0], |row| Ok((OperationId(row.get(0)?), PlaceId(row.get(1)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Whether an account has steps that replay has something to do with.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn has_pending(&self, account: AccountId) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM operations o JOIN steps s ON s.operation = o.id
                   WHERE o.account = ?1 AND o.state < 7 AND (s.state < 5 OR s.state > 9))";
        Ok(self.prepare(sql)?.query_row([account.0], |row| row.get(0))?)
    }

    /// The steps of an account that are about messages that the mirror holds no more, with whether they were to be deleted.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn lost_steps(&self, account: AccountId) -> Result<Vec<(StepKey, bool)>, StoreError> {
        let sql = "SELECT o.id, s.place, o.kind FROM operations o JOIN steps s ON s.operation = o.id
                   WHERE o.account = ?1 AND o.state < 7 AND s.state IN (0, 4) AND s.place <> 0
                   AND NOT EXISTS (SELECT 1 FROM places p WHERE p.id = s.place)";
        let mut statement = self.prepare(sql)?;
        let rows = statement.query_map([account.0], |row| {
            let key = StepKey { operation: OperationId(row.get(0)?), place: PlaceId(row.get(1)?) };
            Ok((key, text(row, 2)? == ActionKind::Delete.as_str()))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The steps of an account that go out or wait for it, in order, and the operations that cannot be read. `now` decides
    /// whose time has come.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn pending_steps(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<(Vec<PendingStep>, Vec<OperationId>), StoreError> {
        let sql = format!(
            "SELECT o.id, o.action, s.place, s.state, s.attempts, s.next_try, s.made, p.mailbox, p.uid,
                    s.state IN (0, 4) AND coalesce(instr(s.evidence, '\"copied\":{{'), 0),
                   CASE WHEN o.kind = 'delete' AND {LABELLED} AND b.role IS NOT 'trash' AND b.role IS NOT 'junk'
                        THEN coalesce((SELECT id FROM mailboxes WHERE account = ?1 AND role = 'trash' AND NOT provisional
                                       ORDER BY missing_since IS NOT NULL, id LIMIT 1), 0) END,
                   s.suspected, coalesce(instr(s.reason, '\"{MISSED}\"'), 0), CASE WHEN {LABELLED} THEN m.id END,
                   o.kind = 'move' AND coalesce(t.role IN ('trash', 'junk'), 0) AND {LABELLED},
                   {ORIGINAL_IN}
                   FROM operations o JOIN steps s ON s.operation = o.id LEFT JOIN places p ON p.id = s.place
                   LEFT JOIN messages m ON m.id = p.message LEFT JOIN mailboxes b ON b.id = p.mailbox
                   LEFT JOIN mailboxes t ON t.id = o.mailbox
                   WHERE o.account = ?1 AND o.state < 7 AND (s.state < 5 OR s.state > 9) ORDER BY o.id, s.place"
        );
        let mut statement = self.prepare(&sql)?;
        let mut rows = statement.query([account.0])?;
        let (mut steps, mut unreadable): (Vec<PendingStep>, Vec<OperationId>) = (Vec::new(), Vec::new());
        while let Some(row) = rows.next()? {
            let id = OperationId(row.get(0)?);
            // Each operation is read once: its steps follow each other.
            let known = steps.last().filter(|step| step.key.operation == id).map(|step| step.action.clone());
            let action = known.map_or_else(|| json(row, 1), |action| Ok(Some(action)))?;
            let Some(action) = action.filter(|_| row.get(3).is_ok_and(|code| known_state(code).is_some())) else {
                if unreadable.last() != Some(&id) {
                    unreadable.push(id);
                }
                continue;
            };
            let mailbox = row.get::<_, Option<i64>>(7)?.map(MailboxId);
            let uid = row.get::<_, Option<u32>>(8)?.and_then(Uid::new);
            steps.push(PendingStep {
                key: StepKey { operation: id, place: PlaceId(row.get(2)?) },
                action,
                // Of what was copied only the second half is left, which the probe sees to.
                state: if row.get(9)? { StepState::Unknown } else { state(row, 3)? },
                attempts: count(row, 4)?,
                missed: row.get(12)?,
                suspected: count(row, 11)?,
                is_due: row
                    .get::<_, Option<i64>>(5)?
                    .is_none_or(|time| time <= now.0 && !mutant!("refused_waits_for_ever")),
                made: row.get::<_, Option<i64>>(6)?.map(PlaceId),
                location: mailbox.zip(uid).map(|(mailbox, uid)| Location { mailbox, uid }),
                lies_in: mailbox,
                original_in: row.get::<_, Option<i64>>(15)?.map(MailboxId),
                expunged: match row.get::<_, Option<i64>>(10)? {
                    None => Expunged::Here,
                    Some(0) => Expunged::Nowhere,
                    Some(trash) => Expunged::In(MailboxId(trash)),
                },
                mail: row.get::<_, Option<i64>>(13)?.map(MessageId),
                takes_labels: row.get(14)?,
            });
        }
        Ok((steps, unreadable))
    }

    /// When the last operation of an account changed that may have reached the server, and of which no answer was heard; `now` where
    /// nothing was noted of its end.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn last_cut_off(&self, account: AccountId, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT max(iif(s.state = 1, ?2, o.updated)) FROM operations o JOIN steps s ON s.operation = o.id
                   WHERE o.account = ?1 AND o.state < 7 AND s.state IN (1, 2, 3)";
        Ok(self
            .prepare(sql)?
            .query_row([account.0, now.0], |row| row.get(0).map(|time: Option<i64>| time.map(Timestamp)))?)
    }

    /// The steps of an account that may have reached the server, or did half of what they are to do and whose time has come, in
    /// order.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn open_steps(&self, account: AccountId, now: Timestamp) -> Result<Vec<OpenStep>, StoreError> {
        // What left as one goes on as one: as soon as one of the steps is due.
        let sql = "SELECT o.id, o.action, s.place, s.made, s.evidence, s.attempts, s.state, s.suspected, s.breaks
             FROM operations o JOIN steps s ON s.operation = o.id
             WHERE o.account = ?1 AND o.state < 7 AND (s.state IN (1, 2, 3)
               OR s.state IN (0, 4) AND instr(s.evidence, '\"copied\":{') AND EXISTS
                  (SELECT 1 FROM steps t WHERE t.place = s.place AND t.state < 7 AND t.state IN (0, 4)
                   AND t.evidence = s.evidence AND coalesce(t.next_try, 0) <= ?2))
             ORDER BY o.id, s.place";
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query([account.0, now.0])?;
        let mut steps = Vec::new();
        while let Some(row) = rows.next()? {
            let Some(action) = json(row, 1)? else { continue };
            steps.push(OpenStep {
                key: StepKey { operation: OperationId(row.get(0)?), place: PlaceId(row.get(2)?) },
                action,
                state: state(row, 6)?,
                attempts: count(row, 5)?,
                suspected: count(row, 7)?,
                breaks: count(row, 8)?,
                made: row.get::<_, Option<i64>>(3)?.map(PlaceId),
                evidence: json(row, 4)?,
            });
        }
        Ok(steps)
    }
}
