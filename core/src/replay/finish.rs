//! The second half of moves whose first half is proved.

use super::ReplayError;
use super::commands;
use super::evidence::Proof;
use super::exchange::{Answer, ask, told};
use super::halves;
use super::probe::Unfinished;
use super::run::Run;
use super::settle::{Verdicts, refused};
use crate::imap::Untagged;
use crate::imap::command;
use crate::journal::StepKey;
use crate::model::{MailboxId, UidSet};
use crate::store::Outcome;

impl Run<'_> {
    /// What is to be finished next, in one mailbox: what may break the connection comes last, and alone.
    pub(super) fn next_unfinished(&mut self) -> Option<(MailboxId, Vec<Unfinished>)> {
        let suspected = |one: &Unfinished| one.group.last.suspected;
        let first = self.unfinished.iter().enumerate().min_by_key(|(_, one)| suspected(one)).map(|(at, _)| at)?;
        let first = self.unfinished.swap_remove(first);
        let mailbox = first.source.mailbox;
        let mut taken = Vec::new();
        if suspected(&first) == 0 {
            let with = |one: &mut Unfinished| one.source.mailbox == mailbox && suspected(one) == 0;
            taken.extend(self.unfinished.extract_if(.., with));
        }
        taken.push(first);
        Some((mailbox, taken))
    }

    /// Expunges what is proved to have been copied.
    pub(super) async fn finish(&mut self, mailbox: MailboxId, steps: Vec<Unfinished>) -> Result<(), ReplayError> {
        let Some(found) = self.store.read(move |view| view.mailbox(mailbox)).await? else { return Ok(()) };
        let selected = ask(self.session, vec![command::select(&found.naming.raw_name, None)?]).await?;
        let validity = selected.iter().filter(|answer| answer.is_ok()).find_map(Answer::uid_validity);
        let known = |one: &Unfinished| Some(one.source.validity) == validity;
        let uids: UidSet = steps.iter().filter(|one| known(one)).map(|one| one.source.uid).collect();
        let noted: Vec<_> = steps.iter().filter(|one| known(one)).flat_map(Unfinished::copied).collect();
        self.store.replay(move |tx| tx.go_on(&noted)).await?;
        let mut planned = Vec::new();
        for uids in command::split_for_command(&uids) {
            planned.extend(commands::expunge(self.session.capabilities(), &uids)?);
        }
        let (meanings, asked): (Vec<_>, Vec<_>) =
            planned.into_iter().map(|planned| ((planned.purpose, planned.uids), planned.command)).unzip();
        let answers = ask(self.session, asked).await?;
        let mut proof = Proof::default();
        let mut looks = Vec::new();
        for uids in command::split_for_command(&uids) {
            looks.push(commands::look(&uids)?);
        }
        let (looked_for, asked): (Vec<_>, Vec<_>) =
            looks.into_iter().map(|look| ((look.purpose, look.uids), look.command)).unzip();
        let looked = ask(self.session, asked).await?;
        for (meanings, answers) in [(meanings, answers), (looked_for, looked)] {
            let told: Vec<Untagged> = told(&answers).cloned().collect();
            proof.add_data(&told);
            for ((purpose, uids), answer) in meanings.iter().zip(&answers) {
                proof.add(*purpose, uids, answer, &told);
            }
        }
        let can_expunge = self.session.capabilities().uidplus();
        let mut verdicts = Verdicts::default();
        for one in &steps {
            if !known(one) {
                one.group.settle(&Outcome::Unknown, &mut verdicts);
                continue;
            }
            let (last, now) = (&one.group.last, self.now);
            let refuse = |key: StepKey, code: Option<&str>| refused(code, key.operation, last.attempts, now);
            halves::finish(&one.half(), &proof, can_expunge, refuse, &mut verdicts);
        }
        self.commit(verdicts).await
    }
}
