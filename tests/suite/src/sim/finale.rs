//! What must hold in the end: faults are over, others stop, and within three syncs both sides agree.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use postrider::api::{Direction, MessageRow, OperationId, OperationState};

use super::acts::is_final;
use super::ghost::{Act, Look, Step, Wish, given_up, set_aside};
use super::world::{Checked, Sim, in_words, number};

/// Longer than anything waits before it is tried again.
const REST: Duration = Duration::from_secs(16 * 60);
const ROUNDS: usize = 3;

impl Sim {
    pub(super) async fn finale(&mut self) -> Checked {
        self.calm();
        self.each(async |phone| {
            phone.finish_sync().await?;
            phone.rise().await?;
            phone.check().await
        })
        .await?;
        // What the second phone does in a round, the first sees in its next.
        for _ in 0..ROUNDS + usize::from(self.second.is_some()) {
            tokio::time::sleep(REST).await;
            self.each(async |phone| phone.round().await).await?;
            if self.each(async |phone| phone.agrees().await).await.is_ok() {
                break;
            }
        }
        self.each(async |phone| {
            phone.agrees().await.map_err(|what| format!("after {ROUNDS} rounds: {what}"))?;
            phone.wanted()?;
            phone.mailboxes_as_wanted()?;
            phone.all_is_done()?;
            phone.nothing_is_only_said()?;
            let ended = !phone.any_pending(None);
            phone.situations.met_if(ended, "nothing left to do at the end");
            phone.situations.met_if(!ended, "something set aside at the end");
            phone.doom.strike(None);
            phone.rise().await?;
            phone.check().await?;
            phone.agrees().await.map_err(|what| format!("after another death: {what}"))?;
            phone.begin_anew().await?;
            phone.check().await
        })
        .await?;
        // What is to be done to mail that others took along with a mailbox may have waited until the phone knew it again.
        if !self.ledger.touched.is_empty() {
            tokio::time::sleep(REST).await;
            self.each(async |phone| phone.round().await).await?;
        }
        let before = self.server.world().snapshot();
        tokio::time::sleep(REST).await;
        self.each(async |phone| phone.round().await).await?;
        if self.server.world().snapshot() != before {
            return Err("I10: a sync with nothing to do changed the server".to_owned());
        }
        self.each(async |phone| {
            phone.agrees().await.map_err(|what| format!("after a restart: {what}"))?;
            phone.examine().await
        })
        .await
    }

    /// Both phones, one after the other.
    async fn each(&mut self, what: impl AsyncFn(&mut Self) -> Checked) -> Checked {
        what(self).await?;
        match &mut self.second {
            Some(second) => what(second).await.map_err(|what| format!("the second phone: {what}")),
            None => Ok(()),
        }
    }

    /// L1: where nobody interferes and nothing is refused, everything is done that was not taken back. Some servers keep no keywords;
    /// and who cannot tell copies apart asks the person.
    fn all_is_done(&self) -> Checked {
        let is_keyword = |wish: &Wish| matches!(wish, Wish::Flag { flag, .. } if flag.starts_with('$'));
        let undone = |state| matches!(state, OperationState::Parked | OperationState::Moot);
        // The user has taken back what they wanted to fill.
        let nowhere = |wish: &Wish| wish.to().is_some_and(|to| self.ghost.folders.was_taken_back(to));
        for act in self.ghost.acts.iter().filter(|act| self.quiet && !is_keyword(&act.wish) && !nowhere(&act.wish)) {
            let alike =
                |step: &&Step| !self.tells_copies && self.ghost.has_copies(self.ghost.messages[step.message].mail);
            if let Some(step) = act.steps.iter().filter(|step| !alike(step)).find(|step| undone(step.state)) {
                let mail = self.ghost.messages[step.message].mail;
                return Err(format!(
                    "L1: nothing stood in its way, but it is {}; {}",
                    step.state.as_str(),
                    self.told(mail)
                ));
            }
        }
        Ok(())
    }

    /// I4: what was moved was there. Without COPYUID, an expunge by somebody else in the same moment may be taken for the move's own.
    fn nothing_is_only_said(&self) -> Checked {
        if !self.tells_copies {
            return Ok(());
        }
        let last = |message: usize| {
            let mut steps = self.ghost.acts.iter().flat_map(|act| act.steps.iter().map(move |step| (&act.wish, step)));
            steps.rfind(|(wish, step)| step.message == message && matches!(wish, Wish::Move { .. } | Wish::Delete))
        };
        // A deletion tried again has the last word.
        let deleted = |message: usize| {
            let mut steps = self.ghost.acts.iter().filter(|act| act.wish == Wish::Delete).flat_map(|act| &act.steps);
            steps.any(|step| step.message == message && step.state == OperationState::Done)
        };
        let arrives = (0..self.ghost.messages.len()).filter(|message| !deleted(*message)).filter_map(last);
        for (wish, step) in arrives.filter(|(_, step)| step.state == OperationState::Done) {
            let Wish::Move { to } = wish else { continue };
            let mail = self.ghost.messages[step.message].mail;
            let story = self.ledger.stories.get(&mail);
            // Under another id the user may have moved it on.
            if self.ghost.messages.iter().filter(|message| message.mail == mail && !message.is_copy).count() > 1 {
                continue;
            }
            if story.is_some_and(|story| story.origin != *to && !story.lay_in.contains(to)) {
                return Err(format!("I4: moved to {to}, where it never lay; {}", self.told(mail)));
            }
        }
        Ok(())
    }

