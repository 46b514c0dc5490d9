//! What the user does: one transaction, on disk when it is answered.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, params};

use super::labels::{has_labels, hidden_with, only_loses_label, with_siblings};
use super::refresh_places;
use super::settle::{end_all_made, places_changed};
use crate::journal::{Action, StepState};
use crate::model::{AccountId, Flags, MailboxId, MailboxRole, MessageId, OperationId, PlaceId, SystemFlag};
use crate::mutants::mutant;
use crate::store::{JournalTx, NewMessage, PreparedBody, StoreError};

/// What an action became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acted {
    /// The operation.
    pub operation: OperationId,
    /// The messages it is about, or those it makes.
    pub places: Vec<PlaceId>,
}

/// Whether a step is a deletion for ever that left and whose answer was lost: what the server may have removed is not taken back, until
/// the next sync has asked. What had not left, its mailbox being opened, has no evidence.
const MAY_BE_GONE: &str = "(state IN (0, 4) AND suspected > 0 AND evidence NOT NULL
     AND EXISTS (SELECT 1 FROM operations o WHERE o.id = steps.operation AND o.kind = 'delete'))";

/// A place as far as an action looks at it.
struct Target {
    place: PlaceId,
    account: AccountId,
    shown_in: MailboxId,
    validity: Option<u32>,
}

