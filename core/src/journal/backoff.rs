//! How long to wait before something refused is tried again.

use std::time::Duration;

/// The longest wait.
pub const MAX_DELAY: Duration = Duration::from_secs(15 * 60);
/// The shortest bound from which the wait is drawn.
const FIRST: Duration = Duration::from_secs(5);

/// The wait before attempt `attempts + 1`, with full jitter: evenly between nothing and a bound that doubles with each attempt
/// up to [`MAX_DELAY`]. `random` is a fraction from 0 to 1.
pub fn delay(attempts: u32, random: f64) -> Duration {
    let doubled = FIRST.saturating_mul(1 << attempts.saturating_sub(1).min(16));
    doubled.min(MAX_DELAY).mul_f64(random.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_to_a_quarter_of_an_hour_and_not_beyond() {
        assert_eq!(delay(1, 1.0), Duration::from_secs(5));
        assert_eq!(delay(3, 1.0), Duration::from_secs(20));
        assert_eq!(delay(3, 0.5), Duration::from_secs(10));
        for attempts in [9, 50, u32::MAX] {
            assert_eq!(delay(attempts, 1.0), MAX_DELAY);
        }
        assert_eq!(delay(200, 0.0), Duration::ZERO);
    }
}
