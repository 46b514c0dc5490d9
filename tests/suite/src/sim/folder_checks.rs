//! What must hold of what the user asked of mailboxes.

use std::collections::{BTreeMap, BTreeSet};

use postrider::api::{MailboxId, OperationId, OperationInfo, OperationState};

use super::acts::is_final;
use super::folders::{FolderAct, FolderWish, POOL};
use super::ghost::{Step, Wish, given_up};
use super::world::{Checked, MAILBOXES, Sim, in_words};
use crate::phone::USER;

impl Sim {
    /// I6 of mailboxes, and that nothing goes with one that the user did not see in it, or wanted elsewhere.
    pub(super) fn allowed_with_mailbox(&mut self, label: &str, mails: &BTreeSet<u32>) -> Checked {
        for mail in mails {
            let story = self.ledger.stories.get(mail);
            if story.is_some_and(|story| story.meddled) {
                continue;
            }
            let mails = self.ghost.folders.of_mailbox(label).map(|act| act.mails).max();
            // It may come between the last look and the command.
            let is_new = mails.is_some_and(|mails| *mail >= mails) && !self.came_meanwhile.contains(mail);
            if !self.known.contains(mail) && is_new {
                return Err(format!("mail {mail} went with {label}, and the user never saw it"));
            }
            let deletion = self.ghost.folders.of_mailbox(label).filter(|act| act.wish == FolderWish::Delete).last();
            let was_aside = |step: &(OperationId, &Wish, &Step)| {
                deletion.is_some_and(|act| act.aside.contains(&(step.0, step.2.message)))
            };
            let moves = |(_, wish, step): (OperationId, &Wish, &Step)| match wish {
                Wish::Move { to } if step.state != OperationState::Cancelled => Some(to != label),
                Wish::Delete => Some(false),
                _ => None,
            };
            let steps = self.ghost.operations_on(*mail).filter(|step| !was_aside(step));
            let elsewhere = steps.filter_map(moves).last().unwrap_or(false);
            // Where a move was set aside half done, the user saw it in both.
            let is_left = self.ledger.places.values().any(|place| place.mail == *mail && !place.marked);
            if elsewhere && !is_left && !self.ghost.has_copies(*mail) {
                return Err(format!(
                    "mail {mail} went with {label}, from where it was to be moved; {}",
                    self.told(*mail)
                ));
            }
        }
        self.ghost.folders.did(label, &FolderWish::Delete)
    }

    /// The label of a mailbox that somebody made under a name, where it is one that the phone knows.
    pub(super) fn label_of_new(&mut self, name: &str, ours: bool, given_up: &BTreeSet<i64>) -> Option<String> {
        // Where others made what the user wants to make, that is it.
        let is_there = |label: &str| self.ledger.names.name(label).is_some();
        if let Some(label) = self.ghost.folders.made(name, given_up).find(|label| !is_there(label)) {
            return Some(label.to_owned());
        }
        if !ours {
            return self.ledger.names.label_of_others(name);
        }
        // What the user made, or wants to, under a name that others gave away is theirs now.
        let again = self.ghost.folders.may_be_made_again(name);
        let wanted = self.ghost.folders.made(name, given_up).next().map(str::to_owned);
        let lost = wanted.or_else(|| again.then(|| self.ledger.names.label_before(name)));
        if let Some(label) = lost.filter(|_| self.ledger.names.was_renamed(name)) {
            self.ledger.relabel(&label, &format!("{label}, lost"));
            return Some(label);
        }
        // What others deleted may be made anew, with what goes below it.
        let goes = |label: &str| self.ghost.folders.deletions().any(|(_, gone)| gone == label);
        let anew = |label: &String| self.ledger.touched.contains(label) && (!goes(label) || again);
        self.ledger.names.label_of_others(name).filter(anew)
    }

    /// I1 and I2 of what was asked of mailboxes.
    pub(super) fn journal_of_mailboxes(&mut self, infos: &BTreeMap<OperationId, OperationInfo>) -> Checked {
        for index in 0..self.ghost.folders.0.len() {
            let operation = self.ghost.folders.0[index].operation;
            let info = self.heard_of(operation, infos)?;
            let act = &mut self.ghost.folders.0[index];
            if is_final(act.state) && act.state != info.state {
                return Err(format!("I1: {:?} that was {} is {}", act.wish, act.state.as_str(), info.state.as_str()));
            }
            if act.state != info.state {
                self.hash.add(&format!("{operation} {}", info.state.as_str()));
            }
            act.state = info.state;
        }
        Ok(())
    }

