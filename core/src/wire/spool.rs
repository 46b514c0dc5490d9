//! The place for literals too large for memory.

/// Where literals too large for memory go while they arrive. Implemented above this module, by whoever has a place for
/// them; kept apart so that the wire knows no store.
pub trait Spool: Send + Sync {
    /// Begins a literal of `len` bytes and names it. The token is never reused within one connection. `before` is what came
    /// of its response so far: it tells what the literal is.
    ///
    /// # Errors
    /// Where no place can be made: the connection is given up.
    fn begin(&mut self, len: u64, before: &[u8]) -> std::io::Result<u64>;

    /// Appends bytes in order.
    ///
    /// # Errors
    /// As for [`Spool::begin`], a full disk among them.
    fn write(&mut self, token: u64, bytes: &[u8]) -> std::io::Result<()>;

    /// Tells that no more comes: all of it is there, or the connection ended first. What arrived so far stays usable.
    ///
    /// # Errors
    /// As for [`Spool::begin`].
    fn end(&mut self, token: u64) -> std::io::Result<()>;
}
