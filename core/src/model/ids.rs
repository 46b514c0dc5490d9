//! Our own ids. They are made by the store, never reused, and mean nothing to a server.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// One configured account.
    AccountId
);
id!(
    /// One mailbox of one account. It survives renames on the server.
    MailboxId
);
id!(
    /// One mail, however many mailboxes it lies in. All its copies share this id.
    MessageId
);
id!(
    /// One mail as it lies in one mailbox: what apps and the command line call the id of a message. It survives moves,
    /// renames and UIDVALIDITY changes; a copy has its own.
    PlaceId
);
id!(
    /// One conversation of an account, across its mailboxes.
    ThreadId
);
id!(
    /// One operation of the user, as the journal keeps it. Later ones have higher ids.
    OperationId
);
