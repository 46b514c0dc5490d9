//! Mailboxes: what they are called, and how far the mirror of each has come.

use rusqlite::{OptionalExtension, Row, params};

use crate::journal::Traits;
use crate::model::{AccountId, MailboxId, MailboxRole, ModSeq, Timestamp, Uid, UidValidity};
use crate::store::journal::{mailbox_gone, mailboxes_changed, wanted_mailbox};
use crate::store::{MirrorTx, Snapshot, StoreError};

/// What a mailbox is called and what it is for, as the server lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxNaming {
    /// The name in modified UTF-7, whatever the wire speaks, else byte for byte: the mailbox's key within its account.
    pub raw_name: Vec<u8>,
    /// The name as shown, with `/` between levels.
    pub name: String,
    /// The server's hierarchy delimiter; `None` for NIL.
    pub delimiter: Option<char>,
    /// What it is for.
    pub role: Option<MailboxRole>,
    /// Whether it can hold messages: false for `\Noselect`.
    pub selectable: bool,
    /// Whether the person is subscribed to it.
    pub subscribed: bool,
}

/// How far the mirror of a mailbox has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxState {
    /// Validity of the UIDs in the mirror.
    pub uid_validity: Option<UidValidity>,
    /// UIDs from here on are not in the mirror.
    pub uid_next: Option<Uid>,
    /// Changes up to here are in the mirror.
    pub highest_modseq: Option<ModSeq>,
    /// MAILBOXID (RFC 8474): what knows the mailbox again after a rename.
    pub object_id: Option<String>,
    /// All UIDs from here up are mirrored. 1: the mirror is complete. `None`: nothing is mirrored yet.
    pub backfill: Option<Uid>,
    /// Where flags are looked at in turn: those below it come next. `None`: from the newest on.
    pub flags_cursor: Option<Uid>,
    /// Since when the server has shown an older state than the mirror's.
    pub stale_since: Option<Timestamp>,
}

impl MailboxState {
    /// Whether every message of the mailbox is in the mirror.
    pub fn is_complete(&self) -> bool {
        self.backfill == Some(Uid::MIN)
    }
}

/// One mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Our id.
    pub id: MailboxId,
    /// Whose it is.
    pub account: AccountId,
    /// What it is called.
    pub naming: MailboxNaming,
    /// How far its mirror has come.
    pub state: MailboxState,
    /// Messages in the mirror, those detached by a change of UIDVALIDITY included.
    pub total: u64,
    /// Of these, messages without `\Seen`.
    pub unread: u64,
    /// Of these, messages that are detached.
    pub detached: u64,
    /// How many messages the server last said there are.
    pub server_total: Option<u32>,
    /// How many unseen messages the server last said there are.
    pub server_unseen: Option<u32>,
    /// Since when the server has not listed it.
    pub missing_since: Option<Timestamp>,
    /// Whether it is only here yet: made by the user, and not on the server.
    pub provisional: bool,
}

impl Mailbox {
    /// By what the mirror knows it again, whatever its name.
    pub fn traits(&self) -> Traits {
        let MailboxState { object_id, uid_validity, .. } = &self.state;
        Traits { object_id: object_id.clone(), validity: *uid_validity, ..Traits::default() }
    }
}

const COLUMNS: &str = "id, account, raw_name, name, delimiter, role, selectable, subscribed, uid_validity, uid_next,
    highest_modseq, object_id, backfill, flags_cursor, stale_since, total, unread, detached, server_total, server_unseen, missing_since,
    provisional";

/// The same with what the journal makes of them.
const SHOWN: &str =
    "id, account, coalesce(wanted_raw, raw_name), coalesce(wanted_name, name), delimiter, role, selectable,
    coalesce(wanted_subscribed, subscribed), uid_validity, uid_next, highest_modseq, object_id, backfill, flags_cursor,
    stale_since, total, unread, detached, server_total, server_unseen, missing_since, provisional";

/// Which of them are shown. One that the server no longer lists is hidden before it is dropped, for the list may lack it by mistake; but
/// not while something is to go there, which is in sight nowhere else.
pub(in crate::store) const IS_SHOWN: &str = "NOT removed AND (missing_since IS NULL OR EXISTS (
    SELECT 1 FROM operations o WHERE o.account = mailboxes.account AND o.state < 7 AND o.mailbox = mailboxes.id
    AND (o.state < 5 AND o.kind IN ('move', 'copy') OR o.kind = 'append')))";

