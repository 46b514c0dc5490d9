//! Flags as the server tells them.

use rusqlite::{OptionalExtension, params};

use super::mailboxes::Counts;
use crate::model::{Flags, MailboxId, ModSeq, SystemFlag, Uid, UidSet};
use crate::mutants::mutant;
use crate::store::journal::UNSEEN;
use crate::store::{MirrorTx, StoreError};

/// What an update of flags did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagsOutcome {
    /// How many messages have other flags than before.
    pub changed: u64,
    /// UIDs that the mirror does not hold.
    pub unknown: UidSet,
}

/// A place as far as its flags go.
pub(super) struct FlaggedPlace {
    pub(super) id: i64,
    pub(super) flags: u8,
    pub(super) keywords: String,
    pub(super) modseq: Option<i64>,
}

impl MirrorTx<'_> {
    /// Takes over flags for UIDs that the mirror holds. What is older than the mirror, by its mod-sequence, is left out:
    /// answers may come late or twice.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn update_flags(
        &mut self,
        mailbox: MailboxId,
        updates: &[(Uid, Flags, Option<ModSeq>)],
    ) -> Result<FlagsOutcome, StoreError> {
        let mut outcome = FlagsOutcome::default();
        let mut counts = Counts::default();
        let mut unknown = Vec::new();
        for (uid, flags, modseq) in updates {
            match self.flagged_place(mailbox, *uid)? {
                Some(place) => outcome.changed += u64::from(self.set_flags(&place, flags, *modseq, &mut counts)?),
                None => unknown.push(*uid),
            }
        }
        unknown.sort_unstable();
        outcome.unknown = unknown.into_iter().collect();
        self.adjust_counts(mailbox, &counts)?;
        if outcome.changed > 0 {
            self.change().mailboxes.insert(mailbox);
        }
        Ok(outcome)
    }

    /// Forgets with which mod-sequences flags came: the server counts anew.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub fn forget_modseqs(&mut self, mailbox: MailboxId) -> Result<(), StoreError> {
        self.prepare("UPDATE places SET modseq = NULL WHERE mailbox = ?1 AND modseq > 0")?.execute([mailbox.0])?;
        Ok(())
    }

    pub(super) fn flagged_place(&self, mailbox: MailboxId, uid: Uid) -> Result<Option<FlaggedPlace>, StoreError> {
        let sql = "SELECT id, flags, keywords, modseq FROM places WHERE mailbox = ?1 AND uid = ?2";
        let mut statement = self.prepare(sql)?;
        let place = statement.query_row([mailbox.0, uid.get().into()], |row| {
            Ok(FlaggedPlace { id: row.get(0)?, flags: row.get(1)?, keywords: row.get(2)?, modseq: row.get(3)? })
        });
        Ok(place.optional()?)
    }

    /// Returns whether the flags really are other ones now.
    pub(super) fn set_flags(
        &mut self,
        place: &FlaggedPlace,
        flags: &Flags,
        modseq: Option<ModSeq>,
        counts: &mut Counts,
    ) -> Result<bool, StoreError> {
        let new = modseq.map(|modseq| modseq.get().cast_signed());
        if let (Some(old), Some(new)) = (place.modseq, new)
            && new < old
            && !mutant!("older_flags_count")
        {
            return Ok(false);
        }
        let keywords = flags.keyword_text();
        let changed = place.flags != flags.bits() || place.keywords != keywords;
        if changed && mutant!("changed_flags_are_missed") {
            return Ok(false);
        }
        if changed || place.modseq == Some(UNSEEN) || (new.is_some() && new != place.modseq) {
            // What was hidden for being marked deleted is in sight again when somebody takes the mark away.
            let sql = "UPDATE places SET flags = ?2, keywords = ?3, modseq = coalesce(?4, nullif(modseq, ?6)),
                       hidden = iif(hidden = 2 AND ?5, 0, hidden) WHERE id = ?1";
            let unmarked = loses_mark(place.flags, flags);
            self.prepare(sql)?.execute(params![place.id, flags.bits(), keywords, new, unmarked, UNSEEN])?;
            let unread = |bits: u8| i64::from(bits & SystemFlag::Seen as u8 == 0);
            counts.unread += unread(flags.bits()) - unread(place.flags);
        }
        Ok(changed)
    }
}

/// Whether a message that was marked deleted is so no more.
pub(super) fn loses_mark(before: u8, now: &Flags) -> bool {
    before & !now.bits() & SystemFlag::Deleted as u8 != 0
}
