//! New messages: shared rows for one mail in several mailboxes, threads, full text and counts, in bulk.

use rusqlite::{CachedStatement, OptionalExtension, params};

use super::mailboxes::Counts;
use super::threads::AccountThreads;
use crate::model::{
    AccountId, Envelope, Flags, MailboxId, MessageId, ModSeq, Part, SystemFlag, ThreadId, Timestamp, Uid, UidSet,
};
use crate::store::columns::{Rest, addresses_to_column};
use crate::store::fulltext::{self, Searchable};
use crate::store::threading::{self, ThreadKeys};
use crate::store::{Change, MirrorTx, StoreError};

/// A message as the server describes it, its body not included.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Its UID in the mailbox.
    pub uid: Uid,
    /// Its flags.
    pub flags: Flags,
    /// Its mod-sequence.
    pub modseq: Option<ModSeq>,
    /// When the server got it: what lists are sorted by. Without it, the Date field is.
    pub internal_date: Option<Timestamp>,
    /// Its size in octets.
    pub size: Option<u64>,
    /// EMAILID (RFC 8474).
    pub email_id: Option<String>,
    /// THREADID (RFC 8474).
    pub thread_id: Option<String>,
    /// X-GM-MSGID.
    pub gm_msgid: Option<u64>,
    /// X-GM-THRID.
    pub gm_thrid: Option<u64>,
    /// Its header fields.
    pub envelope: Envelope,
    /// Its parts.
    pub structure: Option<Part>,
    /// The beginning of its text.
    pub preview: Option<String>,
}

impl NewMessage {
    /// A message of which only the UID is known: the rest is for the caller to fill in.
    pub fn new(uid: Uid) -> Self {
        Self {
            uid,
            flags: Flags::new(),
            modseq: None,
            internal_date: None,
            size: None,
            email_id: None,
            thread_id: None,
            gm_msgid: None,
            gm_thrid: None,
            envelope: Envelope::default(),
            structure: None,
            preview: None,
        }
    }

    fn sort_date(&self) -> Timestamp {
        self.internal_date.or(self.envelope.date).unwrap_or_default().clamped()
    }
}

/// What inserting messages did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InsertOutcome {
    /// Messages that this mailbox did not hold before.
    pub new: u64,
    /// Messages that it held before its UIDVALIDITY changed: their ids and bodies stay.
    pub rebound: u64,
    /// Messages that it held under this very UID; only their flags were taken over.
    pub known: u64,
    /// UIDs under which the mirror holds another mail, by its identity. Nothing was changed: either the server gave a UID
    /// twice, or the mirror is wrong.
    pub conflicting: UidSet,
}

/// The mailbox that messages are inserted into.
struct Target {
    mailbox: MailboxId,
    account: AccountId,
    detached: bool,
}

impl<'t> MirrorTx<'t> {
    /// Adds messages to a mailbox. One that is there already has its flags updated, so that a batch may be repeated.
    ///
    /// A row is shared with another mailbox's only where the server names both by one EMAILID or X-GM-MSGID. After a change
    /// of UIDVALIDITY, detached messages are recognised by these, else by Message-ID, size and date.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such mailbox.
    pub fn insert_new(&mut self, mailbox: MailboxId, messages: &[NewMessage]) -> Result<InsertOutcome, StoreError> {
        let mut outcome = InsertOutcome::default();
        let target = self.target(mailbox)?;
        let (Some(first), Some(last)) = (messages.iter().map(|m| m.uid).min(), messages.iter().map(|m| m.uid).max())
        else {
            return Ok(outcome);
        };
        let mut known = self.known_uids(mailbox, first, last)?;
        let rebinding = if target.detached { self.plan_rebinding(mailbox, messages, &known)? } else { Vec::new() };
        let mut rebinding = rebinding.into_iter().peekable();
        let mut counts = Counts::default();
        for (index, message) in messages.iter().enumerate() {
            let place = rebinding.next_if(|(at, _)| *at == index).map(|(_, place)| place);
            if known.contains(message.uid) {
                self.see_again(mailbox, message, &mut outcome, &mut counts)?;
            } else if let Some(place) = place {
                self.rebind(place, message, &mut counts)?;
                outcome.rebound += 1;
            } else {
                self.insert_place(&target, message, &mut counts)?;
                outcome.new += 1;
            }
            known.insert(message.uid);
        }
        self.clear_answered_gaps(mailbox, first, last, messages)?;
        self.adjust_counts(mailbox, &counts)?;
        self.change().mailboxes.insert(mailbox);
        Ok(outcome)
    }

