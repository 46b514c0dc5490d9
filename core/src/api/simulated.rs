//! A core for simulations: nothing in it depends on threads, so that a run repeats itself exactly.

use std::sync::Arc;

use super::{Core, CoreError, CoreOptions};
use crate::engine::Environment;
use crate::model::{Clock, SystemClock};
use crate::store::{Mode, OpenOptions, Store};
use crate::wire::TcpNetwork;

impl Core {
    /// As [`Core::open`], on the caller's thread alone: transactions and reads run where they are asked for, at once. With a
    /// network and a clock of the caller's own and tokio's clock paused, the same calls lead to the same end. Apps want
    /// [`Core::open`]; what works on large bodies may still go to a thread for blocking work.
    ///
    /// # Errors
    /// As [`Core::open`].
    pub fn open_inline(options: CoreOptions) -> Result<Self, CoreError> {
        let clock: Arc<dyn Clock> = options.clock.unwrap_or_else(|| Arc::new(SystemClock));
        let open = OpenOptions { mode: Mode::Inline, clock: Arc::clone(&clock), read_only: false };
        let store = Store::open(&options.dir, open)?;
        let environment = Environment {
            clock,
            network: options.network.unwrap_or_else(|| Arc::new(TcpNetwork)),
            secrets: options.secrets,
            tokens: options.tokens,
            threads: false,
        };
        Ok(Self::over(store, environment))
    }

    /// How many octets of the store's write-ahead log no power cut can take any more: a simulation takes the others away. Where SQLite
    /// has begun the log anew it may be too many, never too few.
    pub fn log_on_disk(&self) -> u64 {
        self.store().log_on_disk()
    }
}
