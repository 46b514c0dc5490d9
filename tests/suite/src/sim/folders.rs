//! What the user does to mailboxes.

use std::collections::{BTreeMap, BTreeSet};

use postrider::api::{CoreError, MailboxActionDone, MailboxId, MailboxInfo, OperationId, OperationState};

use super::acts::is_final;
use super::ghost::{given_up, refused, set_aside};
use super::tape::MailboxAct;
use super::world::{Checked, MAILBOXES, Sim, in_words};

/// Names for mailboxes; more than these lie below others.
pub(super) const POOL: [&str; 3] = ["Plans", "Trips", "Lists"];

/// What an act asks of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FolderWish {
    Create { name: String },
    Rename { name: String },
    Delete,
    Subscribe,
}

/// One act.
#[derive(Clone, Debug)]
pub(super) struct FolderAct {
    pub(super) operation: OperationId,
    /// Of which mailbox.
    pub(super) label: String,
    pub(super) wish: FolderWish,
    /// How far it has come, by the journal's last word.
    pub(super) state: OperationState,
    /// How often the phone's commands did it.
    pub(super) times: u32,
    /// How many mails there were that the user may have known of when they asked for it.
    pub(super) mails: u32,
    /// What had been set aside by then, by operation and message: the user saw those mails where they had been.
    pub(super) aside: BTreeSet<(OperationId, usize)>,
    /// When it was last tried again: 0 for never, and else counted.
    pub(super) again: u32,
}

/// Everything the user asked of mailboxes, in order.
#[derive(Default)]
pub(super) struct Folders(pub(super) Vec<FolderAct>);

impl Folders {
    /// The labels of mailboxes that the user wants made under this name. `given_up` tells of which operations the journal says so.
    pub(super) fn made<'s>(&'s self, name: &str, given_up: &'s BTreeSet<i64>) -> impl Iterator<Item = &'s str> {
        let wish = FolderWish::Create { name: name.to_owned() };
        let fits = move |act: &&FolderAct| act.times == 0 && act.wish == wish && !given_up.contains(&act.operation.0);
        self.0.iter().filter(fits).map(|act| act.label.as_str())
    }

    /// The phone did this to a mailbox: whether that was asked for, and not more often.
    pub(super) fn did(&mut self, label: &str, wish: &FolderWish) -> Checked {
        let mut acts = self.0.iter_mut().filter(|act| act.label == label && act.wish == *wish);
        match acts.find(|act| act.times == 0 && act.state != OperationState::Cancelled) {
            Some(act) => act.times += 1,
            None => return Err(format!("{wish:?} of {label}, which nobody asked for, or once less")),
        }
        Ok(())
    }

    /// The mailboxes that are to go, and with which operation, but for those given up.
    pub(super) fn deletions(&self) -> impl Iterator<Item = (OperationId, &str)> {
        let goes = |act: &&FolderAct| act.wish == FolderWish::Delete && !given_up(act.state);
        self.0.iter().filter(goes).map(|act| (act.operation, act.label.as_str()))
    }

    /// Whether the user ever wanted a mailbox to go.
    pub(super) fn any_deletion(&self) -> bool {
        self.0.iter().any(|act| act.wish == FolderWish::Delete)
    }

    /// Whether the making of a mailbox was taken back.
    pub(super) fn was_taken_back(&self, label: &str) -> bool {
        self.making(label).any(|state| state == OperationState::Cancelled)
    }

    /// Whether the making of a mailbox is not at its end, and set aside.
    pub(super) fn waits_to_be_made(&self, label: &str) -> bool {
        self.making(label).any(set_aside)
    }

    /// How far the making of a mailbox has come.
    fn making(&self, label: &str) -> impl Iterator<Item = OperationState> {
        let makes = |act: &&FolderAct| matches!(act.wish, FolderWish::Create { .. });
        self.of_mailbox(label).filter(makes).map(|act| act.state)
    }

    /// What was asked of a mailbox.
    pub(super) fn of_mailbox(&self, label: &str) -> impl Iterator<Item = &FolderAct> {
        self.0.iter().filter(move |act| act.label == label)
    }

    /// Whether the user asked anything of any mailbox.
    pub(super) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether the user asked anything of a mailbox.
    pub(super) fn any_of(&self, label: &str) -> bool {
        self.of_mailbox(label).next().is_some()
    }

    /// Whether the making of a mailbox was carried out once, and more may come of it: its answer may have been lost.
    pub(super) fn may_be_made_again(&self, name: &str) -> bool {
        let wanted = FolderWish::Create { name: name.to_owned() };
        self.0.iter().any(|act| act.wish == wanted && act.times > 0 && !is_final(act.state))
    }

    /// Whether anything was ever to be named so that it lies below this name.
    pub(super) fn any_below(&self, above: &str) -> bool {
        let is_below = |name: &str| name.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'));
        self.0.iter().any(|act| match &act.wish {
            FolderWish::Create { name } | FolderWish::Rename { name } => is_below(name),
            _ => false,
        })
    }

