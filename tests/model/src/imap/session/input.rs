//! What a session reads.

use crate::imap::parse::Parsed;
use crate::imap::session::Session;
use crate::imap::wire::{Closed, Framed, Literals};
use crate::profile::Extension;

impl Session {
    /// The next command. Meanwhile, news that NOTIFY asked for are told at once.
    pub(super) async fn next_command(&mut self) -> Result<Vec<u8>, Closed> {
        loop {
            match self.io.frame(self.literals()) {
                Framed::Command(command) => return Ok(command),
                Framed::TooBig(line) => {
                    let tag = Parsed::read(&line).tag;
                    self.io.say(format!("{tag} NO [TOOBIG] the message is too large"));
                }
                Framed::Bad(why) => {
                    self.violation(why);
                    self.io.say(format!("* BYE {why}"));
                    return Err(Closed::Over);
                }
                Framed::Wait => {
                    self.io.flush().await?;
                    if self.wait(self.watch.is_some()).await? {
                        self.tell_watched(true).await?;
                    }
                }
            }
        }
    }

    /// Waits for octets, and with `news` for changes of the world as well; tells whether it was such a change.
    pub(crate) async fn wait(&mut self, news: bool) -> Result<bool, Closed> {
        let limit = self.profile.quirks.autologout;
        tokio::select! {
            biased;
            filled = self.io.fill() => filled.map(|()| false),
            changed = self.changes.changed(), if news => changed.map(|()| true).map_err(|_| Closed::Over),
            () = tokio::time::sleep(limit.unwrap_or_default()), if limit.is_some() => {
                self.io.say("* BYE you have been silent for too long");
                Err(Closed::Over)
            }
        }
    }

    fn literals(&self) -> Literals {
        let unasked = if self.profile.has(Extension::LiteralPlus) {
            Some(u64::MAX)
        } else {
            self.profile.has(Extension::LiteralMinus).then_some(4096)
        };
        let limit = if self.user.is_some() { self.profile.append_limit.unwrap_or(256 << 20) } else { 64 << 10 };
        Literals { unasked, limit }
    }
}
