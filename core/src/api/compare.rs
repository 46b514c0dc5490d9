//! The mirror held against the server, told in words.

use std::collections::BTreeMap;

use super::{Core, CoreError, Problem, ProblemKind, ServerCheck};
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
            check.problems.extend(one.difference.map(|difference| problem(name, difference)));
        }
        Ok(check)
    }
}

fn problem(mailbox: &str, difference: Difference) -> Problem {
    let (kind, count, words) = match difference {
        Difference::NotOpened => (ProblemKind::NotOpened, 1, "the server does not open it".to_owned()),
        Difference::Renumbered => (ProblemKind::Renumbered, 1, "the server has renumbered it".to_owned()),
        Difference::Messages { missing, extra, flags } => {
            let figures = [
                (missing, "on the server are not here"),
                (extra, "here are not on the server"),
                (flags, "have other flags there"),
            ];
            let words = figures.into_iter().filter(|(number, _)| *number > 0);
            let words = words.map(|(number, what)| format!("{number} {what}")).collect::<Vec<_>>().join(", ");
            (ProblemKind::Differs, missing + extra + flags, words)
        }
    };
    Problem { kind, mailbox: mailbox.to_owned(), count, text: format!("{mailbox}: {words}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_has_a_kind_a_figure_and_words() {
        let differs = problem("Work", Difference::Messages { missing: 2, extra: 0, flags: 3 });
        assert_eq!((differs.kind, differs.mailbox.as_str(), differs.count), (ProblemKind::Differs, "Work", 5));
        assert_eq!(differs.text, "Work: 2 on the server are not here, 3 have other flags there");
        assert_eq!(problem("Work", Difference::Renumbered).kind, ProblemKind::Renumbered);
    }
}
