//! Times and sizes as they are typed.

use std::time::Duration;

/// `30`, `30s`, `5m`, `1h`, `500ms`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let number = number.ok_or("a time such as 30s, 5m or 1h")?;
    let milliseconds = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err("the unit must be ms, s, m or h".to_owned()),
    };
    number.checked_mul(milliseconds).map(Duration::from_millis).ok_or_else(|| "too long".to_owned())
}

/// `5000`, `500k`, `5M`, `1G`: by thousands.
pub(super) fn byte_count(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let number = number.ok_or("a size such as 500k or 5M")?;
    let factor: u64 = match unit.to_ascii_lowercase().trim_end_matches('b') {
        "" => 1,
        "k" => 1_000,
        "m" => 1_000_000,
        "g" => 1_000_000_000,
        _ => return Err("the unit must be k, M or G".to_owned()),
    };
    number.checked_mul(factor).ok_or_else(|| "too large".to_owned())
}

fn split(text: &str) -> (Option<u64>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    (digits.parse().ok(), unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_read_with_their_units() {
        assert_eq!(duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("2h"), Ok(Duration::from_secs(7200)));
        assert_eq!(byte_count("5M"), Ok(5_000_000));
        assert_eq!(byte_count("500kB"), Ok(500_000));
        assert_eq!(byte_count("17"), Ok(17));
    }

    #[test]
    fn what_is_no_time_or_size_is_refused() {
        for text in ["", "s", "-1s", "1.5s", "3 days", "99999999999999999999", "18446744073709551615h"] {
            assert!(duration(text).is_err(), "{text}");
        }
        for text in ["", "M", "5T", "18446744073709551615k"] {
            assert!(byte_count(text).is_err(), "{text}");
        }
    }
}