    fn target(&self, mailbox: MailboxId) -> Result<Target, StoreError> {
        let sql = "SELECT account, detached FROM mailboxes WHERE id = ?1";
        let target = self.prepare(sql)?.query_row([mailbox.0], |row| {
            Ok(Target { mailbox, account: AccountId(row.get(0)?), detached: row.get::<_, i64>(1)? > 0 })
        });
        target.optional()?.ok_or(StoreError::NotFound("mailbox"))
    }

    /// The UID is in the mirror: takes over its flags, unless it turns out to be another mail's.
    fn see_again(
        &mut self,
        mailbox: MailboxId,
        message: &NewMessage,
        outcome: &mut InsertOutcome,
        counts: &mut Counts,
    ) -> Result<(), StoreError> {
        let sql = "SELECT m.email_id, m.gm_msgid, m.message_id FROM messages m
                   JOIN places p ON p.message = m.id WHERE p.mailbox = ?1 AND p.uid = ?2";
        let params = [mailbox.0, message.uid.get().into()];
        let same = self.prepare(sql)?.query_row(params, |row| {
            let (email_id, gm_msgid): (Option<String>, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok(agree(&email_id, &message.email_id)
                && agree(&gm_msgid, &message.gm_msgid.map(u64::cast_signed))
                && agree(&row.get(2)?, &message.envelope.message_id))
        })?;
        if !same {
            outcome.conflicting = outcome.conflicting.union(&UidSet::range(message.uid, message.uid));
            return Ok(());
        }
        if let Some(place) = self.flagged_place(mailbox, message.uid)? {
            self.set_flags(&place, &message.flags, message.modseq, counts)?;
        }
        outcome.known += 1;
        Ok(())
    }

    fn insert_place(&mut self, target: &Target, message: &NewMessage, counts: &mut Counts) -> Result<(), StoreError> {
        let (id, thread) = match self.shared_message(target.account, message)? {
            Some(id) => (id, self.adopt(target.account, id, message)?),
            None => {
                let id = self.insert_message(target.account, message)?;
                (id, self.join_thread(target.account, id, message)?)
            }
        };
        let sql = "INSERT INTO places (mailbox, message, thread, uid, modseq, flags, date, keywords)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.prepare(sql)?.execute(params![
            target.mailbox.0,
            id.0,
            thread.0,
            message.uid.get(),
            message.modseq.map(|modseq| modseq.get().cast_signed()),
            message.flags.bits(),
            message.sort_date().0,
            message.flags.keyword_text(),
        ])?;
        counts.total += 1;
        counts.unread += i64::from(!message.flags.contains(SystemFlag::Seen));
        Ok(())
    }

    /// The row of the same mail in another mailbox of the account, by the server's own word. Where the Message-IDs say
    /// otherwise, the server's word is not good.
    fn shared_message(&self, account: AccountId, message: &NewMessage) -> Result<Option<MessageId>, StoreError> {
        let find = |mut statement: CachedStatement<'t>, id: &dyn rusqlite::ToSql| {
            let params: [&dyn rusqlite::ToSql; 3] = [&account.0, id, &message.envelope.message_id];
            statement.query_row(params, |row| row.get(0).map(MessageId)).optional()
        };
        if let Some(email_id) = &message.email_id {
            let sql = "SELECT id FROM messages WHERE account = ?1 AND email_id = ?2 AND message_id IS ?3 LIMIT 1";
            return Ok(find(self.prepare(sql)?, email_id)?);
        }
        if let Some(gm_msgid) = message.gm_msgid {
            let sql = "SELECT id FROM messages WHERE account = ?1 AND gm_msgid = ?2 AND message_id IS ?3 LIMIT 1";
            return Ok(find(self.prepare(sql)?, &gm_msgid.cast_signed())?);
        }
        Ok(None)
    }

    /// Gives a mail that is here one more place: fills in what was not known of it, and finds its thread.
    fn adopt(&mut self, account: AccountId, id: MessageId, message: &NewMessage) -> Result<ThreadId, StoreError> {
        self.complete(id, message)?;
        let thread = self.prepare("SELECT thread FROM places WHERE message = ?1 LIMIT 1")?;
        let thread = { thread }.query_row([id.0], |row| row.get(0).map(ThreadId)).optional()?;
        match thread {
            Some(thread) => Ok(thread),
            // An orphan: its thread may have been merged or forgotten since.
            None => self.join_thread(account, id, message),
        }
    }

    /// Fills in what was not known of a mail.
    pub(super) fn complete(&mut self, id: MessageId, message: &NewMessage) -> Result<(), StoreError> {
        let sql = "UPDATE messages SET orphaned = NULL, email_id = coalesce(email_id, ?2),
                   gm_msgid = coalesce(gm_msgid, ?3), preview = coalesce(preview, ?4), size = coalesce(size, ?5)
                   WHERE id = ?1";
        let gm_msgid = message.gm_msgid.map(u64::cast_signed);
        let size = message.size.map(u64::cast_signed);
        self.prepare(sql)?.execute(params![id.0, message.email_id, gm_msgid, message.preview, size])?;
        if let Some(structure) = &message.structure {
            self.set_structure_if_unknown(id, structure)?;
        }
        Ok(())
    }

    fn join_thread(&mut self, account: AccountId, id: MessageId, message: &NewMessage) -> Result<ThreadId, StoreError> {
        let keys = ThreadKeys::of(message.thread_id.as_deref(), message.gm_thrid, &message.envelope);
        let mut change = Change::default();
        let mut book = AccountThreads { conn: self.conn(), account, change: &mut change };
        let thread = threading::join(&mut book, &keys, ThreadId(id.0))?;
        self.change().merge(change);
        Ok(thread)
    }

    fn insert_message(&mut self, account: AccountId, message: &NewMessage) -> Result<MessageId, StoreError> {
        let envelope = &message.envelope;
        let structure = message.structure.as_ref();
        let sql = "INSERT INTO messages (account, subject, from_list, to_list, date, size, has_attachments, body_state,
                   sender_unclear, preview, internal_date, message_id, email_id, gm_msgid, more, structure)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
        self.prepare(sql)?.execute(params![
            account.0,
            envelope.subject,
            addresses_to_column(&envelope.from)?,
            addresses_to_column(&envelope.to)?,
            envelope.date.map(|date| date.clamped().0),
            message.size.map(u64::cast_signed),
            structure.is_some_and(|part| !part.attachments().is_empty()),
            envelope.sender_unclear,
            message.preview,
            message.internal_date.map(|date| date.clamped().0),
            envelope.message_id,
            message.email_id,
            message.gm_msgid.map(u64::cast_signed),
            Rest::of(envelope).to_column()?,
            structure.map(serde_json::to_string).transpose().map_err(|_| not_json())?,
        ])?;
        let id = MessageId(self.conn().last_insert_rowid());
        let text = Searchable {
            subject: &envelope.subject,
            from: &envelope.from,
            recipients: [&envelope.to, &envelope.cc, &envelope.bcc],
            body: "",
            structure,
        };
        fulltext::insert(self.conn(), id, &text)?;
        Ok(id)
    }

    fn clear_answered_gaps(
        &mut self,
        mailbox: MailboxId,
        first: Uid,
        last: Uid,
        messages: &[NewMessage],
    ) -> Result<(), StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM gaps WHERE mailbox = ?1 AND uid BETWEEN ?2 AND ?3)";
        let params = [mailbox.0, first.get().into(), last.get().into()];
        if self.prepare(sql)?.query_row(params, |row| row.get(0))? {
            for message in messages {
                self.clear_gaps(mailbox, &UidSet::range(message.uid, message.uid))?;
            }
        }
        Ok(())
    }
}

/// Whether two identities do not contradict each other.
pub(super) fn agree<T: PartialEq>(one: &Option<T>, other: &Option<T>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

fn not_json() -> StoreError {
    StoreError::Internal("a value cannot be written as JSON".to_owned())
}
