//! New messages: shared rows for one mail in several mailboxes, threads, full text and counts, in bulk.

use rusqlite::{OptionalExtension, params};

use super::mailboxes::Counts;
use super::new_rows::NewRows;
use crate::model::{AccountId, Envelope, Flags, MailboxId, MessageId, ModSeq, Part, ThreadId, Timestamp, Uid, UidSet};
use crate::store::{MirrorTx, PreparedBody, StoreError};

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

    pub(super) fn sort_date(&self) -> Timestamp {
        self.internal_date.or(self.envelope.date).unwrap_or_default().clamped()
    }
}

/// What inserting messages did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InsertOutcome {
    /// Messages that this mailbox did not hold before, or may not have held: their bodies are wanted.
    pub new: u64,
    /// Messages that it held before its UIDVALIDITY changed: their ids and bodies stay.
    pub rebound: u64,
    /// Messages that it held under this very UID; only their flags were taken over.
    pub known: u64,
    /// UIDs under which the mirror holds another mail, by its identity. Nothing was changed: either the server gave a UID
    /// twice, or the mirror is wrong.
    pub conflicting: UidSet,
}

impl MirrorTx<'_> {
    /// Adds messages to a mailbox. One that is there already has its flags updated, so that a batch may be repeated.
    ///
    /// A row is shared with another mailbox's only where the server names both by one EMAILID or X-GM-MSGID. After a change
    /// of UIDVALIDITY, detached messages are recognised by these, else by Message-ID, size, date and header fields.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such mailbox.
    pub fn insert_new(&mut self, mailbox: MailboxId, messages: &[NewMessage]) -> Result<InsertOutcome, StoreError> {
        let (account, any_detached) = self.account_of(mailbox)?;
        let (Some(first), Some(last)) = (messages.iter().map(|m| m.uid).min(), messages.iter().map(|m| m.uid).max())
        else {
            return Ok(InsertOutcome::default());
        };
        let mut known = self.known_uids(mailbox, first, last)?;
        let rebinding = if any_detached { self.plan_rebinding(mailbox, messages, &known)? } else { Vec::new() };
        let mut rebinding = rebinding.into_iter().peekable();
        let (mut new, mut again) = (Vec::new(), Vec::new());
        let mut counts = Counts::default();
        let mut outcome = InsertOutcome::default();
        for (index, message) in messages.iter().enumerate() {
            let found = rebinding.next_if(|found| found.index == index);
            if known.contains(message.uid) {
                again.push(message);
            } else if let Some(found) = found {
                if found.same_mail {
                    self.rebind(found.place, message, &mut counts)?;
                    outcome.rebound += 1;
                } else {
                    self.vacate(found.place, &mut counts)?;
                    new.push((message, Some(found.place)));
                    outcome.new += 1;
                }
            } else {
                new.push((message, None));
                outcome.new += 1;
            }
            known.insert(message.uid);
        }
        NewRows::open(self, account, mailbox, &new)?.insert(&mut counts)?;
        for message in again {
            self.see_again(mailbox, message, &mut outcome, &mut counts)?;
        }
        self.clear_answered_gaps(mailbox, first, last, messages)?;
        self.adjust_counts(mailbox, &counts)?;
        self.change().mailboxes.insert(mailbox);
        Ok(outcome)
    }

    /// Adds a mail of the user's own, with its bytes, that lies nowhere yet.
    pub(in crate::store) fn insert_own(
        &mut self,
        mailbox: MailboxId,
        message: &NewMessage,
        body: PreparedBody,
    ) -> Result<(MessageId, ThreadId), StoreError> {
        let (account, _) = self.account_of(mailbox)?;
        let (id, thread) = NewRows::open(self, account, mailbox, &[(message, None)])?.insert_unplaced()?;
        self.store_body(id, "", body)?;
        Ok((id, thread))
    }

    /// Whose a mailbox is, and whether messages in it are detached.
    pub(super) fn account_of(&self, mailbox: MailboxId) -> Result<(AccountId, bool), StoreError> {
        let sql = "SELECT account, detached FROM mailboxes WHERE id = ?1";
        let found =
            self.prepare(sql)?.query_row([mailbox.0], |row| Ok((AccountId(row.get(0)?), row.get::<_, i64>(1)? > 0)));
        found.optional()?.ok_or(StoreError::NotFound("mailbox"))
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