    /// Mail of the user's own that was to go to a mailbox that is not there waits in the inbox.
    pub(super) fn appends_elsewhere(&mut self) -> Checked {
        if !self.ghost.folders.any() && self.ledger.touched.is_empty() {
            return Ok(());
        }
        let now = self.folder.appends().map_err(in_words)?;
        let inbox = self.mailboxes.get("INBOX").map_or(0, |id| id.0);
        for act in &mut self.ghost.acts {
            let Wish::Append { to } = &act.wish else { continue };
            let goes_to_inbox = now.get(&act.operation.0) == Some(&inbox) && to != "INBOX";
            if goes_to_inbox && (!self.mailboxes.contains_key(to) || self.ledger.touched.contains(to)) {
                act.wish = Wish::Append { to: "INBOX".to_owned() };
            } else if goes_to_inbox {
                return Err(format!("the append {} goes to the inbox, and {to} is there", act.operation));
            }
        }
        Ok(())
    }

    /// Whether an operation on a mailbox waits for one that was set aside.
    pub(super) fn folder_waits(&self, operation: OperationId) -> bool {
        let Some(act) = self.ghost.folders.of(operation) else { return false };
        self.ghost.folders.waits_to_be_made(&act.label)
    }

    /// L1 of mailboxes: the phone lists them under the names they have, and they are as the user wants them.
    pub(super) async fn mailboxes_agree(&mut self) -> Checked {
        let shown: BTreeMap<String, MailboxId> = self.learn_mailboxes().await?.into_iter().collect();
        // What a server made above others is nobody's.
        let concerns = |label: &str| self.ghost.folders.any_of(label) || MAILBOXES.contains(&label);
        for (name, label) in self.ledger.names.all().filter(|(_, label)| concerns(label)) {
            match shown.get(name) {
                Some(id) if self.label(*id) == label => {}
                None if self.is_no_mailbox(name) => {}
                other => return Err(format!("L1: {label} is named {name}, the phone has {other:?}; {shown:?}")),
            }
        }
        let gone = |name: &&String| POOL.iter().any(|pool| name.contains(pool)) || name.ends_with("/Below");
        let there: BTreeSet<&str> = self.ledger.names.all().map(|(name, _)| name).collect();
        match shown.keys().filter(gone).find(|name| !there.contains(name.as_str())) {
            Some(name) => Err(format!("L1: {name} is on the phone alone")),
            None => Ok(()),
        }
    }

    /// Whether the server has nothing of this name, or a mere name: such come and go with what lies below them.
    fn is_no_mailbox(&self, name: &str) -> bool {
        let raw = self.ledger.names.raw_of(name);
        let world = self.server.world().snapshot();
        let mailbox = world.accounts.get(USER).and_then(|account| account.mailboxes.get(raw.as_bytes()));
        mailbox.is_none_or(|mailbox| mailbox.noselect)
    }

    /// Each mailbox that the user had a hand in is there or not, as they want it, under the last name that was not given up.
    pub(super) fn mailboxes_as_wanted(&self) -> Checked {
        let labels: BTreeSet<&str> = self.ghost.folders.0.iter().map(|act| act.label.as_str()).collect();
        for label in labels.into_iter().filter(|label| !self.ledger.touched.contains(*label)) {
            let mut acts: Vec<&FolderAct> = self.ghost.folders.of_mailbox(label).collect();
            // Tried again it has the last word.
            acts.sort_by_key(|act| if matches!(act.wish, FolderWish::Create { .. }) { 0 } else { act.again });
            let any_given_up = acts.iter().any(|act| given_up(act.state));
            if self.denies && any_given_up {
                continue;
            }
            let mut wanted = MAILBOXES.contains(&label).then(|| label.to_owned());
            for act in acts.iter().filter(|act| !given_up(act.state)) {
                match &act.wish {
                    FolderWish::Create { name } | FolderWish::Rename { name } => wanted = Some(name.clone()),
                    FolderWish::Delete => wanted = None,
                    FolderWish::Subscribe => {}
                }
            }
            // Tried again it has the last word, whenever it was asked for.
            if acts.iter().any(|act| act.wish == FolderWish::Delete && act.state == OperationState::Done) {
                wanted = None;
            }
            let there = self.ledger.names.name(label);
            // What lies below another is named by that too.
            let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
            if there.map(last) != wanted.as_deref().map(last) {
                return Err(format!("mailbox {label} is {there:?}, wanted {wanted:?}; {acts:?}"));
            }
        }
        Ok(())
    }
}
