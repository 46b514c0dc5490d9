//! Deadlines by progress.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use super::Limits;

/// Watches that a server that owes an answer gets on with it.
pub(super) struct Pace {
    limits: Limits,
    timer: Pin<Box<Sleep>>,
    owed: bool,
    /// When the server began to owe the answer that is due now, and what came and went since.
    since: Instant,
    bytes: u64,
}

impl Pace {
    pub(super) fn new(limits: Limits) -> Self {
        let timer = Box::pin(tokio::time::sleep(limits.silence));
        Self { limits, timer, owed: true, since: Instant::now(), bytes: 0 }
    }

    /// Whether the server owes an answer. Where it does not, it may be silent for ever.
    pub(super) fn owes(&mut self, owed: bool) {
        if owed && !self.owed {
            self.answered();
        }
        self.owed = owed;
    }

    /// One answer is here; the next is due.
    pub(super) fn answered(&mut self) {
        self.since = Instant::now();
        self.bytes = 0;
        self.moved(0);
    }

    /// Bytes went or came.
    pub(super) fn moved(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
        let bought = Duration::from_secs(self.bytes / self.limits.pace.max(1));
        let silent = Instant::now() + self.limits.silence;
        self.timer.as_mut().reset(silent.min(self.since + self.limits.patience + bought));
    }

    /// Ready when it took too long.
    pub(super) fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.owed { self.timer.as_mut().poll(cx) } else { Poll::Pending }
    }
}
