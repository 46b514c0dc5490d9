//! A network between processes that breaks: a port that leads to another one, and cuts its connections in the middle of a byte
//! stream. It counts what passes, so that a test can let something happen in the midst of a conversation.
//!
//! Whoever comes back at once finds that the server has done what it was told before the cut: a connection waits until the server is
//! done with those before it that broke. That it may go on with them for a while is another problem.
#![allow(clippy::disallowed_methods, reason = "it stands between processes and belongs to no runtime")]

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::workload::Dice;

/// A running proxy. It takes connections for as long as the process lives.
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    dice: Mutex<Dice>,
    passed: AtomicU64,
    cuts: AtomicU64,
    /// Connections that have broken, and with which the server is not done.
    dying: AtomicU64,
    /// Connections with which the server is not done, broken or not.
    live: AtomicU64,
}

/// One in so many connections is not cut.
const WHOLE: u64 = 4;
/// A connection that is cut carries up to so many bytes to the client, or from it.
const LONGEST: [u64; 2] = [24_000, 8_000];

impl Proxy {
    /// A port of 127.0.0.1 that leads to another one.
    ///
    /// # Errors
    /// Those of the system.
    pub fn to(port: u16, seed: u64) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let own = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            dice: Mutex::new(Dice::new(seed)),
            passed: AtomicU64::new(0),
            cuts: AtomicU64::new(0),
            dying: AtomicU64::new(0),
            live: AtomicU64::new(0),
        });
        let of_connections = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&of_connections);
                // Where the server cannot be reached, the client finds its connection closed.
                thread::spawn(move || drop(shared.carry(client, port)));
            }
        });
        Ok(Self { port: own, shared })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits until the server is done with every connection, the clients being gone.
    pub fn runs_dry(&self) {
        while self.shared.live.load(Ordering::SeqCst) > 0 {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// How many bytes have passed in both directions.
    pub fn passed(&self) -> u64 {
        self.shared.passed.load(Ordering::SeqCst)
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn carry(self: &Arc<Self>, client: TcpStream, port: u16) -> io::Result<()> {
        while self.dying.load(Ordering::SeqCst) > 0 {
            thread::sleep(Duration::from_millis(1));
        }
        let server = TcpStream::connect(("127.0.0.1", port))?;
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        self.live.fetch_add(1, Ordering::SeqCst);
        let [down, up] = self.limits();
        let connection =
            Arc::new(Connection { shared: Arc::clone(self), client, server, broken: AtomicBool::new(false) });
        let upwards = Arc::clone(&connection);
        thread::spawn(move || upwards.up(up));
        connection.down(down);
        Ok(())
    }

    /// How much a new connection carries to the client, and from it.
    fn limits(&self) -> [u64; 2] {
        let mut dice = self.dice.lock().unwrap_or_else(PoisonError::into_inner);
        let mut limits = [u64::MAX; 2];
        if dice.below(WHOLE) > 0 {
            let which = usize::from(dice.below(2) == 0);
            limits[which] = 1 + dice.below(LONGEST[which]);
        }
        limits
    }
}

struct Connection {
    shared: Arc<Shared>,
    client: TcpStream,
    server: TcpStream,
    broken: AtomicBool,
}

impl Connection {
    /// From the client to the server, so many bytes.
    fn up(&self, left: u64) {
        self.pass(&self.client, &self.server, left);
        self.breaks();
    }

    /// From the server to the client, so many bytes; what comes after them is read, for the server to come to its end.
    fn down(&self, left: u64) {
        self.pass(&self.server, &self.client, left);
        self.breaks();
        let _ = io::copy(&mut &self.server, &mut io::sink());
        self.shared.dying.fetch_sub(1, Ordering::SeqCst);
        self.shared.live.fetch_sub(1, Ordering::SeqCst);
    }

    fn pass(&self, mut from: &TcpStream, mut to: &TcpStream, mut left: u64) {
        let mut buffer = [0; 4096];
        loop {
            let room = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            if room == 0 {
                self.shared.cuts.fetch_add(1, Ordering::SeqCst);
                return;
            }
            match from.read(&mut buffer[..room]) {
                Ok(count) if count > 0 && to.write_all(&buffer[..count]).is_ok() => {
                    if left != u64::MAX {
                        left -= count as u64;
                    }
                    self.shared.passed.fetch_add(count as u64, Ordering::SeqCst);
                }
                _ => return,
            }
        }
    }

    fn breaks(&self) {
        if !self.broken.swap(true, Ordering::SeqCst) {
            self.shared.dying.fetch_add(1, Ordering::SeqCst);
            let _ = (self.client.shutdown(Shutdown::Both), self.server.shutdown(Shutdown::Write));
        }
    }
}
