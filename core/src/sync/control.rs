//! Stopping a sync: by a handle, or by the limits of the request. Looked at between messages, never within a
//! transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::wire::Traffic;

/// Why a sync stopped early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Somebody cancelled it.
    Cancelled,
    /// Its time is up.
    Time,
    /// Its bytes are used up.
    Bytes,
}

/// What a sync may cost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Budget {
    /// How long it may take.
    pub max_time: Option<Duration>,
    /// How many bytes may go in and out, about.
    pub max_bytes: Option<u64>,
}

/// A switch that cancels, shared between a handle and the work.
#[derive(Clone, Default)]
pub struct Control {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    cancelled: AtomicBool,
    told: Notify,
}

impl Control {
    /// Cancels: the work ends at its next step. Cannot be undone.
    pub fn cancel(&self) {
        self.inner.cancelled.store(true, Ordering::SeqCst);
        self.inner.told.notify_waiters();
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.inner.cancelled.load(Ordering::SeqCst)
    }

    /// A guard that cancels when it is dropped.
    pub fn cancel_on_drop(&self) -> CancelOnDrop {
        CancelOnDrop { control: self.clone() }
    }

    /// Waits until it is cancelled.
    pub async fn cancelled(&self) {
        let mut told = std::pin::pin!(self.inner.told.notified());
        // Listening begins before looking, so that a cancellation in between is not missed.
        told.as_mut().enable();
        if !self.is_cancelled() {
            told.await;
        }
    }
}

/// Cancels when it is dropped.
pub struct CancelOnDrop {
    control: Control,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.control.cancel();
    }
}

/// The limits of one run, counted from its start.
pub(super) struct Allowance {
    control: Control,
    deadline: Option<Instant>,
    max_total: Option<u64>,
    traffic: Arc<Traffic>,
}

impl Allowance {
    pub(super) fn new(control: Control, limits: Budget, traffic: Arc<Traffic>) -> Self {
        let deadline = limits.max_time.map(|time| Instant::now() + time);
        let max_total = limits.max_bytes.map(|bytes| traffic.total_bytes().saturating_add(bytes));
        Self { control, deadline, max_total, traffic }
    }

    /// Why the run must stop now, if it must.
    pub(super) fn exceeded(&self) -> Option<Stop> {
        if self.control.is_cancelled() {
            Some(Stop::Cancelled)
        } else if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            Some(Stop::Time)
        } else if self.max_total.is_some_and(|max| self.traffic.total_bytes() >= max) {
            Some(Stop::Bytes)
        } else {
            None
        }
    }

    /// Waits until the run must stop for a reason other than its bytes.
    pub(super) async fn stop(&self) -> Stop {
        let time_up = async {
            match self.deadline {
                Some(deadline) => tokio::time::sleep_until(deadline).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.control.cancelled() => Stop::Cancelled,
            () = time_up => Stop::Time,
        }
    }
}
