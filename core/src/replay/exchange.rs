//! Several commands in one flight, and what the server answers to each.

use super::ReplayError;
use crate::imap::{Code, Command, Condition, Event, Session, StatusKind, Untagged};
use crate::journal::Traits;
use crate::model::UidValidity;

/// What the server answered to one command.
#[derive(Debug)]
pub(super) struct Answer {
    /// How it ended.
    pub(super) condition: Condition,
    /// What came before the end.
    pub(super) data: Vec<Untagged>,
    /// Whether it ended before a command that was sent before it.
    pub(super) overtook: bool,
}

impl Answer {
    /// Whether the command was carried out.
    pub(super) fn is_ok(&self) -> bool {
        self.condition.kind == StatusKind::Ok
    }

    /// The response code in one word, where it was refused.
    pub(super) fn refusal(&self) -> Option<String> {
        self.condition.code.as_ref().map(Code::name)
    }

    /// The response codes: that of the end, and those of untagged conditions (COPYUID of a MOVE comes so, RFC 6851).
    pub(super) fn codes(&self) -> impl Iterator<Item = &Code> {
        let untagged = self.data.iter().filter_map(|data| match data {
            Untagged::Condition(condition) => condition.code.as_ref(),
            _ => None,
        });
        untagged.chain(&self.condition.code)
    }

    /// The MAILBOXID that was told: CREATE, SELECT and EXAMINE tell it (RFC 8474).
    pub(super) fn object_id(&self) -> Option<String> {
        self.codes().find_map(|code| match code {
            Code::MailboxId(id) => Some(id.clone()),
            _ => None,
        })
    }

    /// By what a mailbox that was opened is known again.
    pub(super) fn traits(&self) -> Traits {
        Traits { object_id: self.object_id(), validity: self.uid_validity(), ..Traits::default() }
    }

    /// The UIDVALIDITY that was told.
    pub(super) fn uid_validity(&self) -> Option<UidValidity> {
        self.codes().find_map(|code| match code {
            Code::UidValidity(validity) => Some(*validity),
            _ => None,
        })
    }
}

/// Sends commands in one write and gathers what is answered. Data goes to the oldest command that is not done.
///
/// # Errors
/// Where the conversation ends. The answers until then are given all the same, in the order of the commands.
pub(super) async fn exchange(
    session: &mut Session,
    commands: Vec<Command>,
) -> (Vec<Option<Answer>>, Result<(), ReplayError>) {
    let ids: Vec<_> = commands.into_iter().map(|command| session.submit(command)).collect();
    let mut data: Vec<Vec<Untagged>> = ids.iter().map(|_| Vec::new()).collect();
    let mut answers: Vec<Option<Answer>> = ids.iter().map(|_| None).collect();
    while let Some(oldest) = answers.iter().position(Option::is_none) {
        match session.next().await {
            Ok(Event::Data(untagged)) => data[oldest].push(untagged),
            Ok(Event::Done { id, condition }) => {
                if let Some(at) = ids.iter().position(|other| *other == id) {
                    let overtook = answers[..at].iter().any(Option::is_none);
                    answers[at] = Some(Answer { condition, data: std::mem::take(&mut data[at]), overtook });
                }
            }
            Ok(Event::Continue) => {}
            Err(error) => return (answers, Err(error.into())),
        }
    }
    (answers, Ok(()))
}

/// As [`exchange`], where nothing can be done with half of the answers.
pub(super) async fn ask(session: &mut Session, commands: Vec<Command>) -> Result<Vec<Answer>, ReplayError> {
    let (answers, outcome) = exchange(session, commands).await;
    outcome?;
    Ok(answers.into_iter().flatten().collect())
}

/// Everything that was told in a flight, in order, whatever command it came with.
pub(super) fn told(answers: &[Answer]) -> impl Iterator<Item = &Untagged> {
    answers.iter().flat_map(|answer| &answer.data)
}
