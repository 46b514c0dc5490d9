//! What the user does at the phone, and what others do on the server.

use std::collections::BTreeSet;

use postrider::api::{ActionDone, CoreError, FlagChange, MailSource, MessageRow, OperationId, OperationState, PlaceId};
use postrider_model::world::FlagChange as ServerChange;

use super::ghost::{Act, Message, Step, Wish, refused, set_aside};
use super::tape::{RivalAct, UserAct};
use super::world::{Checked, MAILBOXES, Sim, in_words, number, text};

/// Flags that only the user changes, and one that both do.
const OURS: [&str; 3] = ["flagged", "$own", "seen"];
const THEIRS: [&str; 3] = ["\\Answered", "$rival", "\\Seen"];

impl Sim {
    pub(super) async fn user(&mut self, act: &UserAct) -> Checked {
        match act {
            UserAct::Cancel { pick } => return self.cancel(*pick).await,
            UserAct::Retry { pick } => return self.retry(*pick).await,
            UserAct::Append { to } => return self.append(*to).await,
            UserAct::Mailbox(act) => return self.act_on_mailbox(act).await,
            _ => {}
        }
        let (pick, span) = match act {
            UserAct::Flag { pick, span, .. }
            | UserAct::Move { pick, span, .. }
            | UserAct::Copy { pick, span, .. }
            | UserAct::Delete { pick, span } => (usize::from(*pick), usize::from(*span)),
            UserAct::Empty { .. } => (0, usize::MAX),
            _ => return Ok(()),
        };
        let mut rows = self.rows().await?;
        if let UserAct::Empty { pick, .. } = act {
            let emptied = self.chosen(*pick).map(|(_, id)| id);
            rows.retain(|row| Some(row.mailbox_id) == emptied);
        }
        if rows.is_empty() {
            return Ok(());
        }
        let mut chosen: Vec<MessageRow> = rows.iter().skip(pick % rows.len()).take(span).cloned().collect();
        chosen.sort_by_key(|row| row.id);
        let ids: Vec<PlaceId> = chosen.iter().map(|row| row.id).collect();
        let core = self.core.clone();
        let (wish, done) = match act {
            UserAct::Flag { flag, set, .. } => {
                let flag = OURS[usize::from(*flag) % OURS.len()].to_owned();
                let (mut add, mut remove) = (Vec::new(), Vec::new());
                if *set {
                    add.push(flag.clone())
                } else {
                    remove.push(flag.clone())
                };
                (Wish::Flag { flag, set: *set }, core.flag(ids, FlagChange { add, remove }).await)
            }
            UserAct::Move { to, .. } | UserAct::Copy { to, .. } | UserAct::Empty { to, .. } => {
                let Some((to, mailbox)) = self.target(*to) else { return Ok(()) };
                if matches!(act, UserAct::Copy { .. }) {
                    (Wish::Copy { to }, core.copy_to(ids, mailbox).await)
                } else {
                    (Wish::Move { to }, core.move_to(ids, mailbox).await)
                }
            }
            _ => (Wish::Delete, core.delete_forever(ids).await),
        };
        if self.doom.left().is_some() {
            // Nobody was told that it was done.
            return Ok(());
        }
        match done {
            Ok(done) => self.remember(wish, &chosen, &done).await,
            // A sync that is under way may have taken a message away since it was looked at.
            Err(CoreError::NotFound { .. }) if self.sync.is_some() => Ok(()),
            Err(error) => Err(format!("an act was refused: {error}")),
        }
    }

    /// A mail of the user's own, while the phone does not sync.
    async fn append(&mut self, to: u8) -> Checked {
        self.finish_sync().await?;
        let Some((to, mailbox)) = self.target(to).filter(|_| self.doom.left().is_none()) else { return Ok(()) };
        let mail = self.chronicle.next_mail();
        let source = MailSource::Bytes { bytes: text(mail).into_bytes() };
        let done = self.core.append(mailbox, source, Vec::new(), None).await;
        if self.doom.left().is_some() {
            return Ok(());
        }
        let done = done.map_err(|error| format!("an append was refused: {error}"))?;
        let id = done.ids.first().copied().ok_or("an append without an id")?;
        self.ghost.messages.push(Message { id, mail, is_copy: false, flags: BTreeSet::new() });
        let message = self.ghost.messages.len() - 1;
        let steps = vec![Step { message, made: None, state: OperationState::Queued }];
        self.ghost.acts.push(Act { operation: done.operation, wish: Wish::Append { to }, steps });
        self.situations.met("a mail of the user's own put into a mailbox");
        Ok(())
    }

