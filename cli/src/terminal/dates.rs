//! Times as people at this machine read them.

use jiff::tz::TimeZone;
use jiff::{Timestamp as Instant, Zoned};
use postrider::api::{Clock, SystemClock, Timestamp};

/// The machine's time zone, and what time it is.
pub(crate) struct Dates {
    now: Zoned,
}

impl Dates {
    pub(crate) fn new() -> Self {
        Self { now: zoned(SystemClock.now(), TimeZone::system()) }
    }

    /// As short as it can be told apart: `14:05` today, `24 Nov` this year, `2019-11-24` before.
    pub(crate) fn short(&self, time: Timestamp) -> String {
        let time = self.local(time);
        if time.date() == self.now.date() {
            time.strftime("%H:%M").to_string()
        } else if time.year() == self.now.year() {
            time.strftime("%e %b").to_string()
        } else {
            time.strftime("%Y-%m-%d").to_string()
        }
    }

    /// In full: `Tue 24 Nov 2026, 14:05`.
    pub(crate) fn long(&self, time: Timestamp) -> String {
        self.local(time).strftime("%a %-d %b %Y, %H:%M").to_string()
    }

    fn local(&self, time: Timestamp) -> Zoned {
        zoned(time, self.now.time_zone().clone())
    }
}

fn zoned(time: Timestamp, zone: TimeZone) -> Zoned {
    Instant::from_second(time.clamped().0).unwrap_or(Instant::UNIX_EPOCH).to_zoned(zone)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn dates_are_as_short_as_they_can_be_told_apart() {
        let now: Instant = "2026-11-24T09:30:00Z".parse().unwrap();
        let dates = Dates { now: now.to_zoned(TimeZone::fixed(jiff::tz::offset(1))) };
        let short = |text: &str| dates.short(Timestamp(text.parse::<Instant>().unwrap().as_second()));
        assert_eq!(short("2026-11-23T23:05:00Z"), "00:05");
        assert_eq!(short("2026-11-23T22:59:00Z"), "23 Nov");
        assert_eq!(short("2026-01-02T12:00:00Z"), " 2 Jan");
        assert_eq!(short("2019-11-24T09:30:00Z"), "2019-11-24");
        assert_eq!(dates.long(Timestamp(now.as_second())), "Tue 24 Nov 2026, 10:30");
    }
}
