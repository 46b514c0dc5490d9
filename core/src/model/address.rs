//! A mail address as people see it.

use serde::{Deserialize, Serialize};

/// One address of a header field: display name, if any, and addr-spec (RFC 5322 section 3.4).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// Display name, decoded; empty where the header gave none.
    pub name: String,
    /// The addr-spec as it stood, decoded to text; empty where the header named no address.
    pub email: String,
}
