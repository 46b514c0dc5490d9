//! What the sessions of a server share.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;

use crate::fault::Script;
use crate::imap::Stream;
use crate::profile::Profile;
use crate::world::World;

pub(crate) struct Shared {
    pub(crate) world: World,
    pub(crate) script: Script,
    profile: Mutex<Arc<Profile>>,
    connections: AtomicU64,
    seats: Mutex<BTreeMap<String, usize>>,
}

impl Shared {
    pub(crate) fn new(world: World, profile: Profile) -> Self {
        Self {
            world,
            script: Script::default(),
            profile: Mutex::new(Arc::new(profile)),
            connections: AtomicU64::new(0),
            seats: Mutex::new(BTreeMap::new()),
        }
    }

    pub(crate) fn profile(&self) -> Arc<Profile> {
        Arc::clone(&lock(&self.profile))
    }

    pub(crate) fn set_profile(&self, profile: Profile) {
        *lock(&self.profile) = Arc::new(profile);
    }

    pub(crate) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    pub(crate) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("profile", &self.profile().name).finish_non_exhaustive()
    }
}

/// How far a connection is protected.
pub(crate) struct Tls {
    /// It is encrypted.
    pub(crate) secure: bool,
    /// It can be encrypted by STARTTLS with this.
    pub(crate) starttls: Option<Arc<ServerConfig>>,
}

impl Tls {
    /// Encrypts a connection.
    pub(crate) async fn accept(config: Arc<ServerConfig>, stream: Box<dyn Stream>) -> io::Result<Box<dyn Stream>> {
        Ok(Box::new(TlsAcceptor::from(config).accept(stream).await?))
    }
}

/// A logged-in session's place among those its account may have; free again when dropped.
pub(crate) struct Seat {
    shared: Arc<Shared>,
    user: String,
}

impl Seat {
    /// Takes a place, if one of `limit` is free.
    pub(crate) fn take(shared: &Arc<Shared>, user: &str, limit: Option<usize>) -> Option<Self> {
        let mut seats = lock(&shared.seats);
        let taken = seats.entry(user.to_owned()).or_default();
        if limit.is_some_and(|limit| *taken >= limit) {
            return None;
        }
        *taken += 1;
        drop(seats);
        Some(Self { shared: Arc::clone(shared), user: user.to_owned() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(taken) = lock(&self.shared.seats).get_mut(&self.user) {
            *taken = taken.saturating_sub(1);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
