//! What is to be done to mailboxes themselves: made, renamed, deleted, subscribed to.

use std::collections::BTreeSet;

use super::ReplayError;
use super::breaks::after_break;
use super::exchange::{Answer, ask};
use super::identity::{self, Newcomer, Sought};
use super::look::Look;
use super::run::Run;
use super::settle::{self, Verdicts, Write};
use crate::imap::command;
use crate::journal::{Action, Deletion, Evidence, Reason, Renaming, StepKey, Traits, may_delete, resolve_rename};
use crate::model::{MailboxId, MailboxRole, OperationId, PlaceId, Uid};
use crate::mutants::mutant;
use crate::store::{Mailbox, OpenStep, Outcome, StoreError};

pub(super) const INBOX: &[u8] = b"INBOX";

impl Run<'_> {
    /// Carries out one operation on a mailbox.
    pub(super) async fn on_mailbox(&mut self, key: StepKey) -> Result<(), ReplayError> {
        let found = self.store.read(move |view| {
            let Some(action) = view.action(key.operation)? else { return Ok(None) };
            let mailbox = action.mailbox().map(|id| view.mailbox(id)).transpose()?.flatten();
            Ok(Some((action, mailbox)))
        });
        let Some((action, mailbox)) = found.await? else { return Ok(()) };
        let Some(mailbox) = mailbox else { return self.conclude_with(key, Outcome::Moot(gone()), None).await };
        if mailbox.provisional && !matches!(action, Action::CreateMailbox { .. }) {
            let reason = Reason::new("no_mailbox", "the mailbox was not made on the server");
            return self.conclude_with(key, Outcome::Parked(reason), None).await;
        }
        let is_inbox = mailbox.naming.raw_name.eq_ignore_ascii_case(INBOX);
        if is_inbox && matches!(action, Action::RenameMailbox { .. } | Action::DeleteMailbox { .. }) {
            let reason = Reason::new("cannot", "the inbox can be neither renamed nor deleted");
            return self.conclude_with(key, Outcome::Parked(reason), None).await;
        }
        match action {
            Action::CreateMailbox { raw, role, .. } => self.create(key, &mailbox, raw, role).await,
            Action::RenameMailbox { to, name, .. } => self.rename(key, &mailbox, to, name).await,
            Action::DeleteMailbox { seen, aside, .. } => self.delete(key, &mailbox, &seen, &aside).await,
            Action::Subscribe { subscribed, .. } => self.subscribe(key, &mailbox, subscribed).await,
            _ => Ok(()),
        }
    }

    async fn create(
        &mut self,
        key: StepKey,
        mailbox: &Mailbox,
        raw: Vec<u8>,
        role: Option<MailboxRole>,
    ) -> Result<(), ReplayError> {
        if !mailbox.provisional {
            // Sync has seen it: somebody else made it.
            return self.conclude_with(key, Outcome::Done, None).await;
        }
        let (id, name) = (mailbox.id, raw.clone());
        if self.store.read(move |view| view.is_raw_name_taken(id, &name)).await? {
            if !self.synced {
                return self.wait(key);
            }
            return self.conclude_with(key, Outcome::Parked(taken()), None).await;
        }
        if !self.begin(key, None).await? {
            return Ok(());
        }
        let role = role.filter(|role| *role != MailboxRole::Inbox && self.session.capabilities().create_special_use());
        let mut answer = self.say(command::create(&raw, role)?).await?;
        if !answer.is_ok() && role.is_some() {
            // A use that the server does not give (USEATTR, RFC 6154 section 3) is no reason to have no mailbox.
            answer = self.say(command::create(&raw, None)?).await?;
        }
        let object_id = answer.object_id();
        let code = answer.refusal();
        let exists = answer.is_ok() || matches!(self.look_for([&raw]).await?, [Look::There(seen)] if seen.selectable);
        if exists { self.created(key, mailbox.id, raw, object_id).await } else { self.refuse(key, code).await }
    }

    /// A mailbox that is there; people expect to be subscribed to what they made.
    async fn created(
        &mut self,
        key: StepKey,
        mailbox: MailboxId,
        raw: Vec<u8>,
        object_id: Option<String>,
    ) -> Result<(), ReplayError> {
        let subscribed = self.say(command::subscribe(&raw)?).await?.is_ok();
        let write = Write::MailboxCreated(mailbox, raw, object_id, subscribed);
        self.conclude_with(key, Outcome::Done, Some(write)).await
    }

    async fn rename(&mut self, key: StepKey, mailbox: &Mailbox, to: Vec<u8>, name: String) -> Result<(), ReplayError> {
        let old = mailbox.naming.raw_name.clone();
        if old == to {
            return self.renamed(key, mailbox, to, name).await;
        }
        let [before, there] = self.look_for([&old, &to]).await?;
        let Look::There(before) = before else {
            // Whether it has another name, that one or a third, or is gone, the next sync tells.
            if matches!(before, Look::Nothing) && there.there().is_none() && self.synced {
                return self.conclude_with(key, Outcome::Moot(gone()), None).await;
            }
            return self.wait(key);
        };
        if mailbox.naming.selectable && !before.selectable {
            // Nothing but the name is left of it.
            return self.wait(key);
        }
        let before = before.traits;
        // Right after a list a new UIDVALIDITY says nothing: what has the name is what the user sees under it.
        let validity = mailbox.state.uid_validity.filter(|_| !self.listed);
        if (Traits { validity, ..mailbox.traits() }).is_other_mailbox(&before) {
            // Another has its name meanwhile: the next sync tells where this one is.
            return self.wait(key);
        }
        if !self.begin(key, Some(before.clone())).await? {
            return Ok(());
        }
        let answer = self.say(command::rename(&old, &to)?).await?;
        if answer.is_ok() {
            return self.renamed(key, mailbox, to, name).await;
        }
        match self.where_is(&before, &old, &to).await? {
            Some(Renaming::Done) => self.renamed(key, mailbox, to, name).await,
            Some(Renaming::Taken) => self.conclude_with(key, Outcome::Parked(taken()), None).await,
            Some(Renaming::Gone) => self.conclude_with(key, Outcome::Moot(gone()), None).await,
            Some(Renaming::Again | Renaming::Unclear) | None => self.refuse(key, answer.refusal()).await,
        }
    }

    /// `None` where the server does not tell.
    async fn where_is(&mut self, before: &Traits, old: &[u8], new: &[u8]) -> Result<Option<Renaming>, ReplayError> {
        let looks = self.look_for([old, new]).await?;
        if looks.iter().any(|look| matches!(look, Look::Untold)) {
            return Ok(None);
        }
        let [old, new] = looks.each_ref().map(|look| look.there().map(|seen| &seen.traits));
        Ok(Some(resolve_rename(before, old, new)))
    }

    /// It goes on after the next sync, and holds up in this replay only what builds on it.
    fn wait(&mut self, key: StepKey) -> Result<(), ReplayError> {
        self.waiting.insert(key);
        Ok(())
    }

    /// Subscriptions are to names (RFC 3501 section 6.3.5 says nothing of them): they follow.
    async fn renamed(&mut self, key: StepKey, mailbox: &Mailbox, to: Vec<u8>, name: String) -> Result<(), ReplayError> {
        let old = mailbox.naming.raw_name.clone();
        let (account, delimiter) = (self.account, mailbox.naming.delimiter.map(String::from).unwrap_or_default());
        let mut commands = Vec::new();
        for other in self.store.read(move |view| view.mailboxes(account)).await? {
            let raw = &other.naming.raw_name;
            let below = raw
                .strip_prefix(old.as_slice())
                .filter(|tail| tail.is_empty() || !delimiter.is_empty() && tail.starts_with(delimiter.as_bytes()));
            if let Some(tail) = below.filter(|_| other.naming.subscribed && old != to) {
                commands.push(command::subscribe(&[&to, tail].concat())?);
                commands.push(command::unsubscribe(raw)?);
            }
        }
        if !commands.is_empty() {
            ask(self.session, commands).await?;
        }
        self.conclude_with(key, Outcome::Done, Some(Write::MailboxRenamed(mailbox.id, to, name))).await
    }

    async fn delete(
        &mut self,
        key: StepKey,
        mailbox: &Mailbox,
        seen: &Traits,
        aside: &[(OperationId, PlaceId)],
    ) -> Result<(), ReplayError> {
        let (raw, id) = (&mailbox.naming.raw_name, mailbox.id);
        let now_aside = self.store.read(move |view| view.set_aside_in(id)).await?;
        let any_new = now_aside.iter().any(|step| !aside.contains(step));
        if any_new && !mutant!("not_moved_goes_too") {
            let reason = Reason::new("not_moved", "mail of it could not be moved, copied or stored as you wanted");
            return self.conclude_with(key, Outcome::NeedsUser(reason), None).await;
        }
        let deleted = Some(Write::MailboxDeleted(mailbox.id));
        let now = match self.look_anew(raw).await? {
            Look::There(now) => now,
            Look::Nothing if self.synced => return self.conclude_with(key, Outcome::Done, deleted).await,
            // Under another name it may still be there: the next sync tells.
            Look::Nothing | Look::Untold => return self.wait(key),
        };
        if mailbox.naming.selectable && !now.selectable {
            return self.conclude_with(key, Outcome::Done, deleted).await;
        }
        let as_known = match may_delete(seen, &now.traits) {
            // What was known later than the wish is as good.
            _ if mailbox.traits().is_another(&now.traits) => false,
            Deletion::Same => true,
            Deletion::Grown(from) => self.holds_nothing_unknown(mailbox, from).await?,
            // It holds no mail.
            Deletion::Other => !now.selectable,
        };
        if !as_known && !mutant!("grown_goes_too") {
            let reason = Reason::new("changed", "its content has changed since you asked for it");
            return self.conclude_with(key, Outcome::NeedsUser(reason), None).await;
        }
        if !self.begin(key, Some(now.traits)).await? {
            return Ok(());
        }
        // Some servers delete nothing that is open.
        let commands = vec![command::examine(INBOX, None)?, command::delete(raw)?];
        let answers = ask(self.session, commands).await?;
        let Some(answer) = answers.get(1) else { return Ok(()) };
        let is_gone = answer.is_ok() || matches!(self.look_for([raw]).await?, [Look::Nothing]);
        if !is_gone {
            return self.refuse(key, answer.refusal()).await;
        }
        self.conclude_with(key, Outcome::Done, deleted).await?;
        if mailbox.naming.subscribed {
            self.say(command::unsubscribe(raw)?).await?;
        }
        Ok(())
    }

    /// Whether everything from a UID on is what the user's own operations put there.
    async fn holds_nothing_unknown(&mut self, mailbox: &Mailbox, from: Uid) -> Result<bool, ReplayError> {
        let newcomers = identity::ask(self.session.capabilities(), from)?;
        let answers = ask(self.session, vec![command::examine(&mailbox.naming.raw_name, None)?, newcomers]).await?;
        let validity = answers.first().and_then(Answer::uid_validity);
        let renumbered = mailbox.state.uid_validity.is_some_and(|known| Some(known) != validity);
        if renumbered || !answers.iter().all(Answer::is_ok) {
            return Ok(false);
        }
        let id = mailbox.id;
        let own = self.store.read(move |view| {
            let places = view.places_put_there(id, from)?.into_iter();
            places.map(|(place, uid)| Ok((uid, view.identity(place)?))).collect::<Result<Vec<_>, StoreError>>()
        });
        let own = own.await?;
        let mut newcomers: Vec<Newcomer> = identity::newcomers(answers.iter().flat_map(|answer| &answer.data), from);
        newcomers.retain(|newcomer| !own.iter().any(|(uid, _)| *uid == Some(newcomer.uid)));
        for identity in own.iter().filter(|(uid, _)| uid.is_none()).filter_map(|(_, identity)| identity.as_ref()) {
            let (place, not) = (PlaceId(0), &BTreeSet::new());
            let sought = Sought { place, original: None, identity, flags: None, date: false, from, newest: None, not };
            identity::find(&mut newcomers, &sought);
        }
        Ok(newcomers.iter().all(|newcomer| newcomer.taken))
    }

    async fn subscribe(&mut self, key: StepKey, mailbox: &Mailbox, wanted: bool) -> Result<(), ReplayError> {
        if !self.begin(key, None).await? {
            return Ok(());
        }
        let raw = &mailbox.naming.raw_name;
        let command = if wanted { command::subscribe(raw)? } else { command::unsubscribe(raw)? };
        let answer = self.say(command).await?;
        if answer.is_ok() {
            let write = Write::MailboxSubscribed(mailbox.id, wanted);
            return self.conclude_with(key, Outcome::Done, Some(write)).await;
        }
        self.refuse(key, answer.refusal()).await
    }

    /// What became of an operation on a mailbox whose answer was lost.
    pub(super) async fn probe_mailbox(&mut self, step: OpenStep) -> Result<(), ReplayError> {
        let key = step.key;
        let again = after_break(&step, self.now).unwrap_or(Outcome::Again);
        let Some(id) = step.action.mailbox() else { return Ok(()) };
        let Some(mailbox) = self.store.read(move |view| view.mailbox(id)).await? else {
            let is_delete = matches!(step.action, Action::DeleteMailbox { .. });
            let outcome = if is_delete { Outcome::Done } else { Outcome::Moot(gone()) };
            return self.conclude_with(key, outcome, None).await;
        };
        let raw = mailbox.naming.raw_name.clone();
        match step.action {
            Action::CreateMailbox { raw, .. } if mailbox.provisional => {
                let [look] = self.look_for([&raw]).await?;
                match look {
                    Look::Untold => Ok(()),
                    Look::There(seen) if seen.selectable => {
                        let object_id = seen.traits.object_id;
                        if step.suspected == 0 {
                            return self.created(key, id, raw, object_id).await;
                        }
                        // The subscription may have been what broke the connection.
                        let made = Write::MailboxCreated(id, raw.clone(), object_id, false);
                        self.conclude_with(key, Outcome::Done, Some(made)).await?;
                        self.subscribe_late(id, &raw).await
                    }
                    _ => self.conclude_with(key, again, None).await,
                }
            }
            Action::RenameMailbox { to, name, .. } if raw != to => {
                let before = step.evidence.and_then(|evidence| evidence.mailbox).unwrap_or_default();
                let unclear = Reason::new("unclear", "a mailbox is there under the old name and one under the new");
                match self.where_is(&before, &raw, &to).await? {
                    None => Ok(()),
                    Some(Renaming::Done) => self.renamed(key, &mailbox, to, name).await,
                    Some(Renaming::Again) => self.conclude_with(key, again, None).await,
                    Some(Renaming::Taken) => self.conclude_with(key, Outcome::Parked(taken()), None).await,
                    Some(Renaming::Gone) => self.conclude_with(key, Outcome::Moot(gone()), None).await,
                    Some(Renaming::Unclear) => self.conclude_with(key, Outcome::Parked(unclear), None).await,
                }
            }
            Action::DeleteMailbox { .. } => {
                let [look] = self.look_for([&raw]).await?;
                match look {
                    Look::Untold => Ok(()),
                    Look::There(seen) if seen.selectable || !mailbox.naming.selectable => {
                        self.conclude_with(key, again, None).await
                    }
                    // Gone, or a mere name.
                    _ => self.conclude_with(key, Outcome::Done, Some(Write::MailboxDeleted(id))).await,
                }
            }
            Action::RenameMailbox { to, name, .. } => self.renamed(key, &mailbox, to, name).await,
            Action::CreateMailbox { .. } => self.conclude_with(key, Outcome::Done, None).await,
            // Said twice, it is the same.
            _ => self.conclude_with(key, again, None).await,
        }
    }

    async fn subscribe_late(&mut self, id: MailboxId, raw: &[u8]) -> Result<(), ReplayError> {
        if self.say(command::subscribe(raw)?).await?.is_ok() {
            let writes = vec![Write::MailboxSubscribed(id, true)];
            self.commit(Verdicts { writes, ..Verdicts::default() }).await?;
        }
        Ok(())
    }

    async fn begin(&mut self, key: StepKey, mailbox: Option<Traits>) -> Result<bool, ReplayError> {
        let noted = vec![(key, Evidence { mailbox, ..Evidence::default() })];
        Ok(self.store.replay(move |tx| tx.begin(&noted)).await?)
    }

    async fn say(&mut self, command: crate::imap::Command) -> Result<Answer, ReplayError> {
        let answer = ask(self.session, vec![command]).await?.pop();
        answer.ok_or(ReplayError::Imap(crate::imap::ImapError::Protocol("no answer")))
    }

    async fn refuse(&mut self, key: StepKey, code: Option<String>) -> Result<(), ReplayError> {
        let attempts = (self.attempts)(key);
        let outcome = settle::refused(code.as_deref(), key.operation, attempts, self.now);
        self.conclude_with(key, outcome, None).await
    }

    async fn conclude_with(&mut self, key: StepKey, outcome: Outcome, write: Option<Write>) -> Result<(), ReplayError> {
        self.commit(Verdicts::of(key, outcome, write)).await
    }
}

fn gone() -> Reason {
    Reason::new("gone", "the mailbox is not on the server any more")
}

fn taken() -> Reason {
    Reason::new("exists", "a mailbox of that name is there already")
}
