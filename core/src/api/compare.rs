//! The mirror held against the server, told in words.

use std::collections::BTreeMap;

use super::{Core, CoreError, ServerCheck};
use crate::model::{AccountId, MailboxId};
use crate::sync::{Control, Difference};

impl Core {
    /// Holds the mirror of an account against its server: every UID and every flag. What changed on the server since the
    /// last sync differs too: sync first. With `repair`, the next sync compares what differs in full and puts it right.
    ///
    /// Costs some 20 bytes a message, and changes nothing on the server. Dropping the future cancels it.
    ///
    /// # Errors
    /// What a conversation may meet. What differs is no error.
    pub async fn check_against_server(&self, account: AccountId, repair: bool) -> Result<ServerCheck, CoreError> {
        let control = Control::default();
        let _guard = control.cancel_on_drop();
        let compared = self.engine().compare(account, repair, control.clone()).await?;
        let mailboxes = self.read(move |view| view.mailboxes(account)).await?;
        let names: BTreeMap<MailboxId, String> =
            mailboxes.into_iter().map(|mailbox| (mailbox.id, mailbox.naming.name)).collect();
        let mut check = ServerCheck { mailboxes: compared.len() as u64, ..ServerCheck::default() };
        for one in compared {
            check.messages += one.agreeing;
            let name = names.get(&one.mailbox).map_or("?", String::as_str);
            check.problems.extend(one.difference.map(|difference| format!("{name}: {}", in_words(difference))));
        }
        Ok(check)
    }
}

fn in_words(difference: Difference) -> String {
    match difference {
        Difference::NotOpened => "the server does not open it".to_owned(),
        Difference::Renumbered => "the server has renumbered it".to_owned(),
        Difference::Messages { missing, extra, flags } => {
            let figures = [
                (missing, "on the server are not here"),
                (extra, "here are not on the server"),
                (flags, "have other flags there"),
            ];
            let words = figures.into_iter().filter(|(number, _)| *number > 0);
            words.map(|(number, what)| format!("{number} {what}")).collect::<Vec<_>>().join(", ")
        }
    }
}
