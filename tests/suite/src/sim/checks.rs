//! What must hold at every moment (the invariants of safety), looked at after each deed.

use std::collections::{BTreeMap, BTreeSet};

use postrider::api::{MessageRow, OperationId, OperationInfo, OperationState, PlaceId};
use postrider_model::world::{Actor, Change, Effect};

use super::acts::is_final;
use super::fold::View;
use super::folders::FolderWish;
use super::ghost::{Look, Step, Wish, given_up, set_aside};
use super::ledger::{Deed, Place, Story};
use super::situations::Stage;
use super::world::{Checked, Sim, in_words, number};

impl Sim {
    /// All of them, of a store that has changed since the last time.
    pub(super) async fn check(&mut self) -> Checked {
        self.follow()?;
        let version = self.folder.version().map_err(in_words)?;
        if self.doom.left().is_some() || self.checked == Some(version) {
            return Ok(());
        }
        self.journal().await?;
        self.view().await?;
        self.checked = Some(version);
        Ok(())
    }

    /// I6: what the phone's commands did on the server was asked for, of that very message.
    pub(super) fn follow(&mut self) -> Checked {
        self.chronicle.go_on(&self.server, &self.hash);
        while let Some(effect) = self.chronicle.at(self.followed) {
            self.followed += 1;
            self.effect(&effect)?;
        }
        let violations = self.server.world().violations();
        violations.first().map_or(Ok(()), |violation| Err(format!("protocol: {}", violation.why)))
    }

    fn effect(&mut self, effect: &Effect) -> Checked {
        let ours = matches!(effect.by, Actor::Session { connection, .. } if self.network.made(connection));
        if ours && matches!(effect.change, Change::Expunged { .. }) {
            let foreign = |place: &Place| !place.marked && place.flags.contains("deleted");
            let marked = self.ledger.places.values().any(foreign);
            self.situations.met_if(marked, "a foreign mark was there when the phone expunged");
        }
        let label = match &effect.change {
            Change::Created(raw) => {
                let given_up = self.folder.given_up().map_err(in_words)?;
                self.label_of_new(&self.ledger.names.shown(raw), ours, &given_up)
            }
            _ => None,
        };
        for deed in self.ledger.follow(&effect.change, ours, label) {
            self.allowed(&deed).map_err(|what| format!("I6: {what}, by {:?}: {:?}", effect.by, effect.change))?;
        }
        Ok(())
    }

