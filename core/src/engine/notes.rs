//! What a sync tells while it works, on its way to whoever watches. Bounded: nobody may be watching.

use tokio::sync::mpsc;

use crate::sync::Note;

/// Notes that may wait to be taken.
const WAITING: usize = 512;

/// Where a sync tells what it does.
pub struct Notes {
    notes: mpsc::Sender<Note>,
}

/// Where a sync tells what it does, and where that is taken. It ends with the sync.
pub fn notes() -> (Notes, mpsc::Receiver<Note>) {
    let (notes, receiver) = mpsc::channel(WAITING);
    (Notes { notes }, receiver)
}

impl Notes {
    /// Tells, and never waits. How far a mailbox is will be told again: it gives way first to what is told once.
    pub(super) fn tell(&self, note: Note) {
        let is_progress = matches!(note, Note::Progress { .. });
        if !is_progress || self.notes.capacity() > WAITING / 2 {
            // Too many wait, or nobody does: the sync goes on.
            let _ = self.notes.try_send(note);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::Stage;

    #[test]
    fn notes_that_nobody_takes_are_bounded_and_progress_gives_way_first() {
        let (notes, mut taken) = notes();
        for done in 0..10_000 {
            notes.tell(Note::Progress { mailbox: "INBOX".to_owned(), stage: Stage::Headers, done, total: 10_000 });
        }
        notes.tell(Note::Stale { mailbox: "INBOX".to_owned() });
        let mut all = Vec::new();
        while let Ok(note) = taken.try_recv() {
            all.push(note);
        }
        assert!(all.len() <= WAITING);
        assert!(matches!(all.last(), Some(Note::Stale { .. })), "what is told once is still told");
    }
}
