//! What is behind the world's lock.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::account::Account;
use super::effect::{Actor, Change, Effect, Received, Refusal, Violation};
use super::mailbox::Mailbox;

/// Gives seconds since 1970.
pub(crate) type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The state of the world. Changes go through its methods so that each is logged and wakes the sessions.
#[derive(Clone)]
pub struct State {
    accounts: BTreeMap<String, Account>,
    clock: Clock,
    effects: Vec<Effect>,
    effects_counted: u64,
    received: Vec<Received>,
    record_commands: bool,
    violations: Vec<Violation>,
    next_id: u64,
    next_uidvalidity: u32,
    version: u64,
}

impl State {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            accounts: BTreeMap::new(),
            clock,
            effects: Vec::new(),
            effects_counted: 0,
            received: Vec::new(),
            record_commands: false,
            violations: Vec::new(),
            next_id: 1,
            next_uidvalidity: 1_600_000_001,
            version: 0,
        }
    }

    /// The world's time in seconds since 1970.
    pub fn now(&self) -> i64 {
        (self.clock)()
    }

    /// An account.
    pub fn account(&self, user: &str) -> Option<&Account> {
        self.accounts.get(user)
    }

    /// An account, to change its settings.
    pub fn account_mut(&mut self, user: &str) -> Option<&mut Account> {
        self.accounts.get_mut(user)
    }

    /// All accounts by user.
    pub fn accounts(&self) -> impl Iterator<Item = (&str, &Account)> {
        self.accounts.iter().map(|(user, account)| (user.as_str(), account))
    }

    /// A mailbox of an account.
    pub fn mailbox(&self, user: &str, name: &[u8]) -> Option<&Mailbox> {
        self.account(user)?.mailbox(name)
    }

    /// Adds an account with an empty INBOX.
    pub fn add_account(&mut self, user: &str, password: &str) {
        let mut account = Account::new(password);
        let inbox = self.new_mailbox(b"INBOX".to_vec());
        account.insert(inbox);
        account.subscriptions.insert(b"INBOX".to_vec());
        self.accounts.insert(user.to_owned(), account);
        self.version += 1;
    }

    /// Every change applied so far.
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// Takes the log of changes away, so that a long run keeps little memory.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Commands received so far.
    pub fn received(&self) -> &[Received] {
        &self.received
    }

    /// From now on keeps each received command (or stops to).
    pub fn record_commands(&mut self, on: bool) {
        self.record_commands = on;
    }

    /// What clients did that the protocol forbids.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    pub(crate) fn note_violation(&mut self, connection: u64, tag: &str, why: &str) {
        self.violations.push(Violation { connection, tag: tag.to_owned(), why: why.to_owned() });
    }

    pub(crate) fn note_command(&mut self, connection: u64, line: impl FnOnce() -> Vec<u8>) {
        if self.record_commands {
            self.received.push(Received { connection, line: line() });
        }
    }

    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn note(&mut self, by: &Actor, user: &str, change: Change) {
        self.version += 1;
        self.effects_counted += 1;
        let effect =
            Effect { number: self.effects_counted, at: self.now(), by: by.clone(), user: user.to_owned(), change };
        self.effects.push(effect);
    }

    pub(crate) fn touch(&mut self) {
        self.version += 1;
    }

    pub(crate) fn next_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id - 1
    }

    pub(crate) fn next_uidvalidity(&mut self) -> u32 {
        self.next_uidvalidity += 1;
        self.next_uidvalidity - 1
    }

    pub(crate) fn new_mailbox(&mut self, name: Vec<u8>) -> Mailbox {
        Mailbox::new(self.next_id(), name, self.next_uidvalidity())
    }

    pub(crate) fn owner(&mut self, user: &str) -> Result<&mut Account, Refusal> {
        self.accounts.get_mut(user).ok_or(Refusal::NoUser)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("accounts", &self.accounts.len()).field("version", &self.version).finish()
    }
}
