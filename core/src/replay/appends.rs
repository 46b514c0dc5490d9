//! Messages of the user's own that are put into a mailbox.

use super::ReplayError;
use super::exchange::{Answer, ask};
use super::opening::{STATUS, status_of};
use super::run::Run;
use super::settle::{self, Verdicts, Write};
use crate::imap::Code;
use crate::imap::command;
use crate::journal::{Action, Evidence, Reason, StepKey, Target, is_missing};
use crate::store::Outcome;

impl Run<'_> {
    /// Appends one message.
    pub(super) async fn append(&mut self, key: StepKey) -> Result<(), ReplayError> {
        let out_of_reach = self.out_of_reach.clone();
        let found = self
            .store
            .read(move |view| {
                let Some(Action::Append { to, flags, date }) = view.action(key.operation)? else { return Ok(None) };
                if out_of_reach.contains(&to) {
                    return Ok(None);
                }
                let mailbox = view.mailbox(to)?.filter(|mailbox| !mailbox.provisional);
                let detail = view.message_of(key.place)?;
                let body = detail.map(|message| view.body(message, "")).transpose()?.flatten();
                let bytes = body.map(|body| body.into_bytes()).transpose()?;
                Ok(Some((mailbox, flags, date, bytes)))
            })
            .await?;
        let Some((mailbox, flags, date, bytes)) = found else { return Ok(()) };
        let Some(mailbox) = mailbox else {
            return self.set_aside(key, Reason::no_mailbox()).await;
        };
        let Some(bytes) = bytes else {
            return self.set_aside(key, Reason::new("damaged", "the message is not here any more")).await;
        };
        let answers = ask(self.session, vec![command::status(&mailbox.naming.raw_name, &STATUS)?]).await?;
        let status = status_of(&answers, &mailbox.naming.raw_name);
        if status.is_some_and(|status| self.leads_elsewhere(&mailbox, &status.into())) {
            self.out_of_reach.insert(mailbox.id);
            return Ok(());
        }
        let is_seen = answers.first().is_some_and(Answer::is_ok);
        let target = Target {
            mailbox: mailbox.id,
            validity: status.and_then(|status| status.uid_validity),
            uid_next: status.and_then(|status| status.uid_next),
        };
        let noted = vec![(key, Evidence { target: Some(target), ..Evidence::default() })];
        if !self.store.replay(move |tx| tx.begin(&noted)).await? {
            return Ok(());
        }
        let Ok(append) = command::append(&mailbox.naming.raw_name, &flags, date, bytes) else {
            return self.set_aside(key, Reason::new("cannot", "the message holds bytes that cannot be sent")).await;
        };
        let answers = ask(self.session, vec![append]).await?;
        let Some(answer) = answers.first() else { return Ok(()) };
        let mut verdicts = Verdicts::default();
        if answer.is_ok() {
            let at = answer.codes().find_map(|code| match code {
                Code::AppendUid(validity, uids) if uids.len() == 1 => uids.first().map(|uid| (*validity, uid)),
                _ => None,
            });
            verdicts.writes.push(Write::Landed(key.place, mailbox.id, at));
            verdicts.outcomes.push((key, Outcome::Done));
        } else {
            let code = answer.refusal();
            let is_lost = !self.listed && code.as_deref().map_or(!is_seen, is_missing);
            let outcome = if is_lost {
                // It may have another name by now.
                self.out_of_reach.insert(mailbox.id);
                Outcome::Again
            } else {
                settle::refused(code.as_deref(), key.operation, (self.attempts)(key), self.now)
            };
            verdicts.outcomes.push((key, outcome));
        }
        self.commit(verdicts).await
    }

    async fn set_aside(&mut self, key: StepKey, reason: Reason) -> Result<(), ReplayError> {
        let outcomes = vec![(key, Outcome::Parked(reason))];
        self.commit(Verdicts { outcomes, ..Verdicts::default() }).await
    }
}
