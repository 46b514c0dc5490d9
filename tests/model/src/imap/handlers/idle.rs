//! IDLE (RFC 2177).

use crate::imap::reply::{Outcome, bad, ok};
use crate::imap::session::Session;

impl Session {
    pub(crate) async fn idle(&mut self) -> Outcome {
        self.changes.mark_unchanged();
        self.io.raw(b"+ idling\r\n");
        loop {
            self.tell_news(true)?;
            self.tell_watched(false).await?;
            self.io.flush().await?;
            if self.over {
                return ok("over");
            }
            if let Some(line) = self.io.take_line() {
                if line.eq_ignore_ascii_case(b"DONE") {
                    return ok("done");
                }
                self.violation("something else than DONE ends IDLE");
                return bad("DONE was expected");
            }
            self.wait(true).await?;
        }
    }
}
