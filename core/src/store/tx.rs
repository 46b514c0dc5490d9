//! Who may write what, by type. Sync gets a [`MirrorTx`], user actions a [`JournalTx`], replay a [`ReplayTx`], account
//! configuration a [`ConfigTx`]; none has the others' methods, so that crossing sides does not compile.
//!
//! ```
//! # use postrider::store::{ConfigTx, MirrorTx, StoreError};
//! # fn config(tx: &mut ConfigTx<'_>) -> Result<(), StoreError> {
//! tx.add_account("a", "a@example.org", "{}")?;
//! # Ok(()) }
//! # fn mirror(tx: &mut MirrorTx<'_>, mailbox: postrider::model::MailboxId) -> Result<(), StoreError> {
//! tx.insert_new(mailbox, &[])?;
//! # Ok(()) }
//! ```
//!
//! ```compile_fail
//! # fn f(tx: &mut postrider::store::MirrorTx<'_>) {
//! tx.add_account("a", "a@example.org", "{}"); // the mirror's side cannot configure
//! # }
//! ```
//!
//! ```compile_fail
//! # fn f(tx: &mut postrider::store::JournalTx<'_>, mailbox: postrider::model::MailboxId) {
//! tx.insert_new(mailbox, &[]); // what the user wants is not what the server told
//! # }
//! ```
//!
//! ```compile_fail
//! # fn f(tx: &mut postrider::store::ConfigTx<'_>, mailbox: postrider::model::MailboxId) {
//! tx.insert_new(mailbox, &[]); // the configuration's side cannot write the mirror
//! # }
//! ```

use std::collections::BTreeSet;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use rusqlite::{CachedStatement, Connection};

use super::{Change, Snapshot, StoreError};
use crate::model::{AccountId, Timestamp};

/// What a transaction needs to know besides the database.
pub(super) struct Context {
    pub(super) dir: PathBuf,
    pub(super) now: Timestamp,
}

/// What is to be done once a transaction is committed.
#[derive(Default)]
pub(super) struct Effects {
    pub(super) change: Change,
    /// Files of blobs that no row names any more, and beginnings that are whole or given up.
    pub(super) obsolete_files: BTreeSet<PathBuf>,
    /// Files of blobs that were put in place: their names must be on disk before the rows that give them.
    pub(super) placed_files: BTreeSet<PathBuf>,
    /// Whether an account was added, removed or configured otherwise: the copy of the accounts is out of date then.
    pub(super) configured: bool,
}

impl Effects {
    pub(super) fn merge(&mut self, other: Self) {
        self.change.merge(other.change);
        // One transaction may drop bytes and a later one of the same commit bring them back.
        self.obsolete_files.retain(|path| !other.placed_files.contains(path));
        self.obsolete_files.extend(other.obsolete_files);
        self.placed_files.extend(other.placed_files);
        self.configured |= other.configured;
    }
}

/// What the tokens have in common.
pub(super) struct WriteTx<'a> {
    view: Snapshot<'a>,
    context: &'a Context,
    effects: Effects,
}

impl<'a> WriteTx<'a> {
    fn new(conn: &'a Connection, context: &'a Context) -> Self {
        Self { view: Snapshot::new(conn, &context.dir), context, effects: Effects::default() }
    }

    pub(super) fn conn(&self) -> &'a Connection {
        self.view.conn()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.context.now
    }

    pub(super) fn change(&mut self) -> &mut Change {
        &mut self.effects.change
    }
}

macro_rules! write_tx {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name<'a>(WriteTx<'a>);

        impl<'a> $name<'a> {
            pub(super) fn new(conn: &'a Connection, context: &'a Context) -> Self {
                Self(WriteTx::new(conn, context))
            }

            pub(super) fn into_effects(self) -> Effects {
                self.0.effects
            }

            pub(super) fn conn(&self) -> &'a Connection {
                self.0.conn()
            }

            #[allow(dead_code, reason = "not every side shares work with another")]
            pub(super) fn inner(&mut self) -> &mut WriteTx<'a> {
                &mut self.0
            }

            pub(super) fn prepare(&self, sql: &str) -> Result<CachedStatement<'a>, StoreError> {
                Ok(self.conn().prepare_cached(sql)?)
            }

            #[allow(dead_code, reason = "not every side needs it")]
            pub(super) fn now(&self) -> Timestamp {
                self.0.now()
            }

            #[allow(dead_code, reason = "not every side needs it")]
            pub(super) fn change(&mut self) -> &mut Change {
                self.0.change()
            }

            #[allow(dead_code, reason = "not every side has files")]
            pub(super) fn dir(&self) -> &'a Path {
                &self.0.context.dir
            }

            #[allow(dead_code, reason = "not every side has files")]
            pub(super) fn file_placed(&mut self, path: PathBuf) {
                self.0.effects.obsolete_files.remove(&path);
                self.0.effects.placed_files.insert(path);
            }

            /// The file is removed once the transaction is committed.
            #[allow(dead_code, reason = "not every side has files")]
            pub(super) fn remove_file(&mut self, path: PathBuf) {
                self.0.effects.obsolete_files.insert(path);
            }
        }

        /// All that can be read, as the transaction has changed it so far.
        impl<'a> Deref for $name<'a> {
            type Target = Snapshot<'a>;

            fn deref(&self) -> &Snapshot<'a> {
                &self.0.view
            }
        }
    };
}

write_tx!(
    /// A transaction that writes the mirror: what the server last told. For sync alone.
    MirrorTx
);
write_tx!(
    /// A transaction that writes configuration: the accounts. It is on disk, power cut or not, once it is answered.
    ConfigTx
);
write_tx!(
    /// A transaction that writes what the user asks for. It is on disk, power cut or not, once it is answered.
    JournalTx
);
write_tx!(
    /// A transaction that writes how far operations have come, with what the server answered to them. It is on disk, power
    /// cut or not, once it is answered.
    ReplayTx
);

impl ConfigTx<'_> {
    /// What is configured of an account has changed.
    pub(super) fn configured(&mut self, account: AccountId) {
        self.0.effects.configured = true;
        self.change().accounts.insert(account);
    }
}

impl<'a> JournalTx<'a> {
    /// When the transaction runs, by the store's clock.
    pub fn time(&self) -> Timestamp {
        self.0.now()
    }

    /// The rows of mails, for one of the user's own.
    pub(super) fn mails<T>(
        &mut self,
        write: impl FnOnce(&mut MirrorTx<'a>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.0.as_mirror(write)
    }
}

impl<'a> ReplayTx<'a> {
    /// The mirror, for what the server's own answer says of it.
    pub(super) fn mirror<T>(
        &mut self,
        write: impl FnOnce(&mut MirrorTx<'a>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.0.as_mirror(write)
    }
}

impl<'a> WriteTx<'a> {
    fn as_mirror<T>(
        &mut self,
        write: impl FnOnce(&mut MirrorTx<'a>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut tx = MirrorTx(WriteTx::new(self.conn(), self.context));
        tx.0.effects = std::mem::take(&mut self.effects);
        let outcome = write(&mut tx);
        self.effects = tx.0.effects;
        outcome
    }
}
