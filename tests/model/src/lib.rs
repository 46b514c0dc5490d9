//! The model mail server: plain data structures, every extension switchable, faults on order.
//!
//! - [`world`]: accounts, mailboxes and messages; what was done to them by whom; rivals that act outside of sessions.
//! - [`profile`]: what a server offers and how it behaves, as data, with presets for providers.
//! - [`ModelServer`]: connections in memory and over TCP, with a session of IMAP for each.
//! - [`fault`]: links that delay and cut, rules for responses, scripted servers.
//!
//! The crate knows nothing of the client it is used to test, so that the two cannot share a mistake. It reads no clock
//! and draws no random numbers; on one thread with tokio's paused time, a run repeats itself exactly.
//!
//! ```
//! use postrider_model::profile::{Extension, Profile};
//! use postrider_model::world::{NewMessage, World};
//! use postrider_model::{ModelServer, fault};
//! use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let profile = Profile::dovecot().without(Extension::Qresync);
//! let world = World::new();
//! let rival = profile.layout.furnish(&world, "jo", "secret")?;
//! rival.deliver("INBOX", NewMessage::new("Subject: hello\r\n\r\nworld\r\n"))?;
//!
//! let server = ModelServer::new(world.clone(), profile);
//! server.script().add(fault::Rule::once("NOOP", fault::Act::Deny("NO [UNAVAILABLE] later".to_owned())));
//! let mut stream = server.connect_in_memory();
//! stream.write_all(b"a LOGIN jo secret\r\nb NOOP\r\nc SELECT INBOX\r\nd STORE 1 +FLAGS (\\Seen)\r\ne LOGOUT\r\n").await?;
//! let mut answers = String::new();
//! stream.read_to_string(&mut answers).await?;
//! assert!(answers.contains("b NO [UNAVAILABLE] later\r\n") && answers.contains("* 1 EXISTS\r\n"));
//! assert_eq!(world.snapshot().accounts["jo"].mailboxes[&b"INBOX"[..]].messages[&1].flags.to_string(), "\\Seen");
//! # Ok(())
//! # }
//! ```

pub mod fault;
mod imap;
mod mime;
pub mod profile;
mod server;
pub mod world;

pub use server::{Listening, ModelServer, Security};