    fn allowed(&mut self, deed: &Deed) -> Checked {
        let leaves = |wish: &Wish| matches!(wish, Wish::Move { .. } | Wish::Delete);
        let named = |mail: u32, what: &str| Err(format!("mail {mail} {what}, which nobody asked for"));
        match deed {
            Deed::Flag { mail, flag, set: false } if flag == "deleted" => {
                let taken_back =
                    |(wish, step): (&Wish, &Step)| *wish == Wish::Delete && step.state == OperationState::Cancelled;
                if !self.ghost.steps_on(*mail).any(taken_back) {
                    return named(*mail, "lost its mark");
                }
            }
            Deed::Flag { mail, flag, .. } if flag == "deleted" => {
                if self.ghost.wishes(*mail, leaves) == 0 {
                    return named(*mail, "was marked deleted");
                }
            }
            Deed::Flag { mail, flag, set } => {
                let fits = |wish: &Wish| *wish == Wish::Flag { flag: flag.clone(), set: *set };
                if self.ghost.wishes(*mail, fits) == 0 {
                    return named(*mail, &format!("got the flag {flag} changed"));
                }
            }
            Deed::Appended { mail, to } => {
                if self.ghost.wishes(*mail, |wish| *wish == Wish::Append { to: to.clone() }) == 0 {
                    return named(*mail, &format!("was appended to {to}"));
                }
                // Where others deleted or moved what came of the first append, it is made again.
                let there = self.ledger.places.values().filter(|place| place.mail == *mail && place.is_own).count();
                if let Some(story) = self.ledger.stories.get(mail)
                    && story.appended > 1
                    && (!story.meddled || there > 1)
                {
                    return Err(format!("I2: mail {mail} was appended {} times", story.appended));
                }
                self.situations.met("the phone appended a mail");
            }
            Deed::Copied { mail, to } => {
                let goes = |wish: &Wish| matches!(wish, Wish::Move { to: t } | Wish::Copy { to: t } if t == to);
                if self.ghost.wishes(*mail, goes) == 0 {
                    return named(*mail, &format!("was copied to {to}"));
                }
                let times = self.ledger.stories.get(mail).map_or(0, |story| story.copied.values().sum::<u32>());
                self.situations.met_if(times > 1, "the phone copied a message twice");
            }
            Deed::Moved { mail, to } => {
                if self.ghost.wishes(*mail, |wish| *wish == Wish::Move { to: to.clone() }) == 0 {
                    return named(*mail, &format!("was moved to {to}"));
                }
                self.situations.met("the phone moved by MOVE");
            }
            Deed::Expunged { mail } => {
                let deletes = self.ghost.wishes(*mail, |wish| *wish == Wish::Delete);
                let story = self.ledger.stories.get(mail).cloned().unwrap_or_default();
                let moves = self.ghost.wishes(*mail, |wish| matches!(wish, Wish::Move { .. }));
                // A copy was made before, and stands for what was expunged.
                let copied: u32 = story.copied.values().sum();
                if story.expunged > deletes + copied.min(moves) {
                    return Err(format!("mail {mail} was expunged {} times, deleted {deletes}", story.expunged));
                }
                let lies_elsewhere = self.ledger.places.values().any(|place| place.mail == *mail);
                let may_be_gone = self.is_shared || self.taken_meanwhile.contains(mail) || self.ledger.renumbered;
                // Others may delete the mailbox that it was just copied to.
                let went_along = story.lay_in.iter().any(|label| self.ledger.touched.contains(label));
                let any_gone = went_along || self.ghost.folders.any_deletion();
                if deletes == 0 && !lies_elsewhere && !may_be_gone && !any_gone {
                    return Err(format!("I12: mail {mail} was expunged for a move, and lies nowhere now"));
                }
                self.situations.met("the phone expunged by UID");
                self.situations.met_if(story.expunged > deletes, "the phone moved by COPY and EXPUNGE");
            }
            Deed::Mailbox { label, wish: FolderWish::Delete, mails } => self.allowed_with_mailbox(label, mails)?,
            // What is made, renamed or deleted is subscribed accordingly: by its name, which others may change meanwhile.
            Deed::Mailbox { label, wish: FolderWish::Subscribe, .. }
                if self.ghost.folders.any_of(label) || !self.ledger.touched.is_empty() => {}
            Deed::Mailbox { label, wish, .. } => match (self.ghost.folders.did(label, wish), wish) {
                // A server makes what is missing above; and what others deleted before its making was answered is made again.
                (Err(_), FolderWish::Create { name })
                    if self.ghost.folders.any_below(name) || self.ghost.folders.may_be_made_again(name) => {}
                (did, _) => did?,
            },
            Deed::Other(what) => return Err(format!("{what}, which nobody asked for")),
        }
        Ok(())
    }

    /// I1 and I2: what was acknowledged is in the journal, nothing else is, and what ended otherwise than done says why.
    async fn journal(&mut self) -> Checked {
        let infos = self.core.operations(self.account, true).await.map_err(in_words)?;
        // Who takes back a deletion that had marked a message has the mark taken away.
        let known: BTreeSet<OperationId> = self.ghost.acts.iter().map(|act| act.operation).collect();
        let unmarks = infos.iter().filter(|info| info.kind == "flag" && !known.contains(&info.id)).count();
        let deletions = self.ghost.acts.iter().filter(|act| act.wish == Wish::Delete).count();
        let acknowledged = known.len() + self.ghost.folders.0.len();
        if infos.len() != acknowledged + unmarks || unmarks > deletions {
            return Err(format!("I2: {acknowledged} acts acknowledged, {} in the journal", infos.len()));
        }
        self.situations.met_if(unmarks > 0, "a deletion taken back after its mark");
        let infos: BTreeMap<OperationId, OperationInfo> = infos.into_iter().map(|info| (info.id, info)).collect();
        self.journal_of_mailboxes(&infos)?;
        self.appends_elsewhere()?;
        for index in 0..self.ghost.acts.len() {
            let operation = self.ghost.acts[index].operation;
            let info = self.heard_of(operation, &infos)?;
            let act = &self.ghost.acts[index];
            if act.appends() || !act.steps.iter().all(|step| is_final(step.state)) {
                self.steps(index, info).await?;
            }
        }
        Ok(())
    }

