//! A conversation command by command, for what somebody waits for: one question, its whole answer, the next.

use super::{Control, Stop, SyncError};
use crate::imap::{Code, Command, Condition, Event, Session, Untagged};
use crate::model::UidValidity;

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
}
