//! What the server says of a mailbox by its name.

use super::ReplayError;
use super::exchange::{Answer, ask};
use super::run::Run;
use crate::imap::command::{self, StatusItem};
use crate::imap::{Capabilities, Command, Untagged};
use crate::journal::Traits;

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
    pub(super) async fn look_for(&mut self, names: &[&[u8]]) -> Result<Vec<Option<Seen>>, ReplayError> {
        let mut commands = Vec::new();
        for name in names {
            commands.extend(questions(self.session.capabilities(), name)?);
        }
        let answers = ask(self.session, commands).await?;
        Ok(names.iter().zip(answers.chunks(2)).map(|(name, answers)| seen(name, answers)).collect())
    }
}

fn questions(server: &Capabilities, name: &[u8]) -> Result<[Command; 2], ReplayError> {
    let mut items = vec![StatusItem::UidValidity, StatusItem::UidNext, StatusItem::Messages];
    if server.object_id() {
        items.push(StatusItem::MailboxId);
    }
    Ok([command::list(b"", name)?, command::status(name, &items)?])
}

fn seen(name: &[u8], answers: &[Answer]) -> Option<Seen> {
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
    let traits = status.map(|status| Traits {
        object_id: status.mailbox_id.clone(),
        validity: status.uid_validity,
        uid_next: status.uid_next,
        messages: status.messages,
    });
    let has = |word: &str| listed.is_some_and(|attributes| attributes.iter().any(|attribute| attribute == word));
    match (listed, traits) {
        (None, None) => None,
        (Some(_), _) if has("\\nonexistent") => None,
        (_, traits) => Some(Seen { selectable: !has("\\noselect"), traits: traits.unwrap_or_default() }),
    }
}
