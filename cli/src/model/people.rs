//! Who writes to whom.

use std::collections::BTreeMap;

/// Somebody with an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) email: String,
}

impl Person {
    /// The part of the address after the `@`.
    pub(super) fn domain(&self) -> &str {
        self.email.rsplit('@').next().unwrap_or_default()
    }
}

/// Everybody, by a short name.
pub(super) struct People(BTreeMap<&'static str, Person>);

impl People {
    pub(super) fn known() -> Self {
        let person = |line: &'static str| {
            let (alias, rest) = line.split_once(" = ")?;
            let (name, email) = rest.split_once(" <")?;
            Some((alias, Person { name: name.to_owned(), email: email.strip_suffix('>')?.to_owned() }))
        };
        Self(include_str!("mailbox/people.txt").lines().filter_map(person).collect())
    }

    pub(super) fn get(&self, alias: &str) -> Option<Person> {
        self.0.get(alias).cloned()
    }
}