impl Snapshot<'_> {
    /// The mailboxes that the server has, as it lists them: by role, then by name.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn mailboxes(&self, account: AccountId) -> Result<Vec<Mailbox>, StoreError> {
        self.read_mailboxes(account, &format!("SELECT {COLUMNS} FROM mailboxes WHERE account = ?1 AND NOT provisional"))
    }

    /// The mailboxes that are shown, as the journal has them: those that are to be made too, and those not that are to go or
    /// that the server does not list, unless something goes there. By role, then by name.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn shown_mailboxes(&self, account: AccountId) -> Result<Vec<Mailbox>, StoreError> {
        self.read_mailboxes(account, &format!("SELECT {SHOWN} FROM mailboxes WHERE account = ?1 AND {IS_SHOWN}"))
    }

    /// One mailbox as the journal has it; `None` also where it is to go.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn shown_mailbox(&self, id: MailboxId) -> Result<Option<Mailbox>, StoreError> {
        let mut statement = self.prepare(&format!("SELECT {SHOWN} FROM mailboxes WHERE id = ?1 AND NOT removed"))?;
        Ok(statement.query_row([id.0], read).optional()?)
    }

    fn read_mailboxes(&self, account: AccountId, sql: &str) -> Result<Vec<Mailbox>, StoreError> {
        let mut statement = self.prepare(sql)?;
        let rows = statement.query_map([account.0], read)?;
        let mut mailboxes: Vec<Mailbox> = rows.collect::<Result<_, _>>()?;
        mailboxes.sort_by(|a, b| {
            let rank = |mailbox: &Mailbox| (mailbox.naming.role.is_none(), mailbox.naming.role);
            (rank(a), &a.naming.name, a.id).cmp(&(rank(b), &b.naming.name, b.id))
        });
        Ok(mailboxes)
    }

    /// One mailbox, as the server lists it.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub fn mailbox(&self, id: MailboxId) -> Result<Option<Mailbox>, StoreError> {
        let mut statement = self.prepare(&format!("SELECT {COLUMNS} FROM mailboxes WHERE id = ?1"))?;
        Ok(statement.query_row([id.0], read).optional()?)
    }

    /// How far the mirror of a mailbox has come.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn mailbox_state(&self, id: MailboxId) -> Result<MailboxState, StoreError> {
        Ok(self.mailbox(id)?.ok_or(StoreError::NotFound("mailbox"))?.state)
    }
}

impl MirrorTx<'_> {
    /// Adds a mailbox. Where the user wants one of this raw name made, it is that one; a mere name is left out then, for it is still
    /// to be made.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where the account has one of the same raw name.
    pub fn insert_mailbox(&mut self, account: AccountId, naming: &MailboxNaming) -> Result<MailboxId, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM mailboxes WHERE account = ?1 AND raw_name = ?2)";
        if self.prepare(sql)?.query_row(params![account.0, naming.raw_name], |row| row.get(0))? {
            return Err(StoreError::Exists("mailbox"));
        }
        if let Some(wanted) = wanted_mailbox(self.conn(), account, &naming.raw_name)? {
            if naming.selectable {
                self.adopt_mailbox(wanted, naming)?;
            }
            return Ok(wanted);
        }
        let sql = "INSERT INTO mailboxes (account, raw_name, name, delimiter, role, selectable, subscribed)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        self.prepare(sql)?.execute(params![
            account.0,
            naming.raw_name,
            naming.name,
            naming.delimiter.map(String::from),
            naming.role.map(MailboxRole::as_str),
            naming.selectable,
            naming.subscribed,
        ])?;
        let id = MailboxId(self.conn().last_insert_rowid());
        self.change().mailboxes.insert(id);
        mailboxes_changed(self.inner(), account)?;
        Ok(id)
    }

    /// What was only wanted is on the server.
    pub(super) fn adopt_mailbox(&mut self, id: MailboxId, naming: &MailboxNaming) -> Result<(), StoreError> {
        self.prepare("UPDATE mailboxes SET provisional = 0 WHERE id = ?1")?.execute([id.0])?;
        self.update_mailbox_namings(&[(id, naming.clone())])
    }

    /// Changes what mailboxes are called: all at once, so that names may be swapped and a subtree is never half renamed.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Internal`] where two would have the same raw name.
    pub fn update_mailbox_namings(&mut self, namings: &[(MailboxId, MailboxNaming)]) -> Result<(), StoreError> {
        // No server can list this name, NUL being excluded: it stands in until all old names are free.
        let aside = "UPDATE mailboxes SET raw_name = CAST(x'00' || id AS BLOB) WHERE id = ?1";
        for (id, _) in namings {
            self.prepare(aside)?.execute([id.0])?;
        }
        let sql = "UPDATE mailboxes SET raw_name = ?2, name = ?3, delimiter = ?4, role = ?5, selectable = ?6,
                   subscribed = ?7 WHERE id = ?1";
        for (id, naming) in namings {
            let count = self.prepare(sql)?.execute(params![
                id.0,
                naming.raw_name,
                naming.name,
                naming.delimiter.map(String::from),
                naming.role.map(MailboxRole::as_str),
                naming.selectable,
                naming.subscribed,
            ])?;
            self.require_mailbox(*id, count)?;
        }
        match namings.first() {
            Some((first, _)) => {
                let account = account_of(self.conn(), *first)?;
                mailboxes_changed(self.inner(), account)
            }
            None => Ok(()),
        }
    }

    /// Removes a mailbox. Mails that lay nowhere else become orphans, whose bodies are kept for a while. What was to be done
    /// with it, or to go there, is set aside.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn remove_mailbox(&mut self, id: MailboxId) -> Result<(), StoreError> {
        let account = account_of(self.conn(), id)?;
        self.remove_all_places(id)?;
        let count = self.prepare("DELETE FROM mailboxes WHERE id = ?1")?.execute([id.0])?;
        self.require_mailbox(id, count)?;
        mailbox_gone(self.inner(), id)?;
        mailboxes_changed(self.inner(), account)
    }

    /// Notes how far the mirror of a mailbox has come: in the transaction that brought it there.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn set_mailbox_state(&mut self, id: MailboxId, state: &MailboxState) -> Result<(), StoreError> {
        let sql = "UPDATE mailboxes SET uid_validity = ?2, uid_next = ?3, highest_modseq = ?4, object_id = ?5,
                   backfill = ?6, flags_cursor = ?7, stale_since = ?8 WHERE id = ?1";
        let count = self.prepare(sql)?.execute(params![
            id.0,
            state.uid_validity.map(UidValidity::get),
            state.uid_next.map(Uid::get),
            state.highest_modseq.map(|modseq| modseq.get() as i64),
            state.object_id,
            state.backfill.map(Uid::get),
            state.flags_cursor.map(Uid::get),
            state.stale_since.map(|time| time.0),
        ])?;
        self.require_mailbox(id, count)
    }

    /// Notes how many messages the server says there are.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn set_server_counts(
        &mut self,
        id: MailboxId,
        total: Option<u32>,
        unseen: Option<u32>,
    ) -> Result<(), StoreError> {
        let sql = "UPDATE mailboxes SET server_total = ?2, server_unseen = ?3 WHERE id = ?1";
        let count = self.prepare(sql)?.execute(params![id.0, total, unseen])?;
        self.require_mailbox(id, count)
    }

    /// Notes since when the server has not listed a mailbox, or that it does.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn set_missing_since(&mut self, id: MailboxId, since: Option<Timestamp>) -> Result<(), StoreError> {
        let sql = "UPDATE mailboxes SET missing_since = ?2 WHERE id = ?1";
        let count = self.prepare(sql)?.execute(params![id.0, since.map(|time| time.0)])?;
        self.require_mailbox(id, count)
    }

    /// Adds to the counts of a mailbox.
    pub(super) fn adjust_counts(&mut self, id: MailboxId, by: &Counts) -> Result<(), StoreError> {
        if *by == Counts::default() {
            return Ok(());
        }
        let sql = "UPDATE mailboxes SET total = total + ?2, unread = unread + ?3, detached = detached + ?4
                   WHERE id = ?1";
        let count = self.prepare(sql)?.execute(params![id.0, by.total, by.unread, by.detached])?;
        self.require_mailbox(id, count)
    }

    fn require_mailbox(&mut self, id: MailboxId, count: usize) -> Result<(), StoreError> {
        if count == 0 {
            return Err(StoreError::NotFound("mailbox"));
        }
        self.change().mailboxes.insert(id);
        Ok(())
    }
}

