//! What the server says of a mailbox by its name.

use super::ReplayError;
use super::exchange::{Answer, ask};
use super::mailboxes::INBOX;
use super::run::Run;
use crate::imap::command::{self, StatusItem};
use crate::imap::{Capabilities, Command, StatusEntry, Untagged};
use crate::journal::{Traits, is_missing};

/// What the server says of a name.
#[derive(Clone, Debug)]
pub(super) enum Look {
    /// A mailbox, or a mere name.
    There(Seen),
    /// Nothing has this name.
    Nothing,
    /// It did not say: what it refused to look for may be there.
    Untold,
}

impl Look {
    /// What is there.
    pub(super) fn there(&self) -> Option<&Seen> {
        match self {
            Self::There(seen) => Some(seen),
            _ => None,
        }
    }
}

/// A mailbox that is there.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    /// Whether it can hold messages.
    pub(super) selectable: bool,
    /// By what it is known again; nothing where the server did not tell.
    pub(super) traits: Traits,
}

impl Run<'_> {
    /// Looks for mailboxes by their raw names, in one flight.
    pub(super) async fn look_for<const N: usize>(&mut self, names: [&[u8]; N]) -> Result<[Look; N], ReplayError> {
        self.look_at(Vec::new(), names).await
    }

    /// The same of one that may be selected: what some servers say of that one is as old as their last look at it.
    pub(super) async fn look_anew(&mut self, name: &[u8]) -> Result<Look, ReplayError> {
        let [look] = self.look_at(vec![command::examine(INBOX, None)?], [name]).await?;
        Ok(look)
    }

    async fn look_at<const N: usize>(
        &mut self,
        mut commands: Vec<Command>,
        names: [&[u8]; N],
    ) -> Result<[Look; N], ReplayError> {
        let before = commands.len();
        for name in names {
            commands.extend(questions(self.session.capabilities(), name)?);
        }
        let answers = ask(self.session, commands).await?;
        let mut looks = answers.get(before..).unwrap_or_default().chunks(2);
        Ok(names.map(|name| looks.next().map_or(Look::Untold, |answers| seen(name, answers))))
    }
}

impl From<&StatusEntry> for Traits {
    fn from(status: &StatusEntry) -> Self {
        Self {
            object_id: status.mailbox_id.clone(),
            validity: status.uid_validity,
            uid_next: status.uid_next,
            messages: status.messages,
        }
    }
}

fn questions(server: &Capabilities, name: &[u8]) -> Result<[Command; 2], ReplayError> {
    let mut items = vec![StatusItem::UidValidity, StatusItem::UidNext, StatusItem::Messages];
    if server.object_id() {
        items.push(StatusItem::MailboxId);
    }
    Ok([command::list(b"", name)?, command::status(name, &items)?])
}

fn seen(name: &[u8], answers: &[Answer]) -> Look {
    let data = || answers.iter().flat_map(|answer| &answer.data);
    let is_it = |other: &[u8]| other == name || name.eq_ignore_ascii_case(b"INBOX") && other.eq_ignore_ascii_case(name);
    let status = data().find_map(|data| match data {
        Untagged::Status(status) if is_it(&status.name) => Some(status),
        _ => None,
    });
    // A name may hold what LIST takes for a wildcard: then it names others too.
    let listed = data().find_map(|data| match data {
        Untagged::List(entry) if is_it(&entry.name) => Some(&entry.attributes),
        _ => None,
    });
    let traits = status.map(Traits::from);
    let has = |word: &str| listed.is_some_and(|attributes| attributes.iter().any(|attribute| attribute == word));
    match (listed, traits) {
        (None, None) if answers.first().is_some_and(Answer::is_ok) || is_refused_as_missing(answers) => Look::Nothing,
        (None, None) => Look::Untold,
        (Some(_), _) if has("\\nonexistent") => Look::Nothing,
        (_, traits) => Look::There(Seen { selectable: !has("\\noselect"), traits: traits.unwrap_or_default() }),
    }
}

/// Whether the server said in so many words that there is no such mailbox.
fn is_refused_as_missing(answers: &[Answer]) -> bool {
    answers.iter().filter_map(Answer::refusal).any(|code| is_missing(&code))
}
