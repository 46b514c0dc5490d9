//! What the user asked for, as they remember it: every act that was acknowledged, and what it was about.

use std::collections::{BTreeMap, BTreeSet};

use postrider::api::{OperationId, OperationState, PlaceId};

use super::folders::Folders;

/// What an act asks of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Append { to: String },
    Flag { flag: String, set: bool },
    Move { to: String },
    Copy { to: String },
    Delete,
}

impl Wish {
    /// Where the message is to go.
    pub(super) fn to(&self) -> Option<&str> {
        match self {
            Self::Append { to } | Self::Move { to } | Self::Copy { to } => Some(to),
            Self::Flag { .. } | Self::Delete => None,
        }
    }
}

/// What an act asks of one message.
#[derive(Clone, Debug)]
pub(super) struct Step {
    /// Which of the user's messages.
    pub(super) message: usize,
    /// Which a copy makes.
    pub(super) made: Option<usize>,
    /// How far it has come, by the journal's last word.
    pub(super) state: OperationState,
}

/// One act.
#[derive(Clone, Debug)]
pub(super) struct Act {
    pub(super) operation: OperationId,
    pub(super) wish: Wish,
    pub(super) steps: Vec<Step>,
}

impl Act {
    /// Whether it puts a mail of the user's own somewhere.
    pub(super) fn appends(&self) -> bool {
        matches!(self.wish, Wish::Append { .. })
    }
}

/// A message as the user knows it: this mail, in this place.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub(super) id: PlaceId,
    pub(super) mail: u32,
    /// Whether the user copied it from another.
    pub(super) is_copy: bool,
    /// What it carried when it came into being.
    pub(super) flags: BTreeSet<String>,
}

/// Everything the user remembers.
#[derive(Default)]
pub(super) struct Ghost {
    pub(super) acts: Vec<Act>,
    pub(super) folders: Folders,
    pub(super) messages: Vec<Message>,
    /// Mails of which anything was ever given up: copies made meanwhile lack what was tried again later.
    pub(super) refused: BTreeSet<u32>,
    /// Mails of which something was tried again after what was asked for later was done, or what it had left behind was acted on:
    /// which of the two has the last word is open.
    pub(super) retried_late: BTreeSet<u32>,
}

/// How a message should look.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Look {
    pub(super) mailbox: String,
    pub(super) flags: BTreeSet<String>,
}

/// Whether what is in this state waits for the user.
pub(super) fn set_aside(state: OperationState) -> bool {
    matches!(state, OperationState::Parked | OperationState::NeedsUser)
}

/// Whether what is in this state was refused, for now or for good.
pub(super) fn refused(state: OperationState) -> bool {
    set_aside(state) || state == OperationState::Retry
}

/// Whether what is in this state was given up.
pub(super) fn given_up(state: OperationState) -> bool {
    set_aside(state) || matches!(state, OperationState::Moot | OperationState::Cancelled)
}

impl Ghost {
    /// The steps on a mail with what they ask for.
    pub(super) fn steps_on(&self, mail: u32) -> impl Iterator<Item = (&Wish, &Step)> {
        self.operations_on(mail).map(|(_, wish, step)| (wish, step))
    }

    /// The same, and of which operations they are.
    pub(super) fn operations_on(&self, mail: u32) -> impl Iterator<Item = (OperationId, &Wish, &Step)> {
        let of = move |message: usize| self.messages.get(message).is_some_and(|message| message.mail == mail);
        let all = self.acts.iter().flat_map(|act| act.steps.iter().map(move |step| (act.operation, &act.wish, step)));
        all.filter(move |(.., step)| of(step.message))
    }

    /// What is set aside, by operation and message.
    pub(super) fn aside(&self, now: &BTreeSet<(i64, i64)>) -> BTreeSet<(OperationId, usize)> {
        let steps = self.acts.iter().flat_map(|act| act.steps.iter().map(move |step| (act.operation, step)));
        let is_aside = |(operation, step): &(OperationId, &Step)| {
            set_aside(step.state) || now.contains(&(operation.0, self.messages[step.message].id.0))
        };
        steps.filter(is_aside).map(|(operation, step)| (operation, step.message)).collect()
    }

    /// Whether anything that was asked of a message is in this state.
    pub(super) fn any_step(&self, state: OperationState) -> bool {
        self.acts.iter().flat_map(|act| &act.steps).any(|step| step.state == state)
    }

    /// How many steps on a mail ask for such a thing, those left out that were taken back.
    pub(super) fn wishes(&self, mail: u32, fits: impl Fn(&Wish) -> bool) -> u32 {
        self.steps_on(mail).filter(|(wish, step)| fits(wish) && step.state != OperationState::Cancelled).count() as u32
    }

