//! The accounts of a private server.

/// Who may log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The login name, an address.
    pub name: String,
    /// The password. It guards nothing but a server that lives as long as a test.
    pub password: String,
}

impl User {
    /// A user with this name and password.
    pub fn new(name: &str, password: &str) -> Self {
        Self { name: name.to_owned(), password: password.to_owned() }
    }

    /// The three users that a server has when a test asks for no others.
    pub fn usual() -> Vec<Self> {
        vec![
            Self::new("mara@postrider.example", "secret"),
            Self::new("noor@postrider.example", "secret of noor"),
            Self::new("osei@postrider.example", "secret of osei"),
        ]
    }
}
