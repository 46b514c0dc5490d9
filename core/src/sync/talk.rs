//! A conversation command by command, for what somebody waits for: one question, its whole answer, the next.

use super::conductor::{ok, refused};
use super::{Control, Stop, SyncError, items};
use crate::imap::command::{self, SearchProgram};
use crate::imap::{Code, Command, Condition, Event, Session, Untagged};
use crate::model::{UidSet, UidValidity};

/// A session that is talked to command by command.
pub(super) struct Talk<'a> {
    pub(super) session: &'a mut Session,
    pub(super) control: &'a Control,
}

impl Talk<'_> {
    /// Runs a command; its data goes to the closure. Returns its end, and the UIDVALIDITY that was told meanwhile.
    pub(super) async fn run(
        &mut self,
        command: Command,
        mut take: impl FnMut(Untagged) -> Result<(), SyncError>,
    ) -> Result<(Condition, Option<UidValidity>), SyncError> {
        let asked = self.session.submit(command);
        let mut validity = None;
        loop {
            let event = tokio::select! {
                biased;
                event = self.session.next() => event?,
                () = self.control.cancelled() => return Err(SyncError::Stopped(Stop::Cancelled)),
            };
            match event {
                Event::Data(Untagged::Condition(Condition { code: Some(Code::UidValidity(told)), .. })) => {
                    validity = Some(told);
                }
                Event::Data(data) => take(data)?,
                Event::Done { id, condition } if id == asked => return Ok((condition, validity)),
                Event::Done { .. } | Event::Continue => {}
            }
        }
    }

    /// The UIDs in the selected mailbox that match, as the server tells them: real ones, and whatever else it names.
    pub(super) async fn search(&mut self, program: &SearchProgram) -> Result<UidSet, SyncError> {
        let returns = items::search_returns(self.session.capabilities());
        let search = command::uid_search(program, returns, self.session.is_utf8())?;
        let mut found = UidSet::new();
        let collect = |data| {
            if let Untagged::Search { uids, .. } = data {
                found = found.union(&uids);
            }
            Ok(())
        };
        let (condition, _) = self.run(search, collect).await?;
        if ok(&condition) { Ok(found) } else { Err(refused("UID SEARCH", &condition)) }
    }
}
