//! An account's configuration: servers, user name, trust, policies. Plain data, no secret in it, no I/O. Secrets come
//! from the host by the traits in [`SecretStore`] and [`TokenProvider`].

mod credentials;
mod server;
mod settings;

pub use credentials::{CredentialError, SecretStore, TokenProvider};
pub use server::{InvalidServer, Protocol, Server};
pub use settings::{AccountSettings, Auth, BodyPolicy, InvalidSetting, Setting};
