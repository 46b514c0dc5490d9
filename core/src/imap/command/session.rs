//! Commands about the connection and the login.

use super::encoder::{Encoder, bare};
use super::fetch::FetchItem;
use super::{Command, InvalidArgument};
use crate::model::Secret;

/// NOOP: nothing, but the server may tell what changed (RFC 3501 section 6.1.2).
pub fn noop() -> Command {
    bare("NOOP")
}

/// CAPABILITY (RFC 3501 section 6.1.1).
pub fn capability() -> Command {
    bare("CAPABILITY")
}

/// LOGOUT (RFC 3501 section 6.1.3).
pub fn logout() -> Command {
    bare("LOGOUT")
}

/// STARTTLS (RFC 3501 section 6.2.1).
pub fn starttls() -> Command {
    bare("STARTTLS")
}

/// COMPRESS DEFLATE (RFC 4978).
pub fn compress() -> Command {
    Command { name: "COMPRESS", ..bare("COMPRESS DEFLATE") }
}

/// IDLE (RFC 2177). It ends by a line `DONE`, which the session sends.
pub fn idle() -> Command {
    bare("IDLE")
}

/// CHECK (RFC 3501 section 6.4.1): some servers notice changes only so.
pub fn check() -> Command {
    bare("CHECK")
}

/// NAMESPACE (RFC 2342).
pub fn namespace() -> Command {
    bare("NAMESPACE")
}

/// LOGIN (RFC 3501 section 6.2.3).
///
/// # Errors
/// Where user or password hold a NUL.
pub fn login(user: &str, password: &Secret) -> Result<Command, InvalidArgument> {
    let encoder = Encoder::new("LOGIN").raw(" ").astring(user.as_bytes());
    encoder.raw(" ").string(password.expose().as_bytes()).finish()
}

/// AUTHENTICATE (RFC 3501 section 6.2.2), where `initial` is the initial response in base64 (RFC 4959); an empty one
/// is written `=`.
///
/// # Errors
/// Where the mechanism's name is no atom or the response no base64.
pub fn authenticate(mechanism: &str, initial: Option<&str>) -> Result<Command, InvalidArgument> {
    let encoder = Encoder::new("AUTHENTICATE").raw(" ").atom(mechanism.as_bytes());
    match initial {
        None => encoder.finish(),
        Some("") => encoder.raw(" =").finish(),
        Some(initial) => encoder.raw(" ").base64(initial).finish(),
    }
}

/// AUTHENTICATE where the response follows in a line of its own, when the server asks for it.
///
/// # Errors
/// Where the mechanism is no atom.
pub fn authenticate_in_steps(mechanism: &str, response: String) -> Result<Command, InvalidArgument> {
    let mut command = authenticate(mechanism, None)?;
    command.pieces.push(super::Piece::Answer(response.into_bytes()));
    Ok(command)
}

/// ENABLE (RFC 5161).
///
/// # Errors
/// Where a name is no atom, or there is none.
pub fn enable(extensions: &[&str]) -> Result<Command, InvalidArgument> {
    if extensions.is_empty() {
        return Err(InvalidArgument::Empty);
    }
    let encoder = Encoder::new("ENABLE").raw(" ");
    encoder.separated(extensions, |encoder, name| encoder.atom(name.as_bytes())).finish()
}

/// ID (RFC 2971): fields that describe this client; without any, NIL.
///
/// # Errors
/// Where a name or value holds a NUL.
pub fn id(fields: &[(&str, &str)]) -> Result<Command, InvalidArgument> {
    if fields.is_empty() {
        return Encoder::new("ID").raw(" NIL").finish();
    }
    let encoder = Encoder::new("ID")
        .raw(" (")
        .separated(fields, |encoder, (name, value)| encoder.string(name.as_bytes()).raw(" ").string(value.as_bytes()));
    encoder.raw(")").finish()
}

/// NOTIFY SET (RFC 5465) for the selected mailbox, whose new messages come with the items asked for, and for all
/// personal mailboxes, whose changes come as STATUS and LIST. With `status`, the state of each is told at once.
///
/// # Errors
/// As [`super::uid_fetch`] for the items.
pub fn notify(status: bool, items: &[FetchItem]) -> Result<Command, InvalidArgument> {
    let encoder = Encoder::new("NOTIFY").raw(if status { " SET STATUS" } else { " SET" }).raw(" (selected (MessageNew");
    let encoder =
        if items.is_empty() { encoder } else { encoder.raw(" (").separated(items, Encoder::fetch_item).raw(")") };
    let encoder = encoder.raw(" MessageExpunge FlagChange))");
    encoder.raw(" (personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))").finish()
}

/// NOTIFY NONE: nothing unasked any more.
pub fn notify_none() -> Command {
    Command { name: "NOTIFY", ..bare("NOTIFY NONE") }
}
