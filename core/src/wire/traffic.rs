//! What conversations cost.
//!
//! Bytes are those of the protocol as they go over the connection, below deflate and above TLS: TLS itself, TCP and IP
//! add their headers to that (about 29 bytes for each TLS record of up to 16 KiB, and the handshake).

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one connection. Bytes are counted above TLS and below deflate.
#[derive(Debug, Default)]
pub struct Traffic {
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    flights: AtomicU64,
    connections: AtomicU64,
}

/// What was spent, at one time or between two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// Flights of ours: times that something was sent after something was received.
    pub flights: u64,
    /// Connections made.
    pub connections: u64,
}

impl Spent {
    /// This and that together.
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            bytes_in: self.bytes_in + other.bytes_in,
            bytes_out: self.bytes_out + other.bytes_out,
            flights: self.flights + other.flights,
            connections: self.connections + other.connections,
        }
    }

    /// What came after an earlier time.
    pub fn since(&self, before: &Self) -> Self {
        Self {
            bytes_in: self.bytes_in - before.bytes_in,
            bytes_out: self.bytes_out - before.bytes_out,
            flights: self.flights - before.flights,
            connections: self.connections - before.connections,
        }
    }
}

impl Traffic {
    pub(super) fn received(&self, bytes: usize) {
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn flight(&self) {
        self.flights.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a connection that was made.
    pub fn connected(&self) {
        self.connections.fetch_add(1, Ordering::Relaxed);
    }

    /// Bytes in and out so far.
    pub fn total_bytes(&self) -> u64 {
        let spent = self.snapshot();
        spent.bytes_in + spent.bytes_out
    }

    /// What was spent so far.
    pub fn snapshot(&self) -> Spent {
        Spent {
            bytes_in: self.bytes_in.load(Ordering::Relaxed),
            bytes_out: self.bytes_out.load(Ordering::Relaxed),
            flights: self.flights.load(Ordering::Relaxed),
            connections: self.connections.load(Ordering::Relaxed),
        }
    }
}