    async fn remember(&mut self, wish: Wish, rows: &[MessageRow], done: &ActionDone) -> Checked {
        let mut steps = Vec::new();
        self.situations.met_if(rows.len() > 1, "an act on several messages");
        for (index, row) in rows.iter().enumerate() {
            let message = self.message_of(row).await?;
            let mail = self.ghost.messages[message].mail;
            let waits = self.ghost.acts.iter().flat_map(|act| act.steps.iter().map(move |step| (&act.wish, step)));
            let waits: Vec<(&Wish, &Step)> = waits.filter(|(_, step)| !is_final(step.state)).collect();
            let unmade = waits.iter().any(|(_, step)| step.made == Some(message));
            let moving = waits.iter().any(|(wish, step)| step.message == message && matches!(wish, Wish::Move { .. }));
            let pending = waits.iter().any(|(_, step)| step.message == message);
            self.situations.met_if(pending, "an act on a message with another act pending");
            let copied = self.ghost.has_copies(mail);
            self.situations.met_if(copied && matches!(wish, Wish::Copy { .. }), "a second copy of one mail");
            self.situations.met_if(copied && wish == Wish::Delete, "a deletion of a message that was copied");
            self.situations.met_if(unmade, "an act on a message whose copy is not made yet");
            self.situations.met_if(moving, "an act on a message that is being moved");
            let made = matches!(wish, Wish::Copy { .. }).then(|| done.ids.get(index).copied()).flatten();
            let made = made.map(|id| {
                let flags: BTreeSet<String> = row.flags.iter().cloned().collect();
                self.ghost.messages.push(Message { id, mail, is_copy: true, flags });
                self.ghost.messages.len() - 1
            });
            steps.push(Step { message, made, state: OperationState::Queued });
        }
        self.situations.met_if(self.sync.is_some(), "an act while a sync is under way");
        self.hash.add(&format!("{wish:?} {:?}", done.ids));
        self.ghost.acts.push(Act { operation: done.operation, wish, steps });
        Ok(())
    }

    /// The message of a row, as the user knows it: by its id, or by an earlier one that leads to it.
    async fn message_of(&mut self, row: &MessageRow) -> Checked<usize> {
        let mail = number(row).ok_or_else(|| format!("a mail nobody sent: {:?}", row.subject))?;
        if let Some(known) = self.ghost.messages.iter().position(|message| message.id == row.id) {
            return Ok(known);
        }
        for index in 0..self.ghost.messages.len() {
            if self.ghost.messages[index].mail == mail {
                let found = self.core.message(self.ghost.messages[index].id).await;
                if found.is_ok_and(|found| found.row.id == row.id) {
                    self.ghost.messages[index].id = row.id;
                    return Ok(index);
                }
            }
        }
        self.ghost.messages.push(Message { id: row.id, mail, is_copy: false, flags: BTreeSet::new() });
        Ok(self.ghost.messages.len() - 1)
    }

    async fn cancel(&mut self, pick: u16) -> Checked {
        let open = self.ghost.acts.iter().filter(|act| !act.steps.iter().all(|step| is_final(step.state)));
        let mut open: Vec<OperationId> = open.map(|act| act.operation).collect();
        open.extend(self.ghost.folders.open());
        let Some(operation) = open.get(usize::from(pick) % open.len().max(1)) else { return Ok(()) };
        match self.core.cancel_operation(*operation).await {
            Ok(_) => self.situations.met("an act taken back before it left"),
            Err(CoreError::InvalidInput { .. }) => {}
            Err(error) => return Err(format!("taking back: {error}")),
        }
        Ok(())
    }

    async fn retry(&mut self, pick: u16) -> Checked {
        let waiting = self.ghost.acts.iter().filter(|act| act.steps.iter().any(|step| refused(step.state)));
        let mut waiting: Vec<OperationId> = waiting.map(|act| act.operation).collect();
        waiting.extend(self.ghost.folders.refused());
        let Some(operation) = waiting.get(usize::from(pick) % waiting.len().max(1)).copied() else { return Ok(()) };
        match self.core.retry_operation(operation).await {
            Ok(_) => {
                let (mails, meanwhile) = (self.chronicle.mails(), self.sync.is_some());
                let aside = self.ghost.aside(&self.folder.aside().map_err(in_words)?);
                let again = self.ghost.folders.0.iter().map(|act| act.again).max().unwrap_or(0) + 1;
                if let Some(act) = self.ghost.folders.of_mut(operation) {
                    // What only waited keeps its turn.
                    if set_aside(act.state) {
                        act.again = again;
                    }
                    // What comes into a mailbox that is out of sight is not seen.
                    if meanwhile || set_aside(act.state) {
                        act.mails = mails;
                        act.aside = aside;
                    }
                    // What was moved there meanwhile goes with it or not.
                    self.ghost.retried_late.extend(0..mails);
                }
                self.ghost.tried_again(operation, meanwhile);
                // What went with its mailbox meanwhile is not to be had any more.
                let lies = |mail: &u32| self.ledger.places.values().any(|place| place.mail == *mail);
                let gone: Vec<u32> = self.ghost.mails_of(operation).filter(|mail| !lies(mail)).collect();
                if self.ghost.folders.any_deletion() {
                    self.ghost.retried_late.extend(gone);
                }
                self.situations.met("an operation tried again by the user");
            }
            Err(CoreError::InvalidInput { .. }) => {}
            // The mailbox that it was to go to is not made, or gone.
            Err(CoreError::NotFound { .. }) if self.ghost.folders.any() || !self.ledger.touched.is_empty() => {}
            Err(error) => return Err(format!("trying again: {error}")),
        }
        Ok(())
    }

