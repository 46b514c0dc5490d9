//! How a command ends.

use std::fmt;
use std::io;
use std::process::ExitCode;

use postrider::api::CoreError;

/// What scripts learn of the outcome, from the mildest to the one that hides the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// All was done.
    Done,
    /// Stopped before the end; all done so far is kept: call again.
    Stopped,
    /// Failed.
    Failed,
    /// Wrong usage.
    Usage,
    /// The person must do something first.
    NeedsUser,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Stopped => 3,
            Self::NeedsUser => 4,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Why a command failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// One word, for scripts.
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    pub(crate) retryable: bool,
    pub(crate) needs_user: bool,
    /// The response code that the server gave.
    pub(crate) server_code: Option<String>,
    pub(crate) exit: Exit,
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::local("usage", message, Exit::Usage)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::local("not_found", message, Exit::Failed)
    }

    pub(crate) fn exists(what: impl fmt::Display) -> Self {
        Self::local("already_exists", format!("{what} is there already"), Exit::Failed)
    }

    /// `what` names the file or stream.
    pub(crate) fn io(what: impl fmt::Display, error: &io::Error) -> Self {
        Self::local("io", format!("{what}: {error}"), Exit::Failed)
    }

    /// What should never be.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::local("internal", message, Exit::Failed)
    }

    pub(crate) fn cancelled() -> Self {
        Self { retryable: true, ..Self::local("cancelled", "cancelled", Exit::Stopped) }
    }

    fn local(kind: &'static str, message: impl Into<String>, exit: Exit) -> Self {
        let message = message.into();
        Self { kind, message, retryable: false, needs_user: false, server_code: None, exit }
    }
}

impl From<CoreError> for Failure {
    fn from(error: CoreError) -> Self {
        let exit = match &error {
            _ if error.needs_user() => Exit::NeedsUser,
            _ if error.retryable() => Exit::Stopped,
            CoreError::InvalidInput { .. } => Exit::Usage,
            _ => Exit::Failed,
        };
        Self {
            kind: error.kind(),
            message: error.to_string(),
            retryable: error.retryable(),
            needs_user: error.needs_user(),
            server_code: error.server_code().map(str::to_owned),
            exit,
        }
    }
}
