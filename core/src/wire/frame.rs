//! One whole server response, as the guard hands it on.

use bytes::Bytes;

/// A response with its literals taken out of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The response without its final line end. Where a literal stood, its announcement (`{5}`) and the line end after
    /// it are still there, its bytes are not: the n-th announcement belongs to the n-th of `literals`.
    pub text: Vec<u8>,
    /// The literals in their order.
    pub literals: Vec<Literal>,
}

/// The bytes of a literal (RFC 3501 section 4.3, RFC 3516 for `~{5}`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// Small enough to be held in memory. Clones share it: a body is not copied on its way from the wire to the store.
    Memory(Bytes),
    /// Written to the spool while it arrived; the token is the spool's name for it.
    Spooled {
        /// What the spool calls these bytes.
        token: u64,
        /// How many bytes arrived.
        len: u64,
    },
}
