//! Syncing an account, and the handle of a sync that is under way.

use tokio::sync::{Mutex, mpsc, watch};

use super::{Core, CoreError, NoticeKind, SyncEvent, SyncOptions, SyncStage, SyncSummary};
use crate::engine::{self, SyncDone, SyncRequest};
use crate::model::AccountId;
use crate::store::StoreError;
use crate::sync::{Budget, Control, Note, Stage};

/// A sync that is under way. Dropping it leaves the sync to itself; [`SyncHandle::cancel`] ends it.
pub struct SyncHandle {
    account: String,
    control: Control,
    notes: Mutex<mpsc::Receiver<Note>>,
    done: watch::Receiver<Option<Result<SyncDone, CoreError>>>,
}

/// Cancels one sync. Clones cancel the same one.
#[derive(Clone)]
pub struct Canceller {
    control: Control,
}

impl Canceller {
    /// Ends the sync at its next step; what it did stays. It then reports that it is not complete.
    pub fn cancel(&self) {
        self.control.cancel();
    }
}

impl Core {
    /// Begins to sync an account. It goes on whether or not anybody looks at the handle.
    ///
    /// # Errors
    /// [`CoreError::NotFound`]; what the sync itself meets comes from [`SyncHandle::wait`].
    pub async fn sync(&self, account: AccountId, options: SyncOptions) -> Result<SyncHandle, CoreError> {
        let row = self.read(move |view| view.account(account)).await?.ok_or(StoreError::NotFound("account"))?;
        let request = SyncRequest {
            mailboxes: options.mailboxes,
            only_list: false,
            bodies: options.bodies,
            limits: Budget { max_time: options.max_time, max_bytes: options.max_bytes },
            metered: options.metered,
            direction: options.direction,
            now: options.now,
        };
        let (notes, receiver) = engine::notes();
        let (reply, done) = watch::channel(None);
        let (core, control) = (self.clone(), Control::default());
        let work_control = control.clone();
        tokio::spawn(async move {
            let outcome = core.engine().sync(account, request, work_control, notes).await;
            // Where nobody waits for it, nobody is told.
            let _ = reply.send(Some(outcome.map_err(CoreError::from)));
        });
        Ok(SyncHandle { account: row.name, control, notes: Mutex::new(receiver), done })
    }

    /// Asks the server which mailboxes there are, and nothing more. Dropping the future cancels it.
    ///
    /// # Errors
    /// [`CoreError::NotFound`], and what a conversation may meet.
    pub async fn refresh_mailboxes(&self, account: AccountId) -> Result<(), CoreError> {
        self.read(move |view| view.account(account)).await?.ok_or(StoreError::NotFound("account"))?;
        let control = Control::default();
        let _guard = control.cancel_on_drop();
        let (notes, _) = engine::notes();
        let request = SyncRequest { only_list: true, metered: true, ..SyncRequest::default() };
        self.engine().sync(account, request, control.clone(), notes).await?;
        Ok(())
    }
}

impl SyncHandle {
    /// What happens next; `None` when the sync has ended. Whoever does not ask for long misses some of the progress.
    pub async fn next_event(&self) -> Option<SyncEvent> {
        let note = self.notes.lock().await.recv().await?;
        Some(event(&self.account, note))
    }

    /// Ends the sync at its next step.
    pub fn cancel(&self) {
        self.control.cancel();
    }

    /// A handle that only cancels.
    pub fn canceller(&self) -> Canceller {
        Canceller { control: self.control.clone() }
    }

    /// Waits for the end, as often as anybody wants to know it. A sync that was cancelled or used up its limits succeeds, and is not complete.
    ///
    /// # Errors
    /// Whatever ended it.
    pub async fn wait(&self) -> Result<SyncSummary, CoreError> {
        let mut outcome = self.done.clone();
        let outcome = outcome.wait_for(Option::is_some).await.ok().and_then(|outcome| outcome.clone());
        let done = outcome.unwrap_or_else(|| Err(CoreError::closed("the core was closed")))?;
        let report = done.report;
        Ok(SyncSummary {
            account: self.account.clone(),
            complete: report.complete,
            mailboxes_checked: report.mailboxes_checked,
            mailboxes_changed: report.mailboxes_changed,
            messages_new: report.messages_new,
            flags_changed: report.flags_changed,
            messages_removed: report.messages_removed,
            bodies_fetched: report.bodies_fetched,
            operations_done: done.operations_done,
            operations_left: done.operations_left,
            bytes_in: done.spent.bytes_in,
            bytes_out: done.spent.bytes_out,
            round_trips: done.spent.flights,
            connections: done.spent.connections,
            elapsed_ms: done.elapsed_ms,
        })
    }
}

fn event(account: &str, note: Note) -> SyncEvent {
    let account = account.to_owned();
    let (mailbox, kind, messages, text) = match note {
        Note::Progress { mailbox, stage, done, total } => {
            let stage = match stage {
                Stage::Headers => SyncStage::Headers,
                Stage::Bodies => SyncStage::Bodies,
            };
            return SyncEvent::Progress { account, mailbox, stage, done, total };
        }
        Note::MailboxRefused { mailbox } => {
            (mailbox, NoticeKind::MailboxRefused, None, "the server does not show this mailbox now".to_owned())
        }
        Note::UidValidityChanged { mailbox } => {
            let text = "the server renumbered this mailbox; known mail is recognised and kept".to_owned();
            (mailbox, NoticeKind::Renumbered, None, text)
        }
        Note::MassRemoval { mailbox, removed } => {
            let text = format!("{removed} messages went at once; what was read here stays for 30 days");
            (mailbox, NoticeKind::MassRemoval, Some(removed), text)
        }
        Note::Quarantined { mailbox, messages } => {
            let text = format!("{messages} messages are listed by the server and never given");
            (mailbox, NoticeKind::NeverGiven, Some(messages), text)
        }
        Note::Stale { mailbox } => {
            let text = "the server shows an older state than before; it is asked again later".to_owned();
            (mailbox, NoticeKind::OlderState, None, text)
        }
        Note::Inconsistent { mailbox } => {
            let text = "the server contradicts itself; nothing was removed, the next sync looks again".to_owned();
            (mailbox, NoticeKind::Contradiction, None, text)
        }
    };
    SyncEvent::Notice { account, mailbox, kind, messages, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_has_a_kind_beside_its_words_and_a_stage_is_one_word() {
        let removal = event("home", Note::MassRemoval { mailbox: "Work".to_owned(), removed: 7 });
        let text = "7 messages went at once; what was read here stays for 30 days".to_owned();
        let (account, mailbox) = ("home".to_owned(), "Work".to_owned());
        let kind = NoticeKind::MassRemoval;
        assert_eq!(removal, SyncEvent::Notice { account, mailbox, kind, messages: Some(7), text });
        let progress = Note::Progress { mailbox: "Work".to_owned(), stage: Stage::Bodies, done: 1, total: 0 };
        let json = serde_json::to_value(event("home", progress)).unwrap_or_default();
        assert_eq!(json["stage"], "bodies");
    }
}