    /// What is not at its end.
    pub(super) fn open(&self) -> impl Iterator<Item = OperationId> {
        self.0.iter().filter(|act| !is_final(act.state)).map(|act| act.operation)
    }

    /// What was refused, for now or for good.
    pub(super) fn refused(&self) -> impl Iterator<Item = OperationId> {
        self.0.iter().filter(|act| refused(act.state)).map(|act| act.operation)
    }

    pub(super) fn of(&self, operation: OperationId) -> Option<&FolderAct> {
        self.0.iter().find(|act| act.operation == operation)
    }

    pub(super) fn of_mut(&mut self, operation: OperationId) -> Option<&mut FolderAct> {
        self.0.iter_mut().find(|act| act.operation == operation)
    }
}

impl Sim {
    /// The label of a mailbox that the phone shows.
    pub(super) fn label(&self, id: MailboxId) -> String {
        self.labels.get(&id).cloned().unwrap_or_else(|| format!("{id:?}"))
    }

    /// Where something is to go: to one of those that were always there, or to one that the user made.
    pub(super) fn target(&self, to: u8) -> Option<(String, MailboxId)> {
        let label = at(to, self.mailboxes.keys().map(String::as_str));
        self.mailboxes.get(&label).map(|id| (label, *id))
    }

    /// The label of a mailbox that is on the server: one of those too.
    pub(super) fn on_server(&self, index: u8) -> String {
        at(index, self.ledger.names.all().map(|(_, label)| label))
    }

    /// What the phone lists, with names. A mailbox keeps its label for as long as it keeps its id.
    pub(super) async fn learn_mailboxes(&mut self) -> Checked<Vec<(String, MailboxId)>> {
        let listed = self.core.mailboxes(self.account).await.map_err(in_words)?;
        let mut listed: Vec<(String, MailboxId)> =
            listed.into_iter().filter(|one| one.selectable).map(|one| (one.name, one.id)).collect();
        // The one that was known first has the label, if two are.
        listed.sort_by_key(|(_, id)| *id);
        self.follow()?;
        self.mailboxes.clear();
        for (name, id) in &listed {
            let raw = self.ledger.names.raw_of(name);
            let label = match self.labels.get(id) {
                Some(label) => label.clone(),
                None => self.new_label(raw.as_bytes()),
            };
            self.labels.insert(*id, label.clone());
            if let Some(other) = self.mailboxes.insert(label.clone(), *id) {
                return Err(format!("{label} is listed twice, as {other:?} and {id:?}"));
            }
        }
        Ok(listed)
    }

    /// What others renamed or made anew, the phone may take for another mailbox than the one it knows: that one keeps the label.
    fn new_label(&mut self, raw: &[u8]) -> String {
        let label = self.ledger.names.label_ever(raw);
        if !self.ledger.touched.contains(&label) || self.labels.values().all(|known| *known != label) {
            return label;
        }
        let fresh = format!("{label}, known anew as {}", self.labels.len());
        self.ledger.relabel(&label, &fresh);
        fresh
    }

    pub(super) async fn act_on_mailbox(&mut self, act: &MailboxAct) -> Checked {
        let core = self.core.clone();
        let before = core.mailboxes(self.account).await.map_err(in_words)?;
        let (label, wish, done) = match act {
            // Before anything was heard of the server, nobody knows what names it takes.
            MailboxAct::Create { .. } if self.mailboxes.is_empty() => return Ok(()),
            MailboxAct::Create { name } => {
                let name = self.new_name(*name).await?;
                let done = core.create_mailbox(self.account, &name).await;
                (None, FolderWish::Create { name }, done)
            }
            MailboxAct::Rename { pick, name } => {
                let Some((label, id)) = self.chosen(*pick) else { return Ok(()) };
                let name = self.new_name(*name).await?;
                let done = core.rename_mailbox(id, &name).await;
                (Some(label), FolderWish::Rename { name }, done)
            }
            MailboxAct::Delete { pick } => {
                let Some((label, id)) = self.chosen(*pick) else { return Ok(()) };
                (Some(label), FolderWish::Delete, core.delete_mailbox(id).await)
            }
            MailboxAct::Subscribe { pick, on } => {
                let Some((label, id)) = self.chosen(*pick) else { return Ok(()) };
                (Some(label), FolderWish::Subscribe, core.subscribe_mailbox(id, *on).await)
            }
        };
        if self.doom.left().is_some() {
            return Ok(());
        }
        let MailboxActionDone { operation, mailbox } = match done {
            Ok(done) => done,
            Err(CoreError::AlreadyExists { .. } | CoreError::InvalidInput { .. }) => return Ok(()),
            Err(CoreError::NotFound { .. }) if self.sync.is_some() => return Ok(()),
            Err(error) => return Err(format!("an act on a mailbox was refused: {error}")),
        };
        let label = label.or_else(|| self.there_already(&wish)).unwrap_or_else(|| format!("made by {operation}"));
        self.labels.insert(mailbox, label.clone());
        self.hash.add(&format!("{wish:?} of {label}"));
        let pending = self.ghost.folders.of_mailbox(&label).any(|act| !is_final(act.state));
        self.situations.met_if(pending, "an act on a mailbox with another act pending");
        self.situations.met(match wish {
            FolderWish::Create { .. } => "a mailbox made by the user",
            FolderWish::Rename { .. } => "a mailbox renamed by the user",
            FolderWish::Delete => "a mailbox deleted by the user",
            FolderWish::Subscribe => "a mailbox subscribed by the user",
        });
        let act = FolderAct {
            operation,
            label,
            wish,
            state: OperationState::Queued,
            times: 0,
            mails: self.chronicle.mails(),
            aside: self.ghost.aside(&self.folder.aside().map_err(in_words)?),
            again: 0,
        };
        let shown = names_after(&before, &act.wish, mailbox);
        self.ghost.folders.0.push(act);
        let listed = self.learn_mailboxes().await?;
        if self.sync.is_none() && shown != listed.iter().map(|(name, id)| (*id, name.clone())).collect() {
            return Err(format!("I3: mailboxes are {listed:?}, wanted {shown:?}"));
        }
        Ok(())
    }

