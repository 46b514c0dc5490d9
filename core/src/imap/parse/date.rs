//! INTERNALDATE.

use crate::model::Timestamp;

const MONTHS: [&[u8]; 12] =
    [b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec"];

/// The point in time that `17-Jul-1996 02:44:25 -0700` names (RFC 3501 `date-time`). Day padded by a space or not,
/// separators of other kinds, seconds and zone missing are read too. `None` for what names no day, and for years in
/// which no mail arrived: before 1970 or from 9999 on, which servers give for want of a date.
pub(super) fn internal_date(text: &[u8]) -> Option<Timestamp> {
    let mut fields = text.split(|byte| matches!(byte, b' ' | b'-' | b'/' | b',')).filter(|field| !field.is_empty());
    let mut day = fields.next()?;
    if day.iter().all(u8::is_ascii_alphabetic) {
        day = fields.next()?;
    }
    let month = fields.next()?.get(..3)?.to_ascii_lowercase();
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let year = small(fields.next()?)?;
    let mut clock = fields.next().unwrap_or(b"00:00:00").split(|byte| *byte == b':').map(small);
    let (hour, minute) = (clock.next()??, clock.next()??);
    let second = clock.next().unwrap_or(Some(0))?.min(59);
    if !(1970..9999).contains(&year) {
        return None;
    }
    let date = jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(small(day)?).ok()?).ok()?;
    let time =
        jiff::civil::Time::new(hour.try_into().ok()?, minute.try_into().ok()?, second.try_into().ok()?, 0).ok()?;
    let local = jiff::tz::Offset::UTC.to_timestamp(date.to_datetime(time)).ok()?.as_second();
    Some(Timestamp(local - zone_seconds(text)))
}

/// Seconds east of UTC by the last word; zero where it is no numeric zone.
fn zone_seconds(text: &[u8]) -> i64 {
    let numeric = || {
        let word = text.trim_ascii_end().rsplit(|byte| *byte == b' ').next()?;
        let (sign, digits) = word.split_first()?;
        let sign = match sign {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let value = i64::from(small(digits).filter(|_| digits.len() == 4)?);
        let (hours, minutes) = (value / 100, value % 100);
        (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
    };
    numeric().unwrap_or(0)
}

/// A number of at most four digits.
fn small(digits: &[u8]) -> Option<i16> {
    if digits.len() > 4 {
        return None;
    }
    super::scanner::decimal(digits)?.try_into().ok()
}
