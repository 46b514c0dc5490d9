//! How far a step of an operation has come.

use std::fmt;

/// How far a step has come. Each change is durable before what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum StepState {
    /// Written down; nothing of it has left.
    Queued = 0,
    /// On its way: written before the first byte leaves. After a lost connection or a dead process: unknown.
    InFlight = 1,
    /// It left, and how it ended was not heard.
    Unknown = 2,
    /// The server is being asked what became of it.
    Probing = 3,
    /// Refused for now; it is tried again at its time.
    Retry = 4,
    /// Refused. The view shows the message as it was, but for mail of the user's own, which stays where they put it; it waits for the
    /// user, who may have it tried again.
    Parked = 5,
    /// Only the user can decide.
    NeedsUser = 6,
    /// The server has done it.
    Done = 7,
    /// There is nothing left to do: the message is gone, or somebody else did it.
    Moot = 8,
    /// The user took it back before it left.
    Cancelled = 9,
}

impl StepState {
    /// Every state.
    pub const ALL: [StepState; 10] = [
        Self::Queued,
        Self::InFlight,
        Self::Unknown,
        Self::Probing,
        Self::Retry,
        Self::Parked,
        Self::NeedsUser,
        Self::Done,
        Self::Moot,
        Self::Cancelled,
    ];

    /// From the store's form.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// Its name as people and scripts see it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::InFlight => "in_flight",
            Self::Unknown => "unknown",
            Self::Probing => "probing",
            Self::Retry => "retry",
            Self::Parked => "parked",
            Self::NeedsUser => "needs_user",
            Self::Done => "done",
            Self::Moot => "moot",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing will ever happen to it again by itself or by the user; but for an append that turns out not to be stored.
    pub fn is_final(self) -> bool {
        self >= Self::Done
    }

    /// Whether the view shows its effect: what is under way and what will be. What was refused is rolled back.
    pub fn shows(self) -> bool {
        self <= Self::Retry
    }

    /// Whether it may have reached the server, so that only a probe can tell.
    pub fn is_open(self) -> bool {
        matches!(self, Self::InFlight | Self::Unknown | Self::Probing)
    }

    /// The state of an operation with steps in these states: what needs most attention stands for all.
    pub fn of_all(states: impl IntoIterator<Item = Self>) -> Self {
        // From what is told first to what is told last.
        const RANK: [StepState; 10] = [
            StepState::Probing,
            StepState::Unknown,
            StepState::InFlight,
            StepState::NeedsUser,
            StepState::Queued,
            StepState::Retry,
            StepState::Parked,
            StepState::Done,
            StepState::Moot,
            StepState::Cancelled,
        ];
        let rank = |state: Self| RANK.iter().position(|other| *other == state).unwrap_or(RANK.len());
        states.into_iter().min_by_key(|state| rank(*state)).unwrap_or(Self::Moot)
    }
}

impl fmt::Display for StepState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::StepState;

    #[test]
    fn every_state_comes_back_from_its_code() {
        for state in StepState::ALL {
            assert_eq!(StepState::from_code(state as u8), Some(state));
        }
        assert_eq!(StepState::from_code(10), None);
    }

    #[test]
    fn an_operation_is_done_only_when_nothing_of_it_is_left() {
        use StepState::*;
        assert_eq!(StepState::of_all([Done, Queued]), Queued);
        assert_eq!(StepState::of_all([Done, Parked, Moot]), Parked);
        assert_eq!(StepState::of_all([Moot, Done]), Done);
        assert_eq!(StepState::of_all([Queued, InFlight]), InFlight);
        assert_eq!(StepState::of_all([]), Moot);
    }
}
