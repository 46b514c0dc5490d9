//! Days and sizes as people type them.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::InvalidQuery;

/// A day, a month or a year: its first day, and the first day after it.
pub(super) fn days(text: &str, operator: &'static str) -> Result<(Date, Date), InvalidQuery> {
    range(text)
        .ok_or(InvalidQuery::Value { operator, expected: "a day, month or year such as 2026-01-31, 2026-01 or 2026" })
}

fn range(text: &str) -> Option<(Date, Date)> {
    let pieces: Vec<&str> = text.split(['-', '/', '.']).collect();
    let number = |at: usize, digits: std::ops::RangeInclusive<usize>| {
        let piece = pieces.get(at).filter(|piece| digits.contains(&piece.len()))?;
        piece.bytes().all(|byte| byte.is_ascii_digit()).then(|| piece.parse::<i16>().ok()).flatten()
    };
    let year = number(0, 4..=4).filter(|year| *year > 0)?;
    let part = |at| number(at, 1..=2).and_then(|part| i8::try_from(part).ok());
    let (first, span) = match pieces.len() {
        1 => (Date::new(year, 1, 1).ok()?, 1.year()),
        2 => (Date::new(year, part(1)?, 1).ok()?, 1.month()),
        3 => (Date::new(year, part(1)?, part(2)?).ok()?, 1.day()),
        _ => return None,
    };
    Some((first, first.saturating_add(span)))
}

/// A number of octets, or thousands, millions or milliards of them: `500`, `20k`, `5M`, `1.5MB`.
pub(super) fn size(text: &str, operator: &'static str) -> Result<u64, InvalidQuery> {
    octets(text).ok_or(InvalidQuery::Value { operator, expected: "a size such as 500, 20k or 5M" })
}

fn octets(text: &str) -> Option<u64> {
    let text = text.trim_end_matches(['b', 'B']);
    let (digits, unit) = match text.chars().next_back()? {
        'k' | 'K' => (&text[..text.len() - 1], 1_000),
        'm' | 'M' => (&text[..text.len() - 1], 1_000_000),
        'g' | 'G' => (&text[..text.len() - 1], 1_000_000_000),
        _ => (text, 1_u64),
    };
    let (whole, tenths) = match digits.split_once('.') {
        Some((whole, tenths)) if tenths.len() == 1 && unit > 1 => (whole, tenths.parse::<u64>().ok()?),
        Some(_) => return None,
        None => (digits, 0),
    };
    if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    whole.parse::<u64>().ok()?.checked_mul(unit)?.checked_add(tenths * (unit / 10))
}
