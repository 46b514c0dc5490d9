//! What starting a server needs: a program, a free port, a greeting. And what can go wrong.

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

/// A server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// It is not on this machine. The text says what brings it.
    #[error("{program} is not here: {remedy}")]
    Missing {
        /// The program looked for.
        program: &'static str,
        /// What to do about it.
        remedy: &'static str,
    },
    /// It did not come up. What it wrote is told.
    #[error("the server did not start:\n{0}")]
    NotUp(String),
    /// The machine refused something.
    #[error("the machine refused what a server needs: {0}")]
    Io(#[from] std::io::Error),
    /// No certificate could be made.
    #[error("no certificate: {0}")]
    Certificate(#[from] rcgen::Error),
}

/// How often a launch is tried: a port found free may be taken by someone else before the server binds it.
const TRIES: usize = 3;

/// Starts a server by `start`, again where it did not come up.
pub(super) fn with_retries<S>(mut start: impl FnMut() -> Result<S, LaunchError>) -> Result<S, LaunchError> {
    for _ in 1..TRIES {
        match start() {
            Err(LaunchError::NotUp(_)) => {}
            done => return done,
        }
    }
    start()
}

/// Different ports of 127.0.0.1 that nobody listens on now.
pub(super) fn free_ports<const N: usize>() -> std::io::Result<[u16; N]> {
    let mut ports = [0; N];
    let mut held = Vec::new();
    for port in &mut ports {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

/// Whether a greeting with this mark comes from the port. A port that accepts is not yet a server that answers, and the
/// server that answers may be another test's.
pub(super) fn greets(port: u16, mark: &str) -> bool {
    let Ok(stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    if stream.set_read_timeout(Some(Duration::from_secs(5))).is_err() {
        return false;
    }
    let mut greeting = String::new();
    let read = BufReader::new(stream).read_line(&mut greeting).is_ok();
    read && greeting.contains(mark)
}

/// The first of these files that exists.
pub(super) fn first_existing(candidates: impl IntoIterator<Item = PathBuf>) -> Option<PathBuf> {
    candidates.into_iter().find(|file| file.exists())
}