    /// What the journal says of what was acknowledged.
    pub(super) fn heard_of<'i>(
        &mut self,
        operation: OperationId,
        infos: &'i BTreeMap<OperationId, OperationInfo>,
    ) -> Checked<&'i OperationInfo> {
        let info = infos.get(&operation).ok_or_else(|| format!("I1: operation {operation} is lost"))?;
        if given_up(info.state) && info.state != OperationState::Cancelled && info.reason.is_none() {
            return Err(format!("I2: operation {operation} is {} without a reason", info.state.as_str()));
        }
        self.meet(info);
        Ok(info)
    }

    fn meet(&mut self, info: &OperationInfo) {
        let (met, stage) = match info.state {
            OperationState::Unknown | OperationState::Probing => {
                ("an operation with its answer lost, seen by the user", Stage::Lost)
            }
            OperationState::Retry => ("an operation refused for now", Stage::Later),
            OperationState::Parked | OperationState::NeedsUser => ("an operation set aside", Stage::Aside),
            OperationState::Moot => ("an operation that had become moot", Stage::Moot),
            _ => return,
        };
        self.situations.met(met);
        self.situations.met_kind(&info.kind, stage);
    }

    async fn steps(&mut self, act: usize, info: &OperationInfo) -> Checked {
        let known = self.core.operation_steps(info.id).await.map_err(in_words)?;
        let mut left: Vec<(Option<PlaceId>, OperationState)> =
            known.into_iter().map(|step| (step.message_id, step.state)).collect();
        for index in 0..self.ghost.acts[act].steps.len() {
            let step = self.ghost.acts[act].steps[index].clone();
            let id = self.ghost.messages[step.made.unwrap_or(step.message)].id;
            // A message whose id leads to another now comes after those that are named.
            let at = left.iter().position(|(other, _)| *other == Some(id)).unwrap_or(0);
            let mail = self.ghost.messages[step.message].mail;
            // Two places that turned out to be one have one step.
            let same = |twin: &&Step| self.ghost.messages[twin.message].mail == mail;
            let twin = self.ghost.acts[act].steps[..index].iter().find(same).map(|twin| twin.state);
            let state = if at < left.len() { left.remove(at).1 } else { twin.unwrap_or(info.state) };
            // What others took away at once looks as if it had never been stored.
            let meddled = self.ledger.stories.get(&mail).is_some_and(|story| story.meddled);
            let taken_back = self.ghost.acts[act].appends() && state == OperationState::Parked && meddled;
            if is_final(step.state) && state != step.state && !taken_back {
                return Err(format!("I1: a step that was {} is {}", step.state.as_str(), state.as_str()));
            }
            if state != step.state {
                self.hash.add(&format!("{} {index} {}", info.id, state.as_str()));
                let lost = matches!(step.state, OperationState::Unknown | OperationState::InFlight);
                let done = lost && state == OperationState::Done;
                self.situations.met_if(done, "an operation unknown before a sync and done after it");
                self.situations.met_if(done && info.kind == "move", "a move unknown and then done");
                self.situations.met_if(done && info.kind == "copy", "a copy unknown and then done");
                let again = lost && info.kind == "move" && state == OperationState::Queued;
                self.situations.met_if(again, "a move unknown and then sent again");
            }
            self.ghost.acts[act].steps[index].state = state;
            if given_up(state) {
                self.ghost.refused.insert(self.ghost.messages[step.message].mail);
            }
            if state == OperationState::Moot && state != step.state {
                self.moot(self.ghost.messages[step.message].mail, info)?;
            }
        }
        Ok(())
    }

    /// Nothing is moot about a mail that nobody else touched, unless the user took it away themselves.
    fn moot(&self, mail: u32, info: &OperationInfo) -> Checked {
        let meddled = self.ledger.stories.get(&mail).is_none_or(|story| story.meddled);
        let own = |wish: &Wish| matches!(wish, Wish::Delete | Wish::Copy { .. });
        let any_gone = self.ghost.folders.any_deletion() || !self.ledger.touched.is_empty();
        if meddled || any_gone || self.ghost.steps_on(mail).any(|(wish, _)| own(wish)) {
            return Ok(());
        }
        Err(format!("I9: {} {} of mail {mail} is moot ({:?}), and nobody removed it", info.kind, info.id, info.reason))
    }

    /// I3: what is shown is mirror and journal together, and what the user did shows from the moment it was acknowledged.
    async fn view(&mut self) -> Checked {
        let rows = self.settled_rows().await?;
        for row in &rows {
            self.hash.add(&format!("{} {} {:?} {:?}", row.mailbox, row.id, row.uid, row.flags));
        }
        let mut shown: BTreeMap<u32, Vec<Look>> = BTreeMap::new();
        for row in &rows {
            let mail = number(row).ok_or_else(|| format!("a mail nobody sent: {:?}", row.subject))?;
            let look = Look { mailbox: self.label(row.mailbox_id), flags: row.flags.iter().cloned().collect() };
            shown.entry(mail).or_default().push(look);
        }
        self.seen.extend(shown.keys().copied());
        self.known.extend(shown.keys().copied());
        for mail in self.seen.clone() {
            let mut looks = shown.remove(&mail).unwrap_or_default();
            self.situations.met_if(looks.len() > 1, "a mail in several places");
            looks.sort();
            let place = |row: &&MessageRow| number(row) == Some(mail);
            self.as_wanted(mail, looks).map_err(|what| {
                let rows: Vec<_> = rows.iter().filter(place).map(|row| (row.id, row.uid, &row.pending)).collect();
                format!("I3: {what}; {rows:?}; {}", self.told(mail))
            })?;
        }
        Ok(())
    }

    /// What is known of a mail, for whoever looks for the fault.
    pub(super) fn told(&self, mail: u32) -> String {
        let acts = self.ghost.acts.iter().flat_map(|act| act.steps.iter().map(move |step| (act, step)));
        let acts = acts.filter(|(_, step)| self.ghost.messages[step.message].mail == mail);
        let acts: Vec<String> = acts
            .map(|(act, step)| format!("{}:{:?} of {} {}", act.operation, act.wish, step.message, step.state.as_str()))
            .collect();
        let places: Vec<_> = self.ledger.places.iter().filter(|(_, place)| place.mail == mail).collect();
        format!("acts {acts:?}; server {places:?}")
    }

    /// The rows, held against the second computation of the view.
    pub(super) async fn settled_rows(&mut self) -> Checked<Vec<MessageRow>> {
        for _ in 0..50 {
            let version = self.folder.version().map_err(in_words)?;
            let view = self.folder.view().map_err(in_words)?;
            let rows = self.rows().await?;
            if self.folder.version().map_err(in_words)? != version {
                continue;
            }
            let listed: BTreeSet<i64> = self.mailboxes.values().map(|id| id.0).collect();
            let expected: View = view.into_iter().filter(|((mailbox, _), _)| listed.contains(mailbox)).collect();
            let shown: View =
                rows.iter().map(|row| ((row.mailbox_id.0, row.id.0), row.flags.iter().cloned().collect())).collect();
            if let Some((key, _)) = expected.iter().find(|(key, flags)| shown.get(key) != Some(flags)) {
                return Err(format!("I3: {key:?} should be {:?}, shown is {:?}", expected.get(key), shown.get(key)));
            }
            if let Some(key) = shown.keys().find(|key| !expected.contains_key(key)) {
                return Err(format!("I3: {key:?} is shown and should not be"));
            }
            return Ok(rows);
        }
        Err("the view never came to rest".to_owned())
    }

    /// Whether a move or a deletion of a mail was set aside after its first half: then it lies in two places, or is marked.
    fn half_done(&self, mail: u32) -> bool {
        let leaves = |wish: &Wish| matches!(wish, Wish::Move { .. } | Wish::Delete);
        let Some(story) = self.ledger.stories.get(&mail) else { return false };
        // The user may give up what was set aside: what was done of it stays so.
        let copied = |wish: &Wish| matches!(wish, Wish::Move { to } if story.copied.contains_key(to));
        self.ghost.steps_on(mail).any(|(wish, step)| {
            let taken_back = step.state == OperationState::Cancelled;
            leaves(wish) && set_aside(step.state)
                || copied(wish) && taken_back
                // What was copied in between carries the mark.
                || *wish == Wish::Delete && taken_back && self.ghost.has_copies(mail)
        }) && self.ledger.places.values().any(|place| place.mail == mail)
            && (!story.copied.is_empty() || story.was_marked)
    }

    /// Whether a mail looks as the user wants it, as far as nobody else had a hand in it.
    pub(super) fn as_wanted(&self, mail: u32, mut looks: Vec<Look>) -> Checked {
        let unsent = self.ghost.appended(mail).map(|(to, _)| Story { origin: to.to_owned(), ..Story::default() });
        let Some(story) = self.ledger.stories.get(&mail).or(unsent.as_ref()) else { return Ok(()) };
        let given_up = self.ghost.any_given_up(mail);
        // What was refused may have been done before, and its answer lost.
        let half_done = story.expunged > 0 || self.half_done(mail);
        if story.meddled || self.ghost.retried_late.contains(&mail) || given_up && (self.denies || half_done) {
            return Ok(());
        }
        let mut wanted = self.ghost.expected(mail, &story.origin);
        // Copies of one mail in one mailbox cannot be told apart where no COPYUID tells which is which, or it told of UIDs that
        // mean nothing any more.
        let refused = self.ghost.refused.contains(&mail);
        let told = self.tells_copies && !self.ledger.renumbered;
        let alike = !told && self.ghost.has_copies(mail);
        for look in looks.iter_mut().chain(&mut wanted) {
            // What was copied carries the flags it had on the server, whatever became of what was to come before.
            look.flags.retain(|flag| flag != "deleted" && !refused && !alike && !story.foreign.contains(flag));
        }
        looks.sort();
        wanted.sort();
        if looks == wanted { Ok(()) } else { Err(format!("mail {mail} is {looks:?}, wanted {wanted:?}")) }
    }
}
