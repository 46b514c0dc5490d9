//! Wall time. What must be measured or waited for uses tokio's clock, which tests can pause; what is written down uses
//! this one, which tests can set.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time: seconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The latest time that mail is dated with here (9999-12-31T23:59:59Z): later ones are clamped to it.
    pub const MAX: Timestamp = Timestamp(253_402_300_799);

    /// This time, kept within the years 1970 to 9999, so that a mail's absurd date neither overflows nor hides it.
    pub fn clamped(self) -> Self {
        Self(self.0.clamp(0, Self::MAX.0))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, such as `2026-11-24T09:30:00Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_second(self.0) {
            Ok(time) => time.fmt(f),
            Err(_) => Self::MAX.fmt(f),
        }
    }
}

/// Where the engine learns what time it is.
pub trait Clock: Send + Sync {
    /// The wall clock's time. It may jump; nothing is ordered by it.
    fn now(&self) -> Timestamp;

    /// Ends when so much time has passed.
    fn wait(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_second())
    }
}
