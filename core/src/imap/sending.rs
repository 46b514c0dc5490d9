//! How the pieces of a command go out on a session.

use super::command::{Command, Piece};
use super::{Capabilities, utf7};
use crate::wire::Outgoing;

/// The longest name that is sent quoted, in bytes.
const MAX_QUOTED: usize = 500;

/// What the server takes.
#[derive(Clone, Copy)]
pub(super) struct Form {
    /// Literals up to this many octets are sent without being asked for.
    pub(super) literals: usize,
    /// Names of mailboxes go in UTF-8.
    pub(super) utf8: bool,
}

/// How long a literal may be that is sent without being asked for (RFC 7888).
pub(super) fn at_once(server: &Capabilities) -> usize {
    match (server.literal_plus(), server.literal_minus()) {
        (true, _) => usize::MAX,
        (_, true) => 4096,
        _ => 0,
    }
}

pub(super) fn outgoing(command: Command, brief: bool, form: Form) -> Vec<Outgoing> {
    let is_idle = command.name() == "IDLE";
    let mut out = Vec::new();
    for piece in command.into_pieces() {
        match piece {
            Piece::Text(text) => out.push(Outgoing::Bytes(text)),
            Piece::Literal(bytes) => literal(&mut out, bytes, form),
            Piece::Mailbox(name) => mailbox(&mut out, name, form),
            Piece::Answer(line) => {
                out.push(Outgoing::Bytes(b"\r\n".to_vec()));
                out.push(Outgoing::AwaitContinuation);
                out.push(Outgoing::Bytes(line));
            }
        }
    }
    if is_idle {
        out.push(Outgoing::Bytes(b"\r\n".to_vec()));
        out.push(if brief { Outgoing::AwaitContinuation } else { Outgoing::Idle });
        out.push(Outgoing::Bytes(b"DONE".to_vec()));
    }
    out
}

fn literal(out: &mut Vec<Outgoing>, bytes: Vec<u8>, form: Form) {
    if bytes.len() <= form.literals {
        out.push(Outgoing::Bytes(format!("{{{}+}}\r\n", bytes.len()).into_bytes()));
    } else {
        out.push(Outgoing::Bytes(format!("{{{}}}\r\n", bytes.len()).into_bytes()));
        out.push(Outgoing::AwaitContinuation);
    }
    out.push(Outgoing::Bytes(bytes));
}

/// A name that is written otherwise in UTF-8: quoted in either, for quoted strings hold UTF-8 then (RFC 6855 section 3).
fn mailbox(out: &mut Vec<Outgoing>, name: Vec<u8>, form: Form) {
    let utf8 = if form.utf8 { utf7::decode(&name) } else { None };
    let bytes = utf8.map_or(name, String::into_bytes);
    if bytes.len() > MAX_QUOTED || bytes.iter().any(|byte| *byte < b' ' || *byte == 0x7f) {
        return literal(out, bytes, form);
    }
    let mut quoted = vec![b'"'];
    for byte in bytes {
        if matches!(byte, b'"' | b'\\') {
            quoted.push(b'\\');
        }
        quoted.push(byte);
    }
    quoted.push(b'"');
    out.push(Outgoing::Bytes(quoted));
}
