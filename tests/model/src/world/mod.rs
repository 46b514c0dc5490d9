//! The world: accounts, mailboxes and messages, whatever protocol looks at them.
//!
//! Everything is plain data behind one lock that is never held across an await point. Nothing here reads a clock
//! (the world is given one), draws a random number or starts a thread: the same calls give the same world.

mod account;
mod content;
mod effect;
mod flags;
mod folders;
mod generated;
mod labels;
mod mail;
mod mailbox;
mod message;
pub mod name;
mod rival;
mod snapshot;
mod state;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

pub use account::{Account, Style};
pub use content::NewMessage;
pub use effect::{Actor, Change, Effect, Received, Refusal, Violation};
pub use flags::{FlagChange, Flags};
pub use generated::Newsletter;
pub use mail::{Copied, Stored};
pub use mailbox::Mailbox;
pub use message::{Content, Generator, InternalDate, Message, Place, Uid};
pub use rival::Rival;
pub use snapshot::{AccountSnapshot, MailboxSnapshot, MessageSnapshot, Snapshot};
pub use state::State;

/// A handle to the world; clones share it.
#[derive(Clone)]
pub struct World {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

impl World {
    /// An empty world whose clock stands at 2023-11-14T22:13:20Z.
    pub fn new() -> Self {
        Self::with_clock(|| 1_700_000_000)
    }

    /// An empty world with a clock that gives seconds since 1970.
    pub fn with_clock(clock: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        let state = Mutex::new(State::new(Arc::new(clock)));
        Self { shared: Arc::new(Shared { state, changed: watch::Sender::new(0) }) }
    }

    /// Looks at the world or changes it, in one step that no session can come between. Sessions that wait for news
    /// are woken afterwards. The closure must not call back into the world.
    pub fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.version();
        let answer = act(&mut state);
        let after = state.version();
        drop(state);
        if after != before {
            self.shared.changed.send_replace(after);
        }
        answer
    }

    /// A copy of the world as it is now, that goes its own way: a replica that lags behind, a restored backup.
    #[must_use]
    pub fn fork(&self) -> Self {
        let state = Mutex::new(self.with(|state| state.clone()));
        Self { shared: Arc::new(Shared { state, changed: watch::Sender::new(0) }) }
    }

    /// Adds an account with an empty INBOX, or replaces the one of that user.
    pub fn add_account(&self, user: &str, password: &str) -> Rival {
        self.with(|state| state.add_account(user, password));
        self.rival(user)
    }

    /// Somebody who acts on a user's account outside of every session.
    pub fn rival(&self, user: &str) -> Rival {
        Rival::new(self.clone(), user)
    }

    /// Everything a client could learn, to compare two worlds or a world and a client's belief.
    pub fn snapshot(&self) -> Snapshot {
        self.with(|state| state.snapshot())
    }

    /// Every change applied so far, in order.
    pub fn effects(&self) -> Vec<Effect> {
        self.with(|state| state.effects().to_vec())
    }

    /// The commands received so far, if [`State::record_commands`] asked for them.
    pub fn received(&self) -> Vec<Received> {
        self.with(|state| state.received().to_vec())
    }

    /// What clients did that the protocol forbids, so far.
    pub fn violations(&self) -> Vec<Violation> {
        self.with(|state| state.violations().to_vec())
    }

    /// A counter that rises with each change, to wait on.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changed.subscribe()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")
    }
}
