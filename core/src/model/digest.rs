//! What the bytes of a mail are worth to lists and to search.

use super::Part;

/// What the bytes of a mail showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// Its parts.
    pub structure: Part,
    /// The text by which it is found: what people read of it, then the text of all its other text parts.
    pub text: String,
    /// The beginning of what people read, for lists. `None` where that is nothing.
    pub preview: Option<String>,
}