    async fn round(&mut self) -> Checked {
        self.begin_sync(Direction::Both).await?;
        let summary = self.finish_sync().await?;
        self.check().await?;
        match summary {
            Some(summary) if summary.complete => Ok(()),
            Some(summary) => Err(format!("L1: a sync without faults is not complete: {summary:?}")),
            None => Err(format!("L1: a sync without faults failed: {}", self.last_error)),
        }
    }

    /// L1: nothing is pending but what was set aside, and the phone shows what the server holds.
    async fn agrees(&mut self) -> Checked {
        self.follow()?;
        for info in self.core.operations(self.account, false).await.map_err(in_words)? {
            if !set_aside(info.state) && !self.waits_for_user(info.id) && !self.folder_waits(info.id) {
                let reason = info.reason.unwrap_or_default();
                let told: Vec<String> = self
                    .ghost
                    .acts
                    .iter()
                    .filter(|act| act.operation == info.id)
                    .flat_map(|act| act.steps.iter().map(|step| self.told(self.ghost.messages[step.message].mail)))
                    .collect();
                return Err(format!("L1: {} {} is {} {reason}; {told:?}", info.kind, info.id, info.state.as_str()));
            }
        }
        self.mailboxes_agree().await?;
        let rows = self.settled_rows().await?;
        let shown: BTreeMap<(String, u32), BTreeSet<String>> = rows
            .into_iter()
            .filter(|row| row.uid.is_some() || !self.is_unsent(row))
            .map(|row| ((self.label(row.mailbox_id), row.uid.unwrap_or(0)), row.flags.into_iter().collect()))
            .collect();
        for (key, place) in &self.ledger.places {
            let left = |wish: &Wish| matches!(wish, Wish::Move { .. } | Wish::Delete);
            let hidden = place.flags.contains("deleted") && self.ghost.wishes(place.mail, left) > 0;
            match shown.get(key) {
                None if hidden => {}
                Some(flags) if *flags == place.flags => {}
                here => return Err(format!("L1: {key:?}: phone {here:?}, {}", self.told(place.mail))),
            }
        }
        match shown.keys().find(|key| !self.ledger.places.contains_key(key)) {
            Some(key) => Err(format!("L1: {key:?} is on the phone alone")),
            None => Ok(()),
        }
    }

    /// Whether it is of a mail of the user's own that the server has not taken, or of a copy of it: it stays on the phone alone.
    fn is_unsent(&self, row: &MessageRow) -> bool {
        let state = number(row).and_then(|mail| self.ghost.appended(mail)).map(|(_, state)| state);
        state.is_some_and(set_aside)
    }

    /// Whether all that is left of an operation is about copies that were set aside.
    fn waits_for_user(&self, operation: OperationId) -> bool {
        let steps = || self.ghost.acts.iter().flat_map(|act| act.steps.iter().map(move |step| (act, step)));
        // Copies of copies wait for what those wait for.
        let waits = |message: usize| {
            let mut next = Some(message);
            while let Some(made) = next {
                let makes =
                    |(act, step): &(&Act, &Step)| step.made == Some(made) || act.appends() && step.message == made;
                let Some((_, maker)) = steps().find(makes) else { return false };
                if set_aside(maker.state) {
                    return true;
                }
                next = Some(maker.message).filter(|source| *source < made);
            }
            false
        };
        let mut mine = steps().filter(|(act, step)| act.operation == operation && !is_final(step.state));
        // Nothing goes to a mailbox that is not made.
        let nowhere = |wish: &Wish| wish.to().is_some_and(|to| self.ghost.folders.waits_to_be_made(to));
        mine.all(|(act, step)| waits(step.message) || set_aside(step.state) || nowhere(&act.wish))
    }

    /// Nothing is lost and nothing doubled, on the server too.
    fn wanted(&mut self) -> Checked {
        let mut lies: BTreeMap<u32, Vec<Look>> = BTreeMap::new();
        for ((mailbox, _), place) in &self.ledger.places {
            let left = place.flags.contains("deleted") && place.marked;
            self.situations.met_if(left, "the phone left a marked original behind");
            let looks = lies.entry(place.mail).or_default();
            if !left {
                looks.push(Look { mailbox: mailbox.clone(), flags: place.flags.clone() });
            }
        }
        for mail in 0..self.chronicle.mails() {
            let looks = lies.remove(&mail).unwrap_or_default();
            // Where others marked what the user removes too, it cannot be told whose mark it is.
            if self.ledger.stories.get(&mail).is_some_and(|story| story.foreign.contains("deleted")) {
                continue;
            }
            // What the server refused to take it does not have.
            if self.ghost.appended(mail).is_some_and(|(_, state)| given_up(state)) && looks.is_empty() {
                continue;
            }
            self.as_wanted(mail, looks).map_err(|what| format!("on the server: {what}; {}", self.told(mail)))?;
        }
        Ok(())
    }
}
