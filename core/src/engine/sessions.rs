//! The sessions of one account: one is kept between what is asked for, and at most two are in use.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::Failure;
use super::link::Link;
use crate::account::{AccountSettings, Auth};
use crate::imap::ImapError;
use crate::sync::Control;
use crate::wire::WireError;

/// A session that nobody needed for this long is closed: servers end unused ones after half an hour, and a phone that
/// sleeps should hold no connection.
pub(super) const UNUSED: Duration = Duration::from_secs(120);

/// After a refused login, so long none is tried: who goes on with a wrong password is locked out.
const REFUSED: Duration = Duration::from_secs(60);

/// How often one sync goes on over a new connection after one that broke with steps of operations under way: each time, what may
/// have broken it goes out later.
const INTERRUPTIONS: u32 = 4;

/// What the two tasks of an account share.
#[derive(Default)]
pub(super) struct Sessions {
    state: Mutex<State>,
    /// How many sessions are in use.
    used: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    kept: Option<(Link, Instant)>,
    /// How often the settings or the network changed: a session made by older ones is not kept.
    settings: u64,
    /// When a login was refused, and how.
    refused: Option<(Instant, ImapError)>,
}

/// A session is in use, or about to be made, for as long as this lives.
pub(super) struct Use<'a> {
    sessions: &'a Sessions,
    settings: u64,
}

impl Sessions {
    /// Begins to use a session: to be called before the settings are read.
    pub(super) fn begin(&self) -> Use<'_> {
        self.used.send_modify(|used| *used += 1);
        Use { sessions: self, settings: self.lock().settings }
    }

    /// Whether one is kept.
    pub(super) fn has_kept(&self) -> bool {
        self.lock().kept.is_some()
    }

    /// Closes the one that is kept where nobody needed it for long.
    pub(super) fn close_unused(&self) {
        let kept = &mut self.lock().kept;
        if kept.as_ref().is_some_and(|(_, since)| since.elapsed() >= UNUSED) {
            *kept = None;
        }
    }

    /// The settings changed: what was made by the old ones belongs to the past.
    pub(super) fn forget(&self) {
        let mut state = self.lock();
        state.settings += 1;
        state.refused = None;
        state.kept = None;
    }

    /// The network changed. That a password was refused says as much as before.
    pub(super) fn network_changed(&self) {
        let mut state = self.lock();
        state.settings += 1;
        state.kept = None;
    }

    /// The server has taken a login.
    pub(super) fn accepted(&self) {
        self.lock().refused = None;
    }

    /// How a login was refused so shortly ago that none is to be tried now.
    pub(super) fn refused(&self) -> Option<ImapError> {
        let state = self.lock();
        state.refused.as_ref().filter(|(when, _)| when.elapsed() < REFUSED).map(|(_, error)| error.clone())
    }

    fn note_refusal(&self, error: &ImapError) {
        if self.refused().is_none() {
            self.lock().refused = Some((Instant::now(), error.clone()));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Use<'_> {
    /// The session that is kept, where there is one.
    pub(super) fn take(&self) -> Option<Link> {
        let (mut link, _) = self.sessions.lock().kept.take()?;
        link.before = link.traffic.snapshot();
        Some(link)
    }

    /// Keeps a session for whoever comes next.
    pub(super) fn keep(&self, link: Link) {
        let mut state = self.sessions.lock();
        if state.settings == self.settings {
            state.kept = Some((link, Instant::now()));
        }
    }
}

impl Drop for Use<'_> {
    fn drop(&mut self) {
        self.sessions.used.send_modify(|used| *used -= 1);
    }
}

/// Whether the server said what makes no sense.
fn is_protocol(error: &ImapError) -> bool {
    matches!(error, ImapError::Protocol(_) | ImapError::Wire(WireError::Protocol(_)))
}

/// Which second chances were used up.
#[derive(Default)]
pub(super) struct Chances {
    closed: bool,
    busy: bool,
    token: bool,
    login: bool,
    interruptions: u32,
    /// Whether the last connection broke with steps of operations under way.
    pub(super) interrupted: bool,
    /// Whether the last session had answered nothing yet but what leads to a login.
    pub(super) unserved: bool,
    /// Whether it began with a session from before.
    kept: bool,
    /// Whether the account logs in by tokens: one that the server refuses may only be old.
    by_token: bool,
}

impl Chances {
    /// Whether the host is to be asked for another token than the one that the server refused.
    pub(super) fn token_refused(&self) -> bool {
        self.token
    }

    /// Whether a login broke the session, and is tried once more.
    pub(super) fn login_broke(&self) -> bool {
        self.login
    }

    /// Something is tried: with a session from before where `kept` says so.
    pub(super) fn begin(&mut self, kept: bool, settings: &AccountSettings) {
        (self.kept, self.by_token) = (kept, settings.auth == Auth::Token);
    }

    /// Whether what failed is to be tried once more.
    pub(super) async fn again<T>(
        &mut self,
        sessions: &Sessions,
        outcome: &Result<T, Failure>,
        control: &Control,
    ) -> bool {
        let (interrupted, unserved) = (std::mem::take(&mut self.interrupted), std::mem::take(&mut self.unserved));
        let Err(Failure::Imap(error)) = outcome else { return false };
        if interrupted && self.interruptions < INTERRUPTIONS {
            self.interruptions += 1;
            return true;
        }
        // What came right behind the login may have been too early.
        if unserved && !self.kept && !self.login && is_protocol(error) {
            self.login = true;
            return true;
        }
        // That a kept session was closed meanwhile says nothing about now.
        if self.kept && error.is_connection_lost() && !self.closed {
            self.closed = true;
            return true;
        }
        if matches!(error, ImapError::Authentication { .. }) {
            // Over a new connection: few servers take a second login over the first one.
            let again = self.by_token && !self.token && sessions.refused().is_none();
            sessions.note_refusal(error);
            self.token |= again;
            return again;
        }
        // Where the server takes no second session, the first one is waited for.
        let busy = matches!(error, ImapError::Unavailable { .. } | ImapError::Bye { unavailable: true });
        if !busy || self.busy || *sessions.used.borrow() == 0 {
            return false;
        }
        self.busy = true;
        let mut used = sessions.used.subscribe();
        tokio::select! {
            biased;
            () = control.cancelled() => false,
            // The sender lives as long as what is waited in.
            free = used.wait_for(|used| *used == 0) => free.is_ok(),
        }
    }
}