    /// The label of what is to be made, where somebody else has made it and the phone does not know.
    fn there_already(&self, wish: &FolderWish) -> Option<String> {
        let FolderWish::Create { name } = wish else { return None };
        let there = self.ledger.names.all().find(|(known, _)| known == name).map(|(_, label)| label);
        // A server makes what is missing above, too.
        let unknown = |label: &&str| self.ledger.touched.contains(*label) || !self.ghost.folders.any_of(label);
        let is_listed = |label: &str| MAILBOXES.contains(&label) || self.mailboxes.contains_key(label);
        there.filter(|label| !is_listed(label)).filter(unknown).map(str::to_owned)
    }

    /// A name of the pool, or one below a mailbox that is shown.
    async fn new_name(&self, name: u8) -> Checked<String> {
        let name = usize::from(name);
        if let Some(name) = POOL.get(name) {
            return Ok((*name).to_owned());
        }
        let listed = self.core.mailboxes(self.account).await.map_err(in_words)?;
        // Below one that others renamed and the phone knows by its old name, nobody can tell which is meant.
        let fits = |name: &&str| *name != "INBOX" && !self.ledger.names.was_renamed(name);
        let shown: Vec<&str> = listed.iter().map(|one| one.name.as_str()).filter(fits).collect();
        Ok(format!("{}/Below", shown.get(name % shown.len().max(1)).unwrap_or(&"Work")))
    }

    /// A mailbox that is not the inbox: mostly one that the user made.
    pub(super) fn chosen(&self, pick: u16) -> Option<(String, MailboxId)> {
        let fits = |label: &str| is_made(label) || pick.is_multiple_of(3) && MAILBOXES[1..].contains(&label);
        let all: Vec<(&String, &MailboxId)> = self.mailboxes.iter().filter(|(label, _)| fits(label)).collect();
        let (label, id) = all.get(usize::from(pick) % all.len().max(1))?;
        Some(((*label).clone(), **id))
    }
}

/// What mailboxes are named once something is asked of one of them. What lies below goes along with its name.
fn names_after(before: &[MailboxInfo], wish: &FolderWish, mailbox: MailboxId) -> BTreeMap<MailboxId, String> {
    let listed = before.iter().filter(|one| one.selectable).map(|one| (one.id, one.name.clone()));
    let mut names: BTreeMap<MailboxId, String> = listed.collect();
    match wish {
        FolderWish::Create { name } => drop(names.insert(mailbox, name.clone())),
        FolderWish::Delete => drop(names.remove(&mailbox)),
        FolderWish::Subscribe => {}
        FolderWish::Rename { name } => {
            let old = names.get(&mailbox).cloned().unwrap_or_default();
            for other in names.values_mut() {
                match other.strip_prefix(&old) {
                    Some(rest) if rest.is_empty() || rest.starts_with('/') => *other = format!("{name}{rest}"),
                    _ => {}
                }
            }
        }
    }
    names
}

/// The label that a tape means: one of those that were always there, or behind them of those that the user made.
fn at<'l>(index: u8, labels: impl Iterator<Item = &'l str>) -> String {
    let made: Vec<&str> = labels.filter(|label| is_made(label)).collect();
    let label = match usize::from(index).checked_sub(MAILBOXES.len()) {
        Some(beyond) if !made.is_empty() => made[beyond % made.len()],
        _ => MAILBOXES[usize::from(index) % MAILBOXES.len()],
    };
    label.to_owned()
}

/// Whether it is the label of a mailbox that the user made.
fn is_made(label: &str) -> bool {
    label.starts_with("made by ")
}
