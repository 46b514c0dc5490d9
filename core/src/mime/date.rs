//! Date fields (RFC 5322 sections 3.3 and 4.3), and the other forms that programs write into them.

use jiff::civil::Date;

use crate::model::Timestamp;

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/// Names of zones, with their hours. Others are taken for UTC, as section 4.3 says.
const ZONES: &[(&str, i64)] = &[
    ("est", -5),
    ("edt", -4),
    ("cst", -6),
    ("cdt", -5),
    ("mst", -7),
    ("mdt", -6),
    ("pst", -8),
    ("pdt", -7),
    ("cet", 1),
    ("cest", 2),
    ("jst", 9),
];
/// The longest field looked at, in bytes.
const MAX_LEN: usize = 200;

#[derive(Default)]
struct Parts {
    day: Option<i64>,
    month: Option<i64>,
    year: Option<i64>,
    /// Seconds of the day.
    time: Option<i64>,
    /// Seconds east of UTC.
    zone: Option<i64>,
}

/// The time that a field names; `None` where it is not one, or outside of the years that mail is dated with.
pub(super) fn parse(value: &str) -> Option<Timestamp> {
    let value = &value[..value.floor_char_boundary(MAX_LEN)];
    let mut parts = Parts::default();
    let mut depth = 0_usize;
    for word in value.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty()) {
        // Comments name the zone again.
        let comment = depth > 0 || word.starts_with('(');
        depth = (depth + word.matches('(').count()).saturating_sub(word.matches(')').count());
        if !comment {
            parts.word(word)?;
        }
    }
    let part = |part: Option<i64>| i8::try_from(part?).ok();
    let date = Date::new(i16::try_from(parts.year?).ok()?, part(parts.month)?, part(parts.day)?).ok()?;
    let days = i64::from(jiff::civil::date(1970, 1, 1).until(date).ok()?.get_days());
    let time = days * 86_400 + parts.time? - parts.zone.unwrap_or(0);
    (0..=Timestamp::MAX.0).contains(&time).then_some(Timestamp(time))
}

impl Parts {
    fn word(&mut self, word: &str) -> Option<()> {
        let first = word.chars().next()?;
        if matches!(first, '+' | '-') {
            // One that cannot be read is as good as none.
            self.zone = self.zone.or_else(|| offset(word));
        } else if first.is_ascii_digit() {
            self.number(word)?;
        } else if first.is_ascii_alphabetic() {
            self.name(word);
        }
        Some(())
    }

    fn number(&mut self, word: &str) -> Option<()> {
        if word.contains(':') {
            let end = word.find(['+', '-']).unwrap_or(word.len());
            self.time = Some(time(&word[..end])?);
            self.zone = self.zone.or_else(|| offset(&word[end..]));
            return Some(());
        }
        if self.time.is_some() && self.year.is_some() && word.len() == 4 {
            // `0530`: the sign was forgotten.
            self.zone = self.zone.or_else(|| offset(&format!("+{word}")));
            return Some(());
        }
        for piece in word.split(['-', '/', '.']).filter(|piece| !piece.is_empty()) {
            if !piece.bytes().all(|byte| byte.is_ascii_digit()) {
                self.name(piece);
                continue;
            }
            let number = if piece.len() <= 4 { piece.parse().ok()? } else { return None };
            match (piece.len(), self.day, self.month) {
                (3.., ..) => self.year = self.year.or(Some(full_year(number, piece.len()))),
                // `2026-11-24`
                (_, None, None) if self.year.is_some() => self.month = Some(number),
                (_, None, _) => self.day = Some(number),
                _ => self.year = self.year.or(Some(full_year(number, piece.len()))),
            }
        }
        Some(())
    }

    fn name(&mut self, word: &str) {
        let word = word.to_ascii_lowercase();
        let start = word.get(..3).unwrap_or_default();
        // `GMT+0100`
        if let Some(sign) = word.find(['+', '-']) {
            self.zone = self.zone.or_else(|| offset(&word[sign..]));
        } else if let Some((month, _)) = (1..).zip(MONTHS).find(|(_, name)| *name == start) {
            self.month = self.month.or(Some(month));
        } else if let Some((_, hours)) = ZONES.iter().find(|(name, _)| *name == word) {
            self.zone = self.zone.or(Some(hours * 3_600));
        } else if let (Some(time), "am" | "pm") = (self.time, word.as_str()) {
            let hour = time / 3_600;
            self.time = match (word.as_str(), hour) {
                ("am", 12) => Some(time - 43_200),
                ("pm", 1..12) => Some(time + 43_200),
                _ => Some(time),
            };
        }
    }
}

/// Section 4.3: years of two and three digits.
fn full_year(year: i64, digits: usize) -> i64 {
    match digits {
        1 | 2 if year < 50 => year + 2000,
        // `0102`: the years since 1900, in four digits.
        _ if (100..1000).contains(&year) || digits < 4 => year + 1900,
        _ => year,
    }
}

fn time(word: &str) -> Option<i64> {
    let mut numbers = word.split(':').map(|piece| {
        let piece = piece.split('.').next().unwrap_or(piece);
        if piece.len() <= 2 { piece.parse::<i64>().ok() } else { None }
    });
    let (hour, minute, second) = (numbers.next()??, numbers.next()??, numbers.next().unwrap_or(Some(0))?);
    // A leap second is shown as the one before it.
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    fits.then(|| hour * 3_600 + minute * 60 + second.min(59))
}

fn offset(word: &str) -> Option<i64> {
    let digits: String = word.chars().skip(1).filter(|c| *c != ':').collect();
    if digits.is_empty() || digits.len() > 4 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = digits.parse().ok()?;
    let (hours, minutes) = if digits.len() <= 2 { (number, 0) } else { (number / 100, number % 100) };
    // More than a day is no zone: it is as good as none.
    let seconds = if hours < 24 && minutes < 60 { hours * 3_600 + minutes * 60 } else { 0 };
    Some(if word.starts_with('-') { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_one_time() {
        for value in [
            "Tue, 24 Nov 2026 10:30:00 +0100",
            " 24 Nov 2026 09:30 GMT",
            "24 Nov 2026 04:30 EST",
            "Tue, 24 Nov 26 09:30:00 GMT",
            "Tue Nov 24 09:30:00 2026",
            "Tuesday, 24-Nov-26 09:30:00 UTC",
            "24 November 2026 10:30:00 GMT+0100",
            "Tue,24 Nov 2026 10:30:00 +0100 (CET (winter))",
            "Tue, 24 Nov 2026 10:30:00.123 +01:00",
            "2026-11-24 09:30:00",
            "Tue, 24 Nov 2026 9:30:00 AM -0000",
            "Tue, 24 NOV 126 09:30:00 Z",
            "Tue, 24 Nov 0126 09:30:00 Z",
            "Tue, 24 Nov 2026 09:30:00 +9999",
            "Mon, 24 Nov 2026 09:30:00",
            "Tue, 24 Nov 2026 10:30+0100",
            "Tue, 24 Nov 2026 15:00:00 0530",
            "Tue, 24 Nov 2026 09:30:00 +-0500",
            "2026/11/24 Tue 03:30:00 CST",
            "Tue, 24\r\n Nov 2026\r\n 09:30:00 +0000",
        ] {
            assert_eq!(parse(value), Some(Timestamp(1_795_512_600)), "{value}");
        }
        assert_eq!(parse("Thu, 31 Dec 2026 23:59:60 +0000"), parse("Thu, 31 Dec 2026 23:59:59 +0000"));
        assert_eq!(parse("1 Jan 70 00:00 +0000"), Some(Timestamp(0)));
    }
}
