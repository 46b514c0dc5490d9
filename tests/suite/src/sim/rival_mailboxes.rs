//! What another client does to mailboxes.

use super::folders::POOL;
use super::tape::MailboxAct;
use super::world::{Checked, MAILBOXES, Sim};

impl Sim {
    pub(super) fn rival_on_mailbox(&mut self, act: &MailboxAct) -> Checked {
        let pending = self.ghost.folders.open().next().is_some();
        self.situations.met_if(pending, "a rival acted on a mailbox while the user's acts on mailboxes were pending");
        self.situations.met_if(self.sync.is_some(), "a rival acted on a mailbox while a sync was under way");
        // A refusal is as good as an act.
        match act {
            MailboxAct::Create { name } => {
                let name = POOL[usize::from(*name) % POOL.len()];
                // What was renamed leaves its name to others: no phone can tell which of the two it knew.
                if self.ledger.names.label_of_others(name).is_some() {
                    self.situations.met("a rival made a mailbox");
                    let _ = self.rival.create(self.ledger.names.raw_of(name), &[]);
                }
            }
            MailboxAct::Rename { pick, name } => {
                let Some(raw) = self.theirs(*pick) else { return Ok(()) };
                // What the user wants to make below it would make another of its name: which of the two is meant, nobody can tell.
                if self.ghost.folders.any_below(&self.ledger.names.shown(raw.as_bytes())) {
                    return Ok(());
                }
                // A name that nothing had before.
                let to = self.ledger.names.raw_of(&format!("Theirs {}-{name}", self.followed));
                self.situations.met("a rival renamed a mailbox");
                let _ = self.rival.rename(raw, to);
            }
            MailboxAct::Delete { pick } => {
                let Some(raw) = self.theirs(*pick) else { return Ok(()) };
                self.situations.met("a rival deleted a mailbox");
                let _ = self.rival.delete(raw);
            }
            MailboxAct::Subscribe { pick, on } => {
                if let Some(raw) = self.theirs(*pick) {
                    let _ = self.rival.subscribe(raw, *on);
                }
            }
        }
        self.follow()
    }

    /// A mailbox of the server that is not the inbox: mostly one that was not always there.
    fn theirs(&self, pick: u16) -> Option<String> {
        let all: Vec<&str> =
            self.ledger.names.all().map(|(_, label)| label).filter(|label| *label != "INBOX").collect();
        let made: Vec<&str> = all.iter().copied().filter(|label| !MAILBOXES.contains(label)).collect();
        let all = if made.is_empty() || pick.is_multiple_of(3) { all } else { made };
        let label = all.get(usize::from(pick) % all.len().max(1))?;
        self.ledger.names.raw(label)
    }
}