fn account_of(conn: &rusqlite::Connection, id: MailboxId) -> Result<AccountId, StoreError> {
    let mut statement = conn.prepare_cached("SELECT account FROM mailboxes WHERE id = ?1")?;
    let found = statement.query_row([id.0], |row| row.get(0).map(AccountId)).optional()?;
    found.ok_or(StoreError::NotFound("mailbox"))
}

/// By how much counts change.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) total: i64,
    pub(super) unread: i64,
    pub(super) detached: i64,
}

fn read(row: &Row<'_>) -> rusqlite::Result<Mailbox> {
    let uid = |index| row.get::<_, Option<u32>>(index).map(|value| value.and_then(Uid::new));
    let text = |index| row.get::<_, Option<String>>(index);
    Ok(Mailbox {
        id: MailboxId(row.get(0)?),
        account: AccountId(row.get(1)?),
        naming: MailboxNaming {
            raw_name: row.get(2)?,
            name: row.get(3)?,
            delimiter: text(4)?.and_then(|text| text.chars().next()),
            role: text(5)?.and_then(|text| text.parse().ok()),
            selectable: row.get(6)?,
            subscribed: row.get(7)?,
        },
        state: MailboxState {
            uid_validity: row.get::<_, Option<u32>>(8)?.and_then(UidValidity::new),
            uid_next: uid(9)?,
            highest_modseq: row.get::<_, Option<i64>>(10)?.and_then(|value| ModSeq::new(value.cast_unsigned())),
            object_id: row.get(11)?,
            backfill: uid(12)?,
            flags_cursor: uid(13)?,
            stale_since: row.get::<_, Option<i64>>(14)?.map(Timestamp),
        },
        total: row.get::<_, i64>(15)?.cast_unsigned(),
        unread: row.get::<_, i64>(16)?.cast_unsigned(),
        detached: row.get::<_, i64>(17)?.cast_unsigned(),
        server_total: row.get(18)?,
        server_unseen: row.get(19)?,
        missing_since: row.get::<_, Option<i64>>(20)?.map(Timestamp),
        provisional: row.get(21)?,
    })
}
