//! Commands about the session itself.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::builder::Builder;
use super::{Command, InvalidArgument};
use crate::model::Secret;

fn plain(name: &'static str) -> Command {
    Builder::new(name).build()
}

/// CAPABILITY.
pub fn capability() -> Command {
    plain("CAPABILITY")
}

/// NOOP.
pub fn noop() -> Command {
    plain("NOOP")
}

/// LOGOUT.
pub fn logout() -> Command {
    plain("LOGOUT")
}

/// STARTTLS.
pub fn starttls() -> Command {
    plain("STARTTLS")
}

/// NAMESPACE (RFC 2342).
pub fn namespace() -> Command {
    plain("NAMESPACE")
}

/// COMPRESS DEFLATE (RFC 4978).
pub fn compress() -> Command {
    Builder::new("COMPRESS").raw(" DEFLATE").build()
}

/// IDLE (RFC 2177). Ended by the session's own DONE.
pub fn idle() -> Command {
    plain("IDLE")
}

/// ENABLE (RFC 5161) of capabilities that this program knows.
pub fn enable(capabilities: &[&'static str]) -> Command {
    let mut builder = Builder::new("ENABLE");
    for capability in capabilities {
        builder = builder.raw(" ").raw(capability);
    }
    builder.build()
}

/// LOGIN. Sensitive.
///
/// # Errors
/// Where user or password hold NUL.
pub fn login(user: &str, password: &Secret) -> Result<Command, InvalidArgument> {
    let builder = Builder::new("LOGIN").sensitive().raw(" ").string(user.as_bytes())?.raw(" ");
    Ok(builder.string(password.expose().as_bytes())?.build())
}

/// AUTHENTICATE, with the response in the same line where the server takes it there (RFC 4959). Sensitive.
pub fn authenticate(mechanism: &'static str, response: &[u8], in_line: bool) -> Command {
    let builder = Builder::new("AUTHENTICATE").sensitive().raw(" ").raw(mechanism);
    let encoded = STANDARD.encode(response);
    if in_line { builder.raw(" ").raw(&encoded).build() } else { builder.answer(encoded.into_bytes()).build() }
}