    pub(super) fn rivals(&mut self, act: &RivalAct) -> Checked {
        let name = |index: &u8| MAILBOXES[usize::from(*index) % MAILBOXES.len()];
        let (mailbox, pick) = match act {
            RivalAct::Deliver { to } => {
                self.situations.met_if(self.sync.is_some(), "a mail delivered while a sync is under way");
                let to = self.on_server(*to);
                return self.deliver(&to);
            }
            RivalAct::Renumber { mailbox } => {
                self.situations.met_if(self.any_pending(None), "mailboxes renumbered while operations are pending");
                self.situations.met_if(self.sync.is_some(), "a mailbox renumbered while a sync is under way");
                if let Some(raw) = self.ledger.names.raw(name(mailbox)) {
                    self.rival.change_uidvalidity(raw).map_err(in_words)?;
                }
                return self.follow();
            }
            RivalAct::Mailbox(act) => return self.rival_on_mailbox(act),
            RivalAct::Flag { mailbox, pick, .. }
            | RivalAct::Move { mailbox, pick, .. }
            | RivalAct::Copy { mailbox, pick, .. }
            | RivalAct::Expunge { mailbox, pick }
            | RivalAct::MarkDeleted { mailbox, pick } => (name(mailbox), usize::from(*pick)),
            RivalAct::ExpungeNewest { mailbox } => (name(mailbox), usize::MAX),
        };
        let uids = self.ledger.uids(mailbox);
        let chosen = if pick == usize::MAX { uids.last() } else { uids.get(pick % uids.len().max(1)) };
        let Some(uid) = chosen.copied() else { return Ok(()) };
        let Some(raw) = self.ledger.names.raw(mailbox) else { return Ok(()) };
        let raw_of = |to: &u8| self.ledger.names.raw(name(to)).unwrap_or_else(|| "INBOX".to_owned());
        let mail = self.ledger.places.get(&(mailbox.to_owned(), uid)).map(|place| place.mail);
        let pending = self.any_pending(mail);
        if self.sync.is_some() {
            self.taken_meanwhile.extend(mail);
        }
        match act {
            RivalAct::Flag { flag, set, .. } => {
                let change = if *set { ServerChange::Add } else { ServerChange::Remove };
                let flag = THEIRS[usize::from(*flag) % THEIRS.len()];
                self.situations.met_if(pending && flag == "\\Seen", "a flag wanted by both sides");
                // A refusal is as good as an act.
                let _ = self.rival.set_flags(raw, &[uid], change, &[flag]);
            }
            RivalAct::Move { to, .. } => {
                self.situations.met_if(pending, "a rival moved a message with an operation pending");
                let _ = self.rival.move_to(raw, &[uid], raw_of(to));
            }
            RivalAct::Copy { to, .. } => {
                let _ = self.rival.copy(raw, &[uid], raw_of(to));
            }
            RivalAct::Expunge { .. } | RivalAct::ExpungeNewest { .. } => {
                self.situations.met_if(pending, "a rival removed a message with an operation pending");
                let _ = self.rival.expunge(raw, &[uid]);
            }
            _ => {
                self.situations.met("a rival marked a message deleted");
                let _ = self.rival.set_flags(raw, &[uid], ServerChange::Add, &["\\Deleted"]);
            }
        }
        self.follow()
    }

    /// Whether something that the user asked for, of this mail or of any, is not at its end.
    pub(super) fn any_pending(&self, mail: Option<u32>) -> bool {
        let mut steps = self.ghost.acts.iter().flat_map(|act| &act.steps);
        steps
            .any(|step| !is_final(step.state) && mail.is_none_or(|mail| self.ghost.messages[step.message].mail == mail))
    }
}

/// Whether nothing will happen to it again.
pub(super) fn is_final(state: OperationState) -> bool {
    matches!(state, OperationState::Done | OperationState::Moot | OperationState::Cancelled)
}
