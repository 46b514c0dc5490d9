//! How a command ends.

use super::wire::Closed;
use crate::world::Refusal;

/// The tagged response to a command.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: &'static str,
    /// Text with the response code in front, if any.
    pub(crate) text: String,
}

/// A reply, or the end of the session.
pub(crate) type Outcome = Result<Reply, Closed>;

pub(crate) fn ok(text: impl Into<String>) -> Outcome {
    Ok(Reply { status: "OK", text: text.into() })
}

pub(crate) fn no(text: impl Into<String>) -> Outcome {
    Ok(Reply { status: "NO", text: text.into() })
}

pub(crate) fn bad(text: impl Into<String>) -> Outcome {
    Ok(Reply { status: "BAD", text: text.into() })
}

/// A refusal in the codes of RFC 5530; a missing target of COPY, MOVE or APPEND asks for its creation.
pub(crate) fn refused(refusal: Refusal, creatable: bool) -> Outcome {
    let code = match refusal {
        Refusal::NonExistent if creatable => "[TRYCREATE] ",
        Refusal::NonExistent => "[NONEXISTENT] ",
        Refusal::AlreadyExists => "[ALREADYEXISTS] ",
        Refusal::OverQuota => "[OVERQUOTA] ",
        Refusal::Cannot => "[CANNOT] ",
        Refusal::ReadOnly => "[NOPERM] ",
        Refusal::NoUser => "[UNAVAILABLE] ",
    };
    no(format!("{code}{refusal}"))
}