    /// The mails that an act is about.
    pub(super) fn mails_of(&self, operation: OperationId) -> impl Iterator<Item = u32> {
        let acts = self.acts.iter().filter(move |act| act.operation == operation);
        acts.flat_map(|act| &act.steps).map(|step| self.messages[step.message].mail)
    }

    /// The user had an act tried again, maybe while a sync was carrying out what was asked for later.
    pub(super) fn tried_again(&mut self, operation: OperationId, meanwhile: bool) {
        let (before, rest) = match self.acts.iter().position(|act| act.operation == operation) {
            Some(at) => self.acts.split_at(at + 1),
            None => return,
        };
        let Some(act) = before.last() else { return };
        let done = |message: usize| {
            let mut steps = rest.iter().flat_map(|act| &act.steps);
            steps.any(|step| step.message == message && (meanwhile || step.state == OperationState::Done))
        };
        // What a move that was half done had left behind may have been acted on as a message of its own.
        let left_behind = |message: usize| {
            let one = &self.messages[message];
            self.messages.iter().filter(|other| other.mail == one.mail && !other.is_copy).count() > 1
        };
        let late = act.steps.iter().filter(|step| done(step.message) || left_behind(step.message));
        let late = late.map(|step| self.messages[step.message].mail);
        self.retried_late.extend(late.collect::<Vec<_>>());
    }

    /// Whether anything was asked of one mail here and there.
    pub(super) fn met(&self, other: &Self) -> bool {
        self.messages.iter().any(|message| other.steps_on(message.mail).next().is_some())
    }

    /// Whether the user copied a mail.
    pub(super) fn has_copies(&self, mail: u32) -> bool {
        self.messages.iter().any(|message| message.mail == mail && message.is_copy)
    }

    /// Where the user put a mail of their own, and how far that has come.
    pub(super) fn appended(&self, mail: u32) -> Option<(&str, OperationState)> {
        self.steps_on(mail).find_map(|(wish, step)| match wish {
            Wish::Append { to } => Some((to.as_str(), step.state)),
            _ => None,
        })
    }

    /// Whether anything that was asked of this mail was given up.
    pub(super) fn any_given_up(&self, mail: u32) -> bool {
        self.steps_on(mail).any(|(_, step)| given_up(step.state))
    }

    /// How all messages of a mail should look that only the user has touched: what was asked for and not given up, in order.
    pub(super) fn expected(&self, mail: u32, origin: &str) -> Vec<Look> {
        let mut looks: BTreeMap<usize, Look> = BTreeMap::new();
        let mut removed = BTreeSet::new();
        let mine: Vec<usize> = (0..self.messages.len()).filter(|index| self.messages[*index].mail == mail).collect();
        let taken_back = self.appended(mail).is_some_and(|(_, state)| state == OperationState::Cancelled);
        for index in &mine {
            if !self.messages[*index].is_copy && !taken_back {
                looks.insert(*index, Look { mailbox: origin.to_owned(), flags: BTreeSet::new() });
            }
        }
        // Of what the user has not touched, or only copied, the mail lies where it came.
        if mine.iter().all(|index| self.messages[*index].is_copy) {
            looks.insert(usize::MAX, Look { mailbox: origin.to_owned(), flags: BTreeSet::new() });
        }
        let mut deletions = self.folders.deletions().peekable();
        for act in &self.acts {
            while let Some((_, label)) = deletions.next_if(|(operation, _)| *operation < act.operation) {
                looks.retain(|_, look| look.mailbox != label);
            }
            // A message that was to go and is not there is gone.
            let counts =
                |step: &&Step| !given_up(step.state) || act.wish == Wish::Delete && step.state == OperationState::Moot;
            for step in act.steps.iter().filter(|step| mine.contains(&step.message)).filter(counts) {
                match &act.wish {
                    Wish::Append { .. } => {}
                    Wish::Flag { flag, set } => {
                        if let Some(look) = looks.get_mut(&step.message) {
                            if *set {
                                look.flags.insert(flag.clone())
                            } else {
                                look.flags.remove(flag)
                            };
                        }
                    }
                    Wish::Move { to } => {
                        if let Some(look) = looks.get_mut(&step.message) {
                            look.mailbox.clone_from(to);
                        }
                    }
                    Wish::Copy { to } => {
                        // A copy of what was never made is not made.
                        if let Some(made) = step.made.filter(|_| looks.contains_key(&step.message)) {
                            let flags = self.messages[made].flags.clone();
                            looks.insert(made, Look { mailbox: to.clone(), flags });
                        }
                    }
                    Wish::Delete => {
                        removed.insert(step.message);
                    }
                }
            }
        }
        for (_, label) in deletions {
            looks.retain(|_, look| look.mailbox != label);
        }
        let mut looks: Vec<Look> =
            looks.into_iter().filter(|(index, _)| !removed.contains(index)).map(|(_, look)| look).collect();
        looks.sort();
        looks
    }
}