impl JournalTx<'_> {
    /// Writes an action on messages into the journal and shows it. Ids of places that are known under another now lead there;
    /// one that is named twice counts once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where a message, or the mailbox that messages are to go to, is not shown, or a mail with labels is to
    /// be deleted and the trash is not shown; nothing is written then. [`StoreError::Internal`] where messages are of several
    /// accounts, there are none, or the action is not one on messages that exist.
    pub fn act(&mut self, action: &Action, places: &[PlaceId]) -> Result<Acted, StoreError> {
        let targets = self.targets(places)?;
        let account = targets.first().ok_or(StoreError::NotFound("message"))?.account;
        if targets.iter().any(|target| target.account != account) {
            return Err(StoreError::Internal("messages of several accounts in one action".to_owned()));
        }
        if action.is_about_mailbox() || matches!(action, Action::Append { .. }) {
            return Err(StoreError::Internal("not an action on messages".to_owned()));
        }
        if let Some(to) = action.mailbox() {
            self.require_target(account, to)?;
        }
        let along = match action {
            Action::Move { to } => self.along(*to, &targets)?,
            _ => Vec::new(),
        };
        if matches!(action, Action::Delete) {
            self.require_expunge(&targets)?;
        }
        let operation = self.insert_operation(account, action)?;
        let mut shown = BTreeSet::new();
        for target in &targets {
            let made = match action {
                Action::Copy { to } => Some(self.insert_copy(target.place, *to)?),
                _ => None,
            };
            self.insert_step(operation, target.place, made, target.validity)?;
            shown.insert(made.unwrap_or(target.place));
            self.change().mailboxes.insert(target.shown_in);
        }
        for (place, validity) in along {
            self.insert_step(operation, place, None, validity)?;
        }
        self.change().mailboxes.extend(action.mailbox());
        let affected = with_siblings(self.conn(), shown.iter().copied())?;
        places_changed(self.inner(), &affected)?;
        self.change().accounts.insert(account);
        Ok(Acted { operation, places: shown.into_iter().collect() })
    }

    /// Puts a mail of the user's own into a mailbox: it is there at once. Its UID is not looked at.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the mailbox is not shown, or holds no messages; nothing is written then.
    pub fn append(
        &mut self,
        mailbox: MailboxId,
        message: &NewMessage,
        body: PreparedBody,
    ) -> Result<Acted, StoreError> {
        let account = self.shown_mailbox(mailbox)?.ok_or(StoreError::NotFound("mailbox"))?.account;
        self.require_target(account, mailbox)?;
        let (id, thread) = self.mails(|tx| tx.insert_own(mailbox, message, body))?;
        let date = message.internal_date.unwrap_or(self.now());
        let action = Action::Append { to: mailbox, flags: message.flags.clone(), date: Some(date) };
        let operation = self.insert_operation(account, &action)?;
        let place = self.insert_provisional(id, thread.0, &message.flags, date.0, mailbox)?;
        self.insert_step(operation, place, None, None)?;
        refresh_places(self.conn(), [place])?;
        self.change().mailboxes.insert(mailbox);
        self.change().accounts.insert(account);
        Ok(Acted { operation, places: vec![place] })
    }

    /// Takes an operation back as far as nothing of it has left, or the server refused it. Returns how many messages it was taken back from.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such operation.
    pub fn cancel(&mut self, operation: OperationId) -> Result<u64, StoreError> {
        if mutant!("in_flight_is_taken_back") {
            return self.set_states(
                operation,
                &[StepState::Queued, StepState::InFlight],
                "FALSE",
                StepState::Cancelled,
            );
        }
        let waiting = [StepState::Queued, StepState::Retry, StepState::Parked, StepState::NeedsUser];
        let marked = self.marked_by(operation)?;
        let unless = if mutant!("lost_deletion_is_taken_back") { "FALSE" } else { MAY_BE_GONE };
        let count = self.set_states(operation, &waiting, unless, StepState::Cancelled)?;
        if !mutant!("unsent_mail_stays") {
            let unsent = self.unsent_by(operation)?;
            end_all_made(self.inner(), unsent, StepState::Cancelled, None)?;
        }
        self.show_originals(operation)?;
        let marked = self.taken_back_of(operation, marked)?;
        if !marked.is_empty() {
            let remove = Flags::from_parts(SystemFlag::Deleted as u8, "");
            self.act(&Action::Flags { add: Flags::default(), remove }, &marked)?;
        }
        Ok(count)
    }

    /// The mail that an append, which was taken back, was to put on the server: nobody has it.
    fn unsent_by(&self, operation: OperationId) -> Result<Vec<PlaceId>, StoreError> {
        let sql = "SELECT p.id FROM operations o JOIN steps s ON s.operation = o.id JOIN places p ON p.id = s.place
                   WHERE o.id = ?1 AND o.kind = 'append' AND s.state = ?2 AND p.mailbox IS NULL";
        let mut statement = self.prepare(sql)?;
        let rows =
            statement.query_map(params![operation.0, StepState::Cancelled as u8], |row| row.get(0).map(PlaceId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Those of the messages of which an operation was taken back and which are shown: another deletion may hide them, of them or of
    /// their mailbox.
    fn taken_back_of(&self, operation: OperationId, places: Vec<PlaceId>) -> Result<Vec<PlaceId>, StoreError> {
        let sql = "SELECT s.place FROM steps s JOIN places p ON p.id = s.place JOIN mailboxes b ON b.id = p.shown_in
                   WHERE s.operation = ?1 AND s.state = ?2 AND NOT b.removed";
        let mut statement = self.prepare(sql)?;
        let rows =
            statement.query_map(params![operation.0, StepState::Cancelled as u8], |row| row.get(0).map(PlaceId))?;
        let taken_back: BTreeSet<PlaceId> = rows.collect::<Result<_, _>>()?;
        Ok(places.into_iter().filter(|place| taken_back.contains(place)).collect())
    }

    /// Messages that a deletion, which came no farther, has marked deleted: left so, any other client may expunge them.
    fn marked_by(&self, operation: OperationId) -> Result<Vec<PlaceId>, StoreError> {
        let sql = "SELECT p.id FROM operations o JOIN steps s ON s.operation = o.id JOIN places p ON p.id = s.place
                   WHERE o.id = ?1 AND o.kind = 'delete' AND p.flags & ?2 AND p.mailbox NOT NULL
                   AND (s.state IN (4, 5, 6) OR s.state = 0 AND s.suspected = 0 AND s.evidence NOT NULL)";
        let mut statement = self.prepare(sql)?;
        let rows =
            statement.query_map(params![operation.0, SystemFlag::Deleted as u8], |row| row.get(0).map(PlaceId))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Has what was refused, or waits for its time, tried again at once. Returns how many messages that is about.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such operation, or the mailbox is not there to which it was to bring mail.
    pub fn retry(&mut self, operation: OperationId) -> Result<u64, StoreError> {
        let action = self.action(operation)?;
        if let Some(Action::Move { to } | Action::Copy { to } | Action::Append { to, .. }) = action
            && self.shown_mailbox(to)?.is_none()
        {
            return Err(StoreError::NotFound("mailbox"));
        }
        let before = self.operation(operation)?.map(|operation| operation.state);
        let set_aside = matches!(before, Some(StepState::Parked | StepState::NeedsUser));
        let refused = [StepState::Retry, StepState::Parked, StepState::NeedsUser];
        let count = self.set_states(operation, &refused, "FALSE", StepState::Queued)?;
        if count > 0 {
            self.hide_originals(operation)?;
            self.renew(operation, action, set_aside)?;
        }
        Ok(count)
    }

    /// Has everything of an account that waits for its time, or of all accounts, tried again at once. Returns how many steps that
    /// is about.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn due_now(&mut self, account: Option<AccountId>) -> Result<u64, StoreError> {
        let sql = "UPDATE steps SET next_try = NULL WHERE state = ?1 AND next_try IS NOT NULL
                   AND operation IN (SELECT id FROM operations WHERE state < 7 AND account = coalesce(?2, account))";
        let changed = self.prepare(sql)?.execute(params![StepState::Retry as u8, account.map(|account| account.0)])?;
        Ok(changed as u64)
    }

    fn set_states(
        &mut self,
        operation: OperationId,
        from: &[StepState],
        unless: &str,
        to: StepState,
    ) -> Result<u64, StoreError> {
        if self.operation(operation)?.is_none() {
            return Err(StoreError::NotFound("operation"));
        }
        let codes: Vec<String> = from.iter().map(|state| (*state as u8).to_string()).collect();
        let sql = format!(
            "UPDATE steps SET state = ?2, next_try = NULL, attempts = 0, breaks = 0
             WHERE operation = ?1 AND state IN ({}) AND NOT {unless} RETURNING place, made",
            codes.join(", ")
        );
        let mut statement = self.prepare(&sql)?;
        let rows = statement.query_map(params![operation.0, to as u8], |row| {
            Ok((PlaceId(row.get(0)?), row.get::<_, Option<i64>>(1)?.map(PlaceId)))
        })?;
        let touched: Vec<(PlaceId, Option<PlaceId>)> = rows.collect::<Result<_, _>>()?;
        self.steps_changed([operation], touched.iter().flat_map(|(place, made)| [Some(*place), *made]).flatten())?;
        Ok(touched.len() as u64)
    }

    fn targets(&self, places: &[PlaceId]) -> Result<Vec<Target>, StoreError> {
        let sql = "SELECT p.id, m.account, p.shown_in, b.uid_validity FROM places p JOIN messages m ON m.id = p.message
                   LEFT JOIN mailboxes b ON b.id = p.mailbox
                   WHERE p.id = coalesce((SELECT place FROM place_aliases WHERE alias = ?1), ?1)
                   AND EXISTS (SELECT 1 FROM mailboxes WHERE id = p.shown_in AND NOT removed)";
        let mut statement = self.prepare(sql)?;
        let mut seen = BTreeSet::new();
        let mut targets = Vec::with_capacity(places.len());
        for place in places {
            let found = statement.query_row([place.0], |row| {
                Ok(Target {
                    place: PlaceId(row.get(0)?),
                    account: AccountId(row.get(1)?),
                    shown_in: MailboxId(row.get(2)?),
                    validity: row.get(3)?,
                })
            });
            let target = found.optional()?.ok_or(StoreError::NotFound("message"))?;
            if seen.insert(target.place) {
                targets.push(target);
            }
        }
        Ok(targets)
    }

    /// With labels, an expunge outside the trash takes one label only: there must be a trash.
    fn require_expunge(&self, targets: &[Target]) -> Result<(), StoreError> {
        if has_labels(self.conn())? {
            for target in targets {
                if only_loses_label(self.conn(), target.place)? {
                    return Err(StoreError::NotFound("trash"));
                }
            }
        }
        Ok(())
    }

    /// The places, not in sight, that a move takes along, with UIDVALIDITY of their mailboxes. The trash and the spam take all labels
    /// by themselves.
    fn along(&self, to: MailboxId, targets: &[Target]) -> Result<Vec<(PlaceId, Option<u32>)>, StoreError> {
        let role = self.shown_mailbox(to)?.and_then(|mailbox| mailbox.naming.role);
        let mut along = Vec::new();
        if has_labels(self.conn())? && !matches!(role, Some(MailboxRole::Trash | MailboxRole::Junk)) {
            for target in targets {
                along.extend(hidden_with(self.conn(), target.place)?);
            }
        }
        Ok(along)
    }

    fn require_target(&self, account: AccountId, mailbox: MailboxId) -> Result<(), StoreError> {
        let sql =
            "SELECT EXISTS (SELECT 1 FROM mailboxes WHERE id = ?1 AND account = ?2 AND selectable AND NOT removed)";
        let fits = self.prepare(sql)?.query_row([mailbox.0, account.0], |row| row.get(0))?;
        if fits { Ok(()) } else { Err(StoreError::NotFound("mailbox")) }
    }

    pub(super) fn insert_operation(&mut self, account: AccountId, action: &Action) -> Result<OperationId, StoreError> {
        let json =
            serde_json::to_string(action).map_err(|_| StoreError::Internal("an action is no JSON".to_owned()))?;
        let sql = "INSERT INTO operations (account, kind, mailbox, action, state, created, updated)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)";
        self.prepare(sql)?.execute(params![
            account.0,
            action.kind().as_str(),
            action.mailbox().map(|mailbox| mailbox.0),
            json,
            StepState::Queued as u8,
            self.now().0,
        ])?;
        Ok(OperationId(self.conn().last_insert_rowid()))
    }

    pub(super) fn insert_step(
        &self,
        operation: OperationId,
        place: PlaceId,
        made: Option<PlaceId>,
        validity: Option<u32>,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO steps (operation, place, state, made, validity) VALUES (?1, ?2, ?3, ?4, ?5)";
        let made = made.map(|made| made.0);
        self.prepare(sql)?.execute(params![operation.0, place.0, StepState::Queued as u8, made, validity])?;
        Ok(())
    }

    /// A place for a copy that the server has not made yet, with the flags that its original shows.
    fn insert_copy(&self, of: PlaceId, to: MailboxId) -> Result<PlaceId, StoreError> {
        let detail = self.message(of)?.ok_or(StoreError::NotFound("message"))?.row;
        self.insert_provisional(detail.message, detail.thread.0, &detail.flags, detail.sort_date.0, to)
    }

    pub(super) fn insert_provisional(
        &self,
        message: MessageId,
        thread: i64,
        flags: &Flags,
        date: i64,
        to: MailboxId,
    ) -> Result<PlaceId, StoreError> {
        let sql = "INSERT INTO places (mailbox, message, thread, flags, date, keywords, overlaid, moved_to)
                   VALUES (NULL, ?1, ?2, ?3, ?4, ?5, 1, ?6)";
        let params = params![message.0, thread, flags.bits(), date, flags.keyword_text(), to.0];
        self.prepare(sql)?.execute(params)?;
        self.prepare("UPDATE messages SET orphaned = NULL WHERE id = ?1")?.execute([message.0])?;
        Ok(PlaceId(self.conn().last_insert_rowid()))
    }
}
