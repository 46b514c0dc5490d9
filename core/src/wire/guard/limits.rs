//! What a server may send, and how fast it must be.

use std::time::Duration;

/// What the guard lets through.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The longest line, in bytes. Sets of UIDs may be longer: they are handed on in pieces.
    pub line: usize,
    /// The longest text of a FETCH response, its literals not counted, in bytes: a BODYSTRUCTURE of many parts.
    pub fetch: usize,
    /// Literals up to this size, in octets, are held in memory.
    pub literal_in_memory: u64,
    /// All literals of one response that are held in memory, in octets; the rest goes to the spool.
    pub response_in_memory: u64,
    /// The largest literal, in octets.
    pub literal: u64,
    /// How long a server may be silent while something is awaited.
    pub silence: Duration,
    /// How long a server may take over one command, however often it says something, …
    pub patience: Duration,
    /// … and how many bytes buy it another second: so that neither a byte a minute nor a line a minute is progress.
    pub pace: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: 64 * 1024,
            fetch: 1024 * 1024,
            literal_in_memory: 256 * 1024,
            response_in_memory: 8 * 1024 * 1024,
            literal: 2 * 1024 * 1024 * 1024,
            silence: Duration::from_secs(60),
            patience: Duration::from_secs(600),
            pace: 64,
        }
    }
}
