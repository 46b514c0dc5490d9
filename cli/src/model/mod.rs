//! The embedded mail server, with a mailbox that looks like a person's.

mod compose;
mod encode;
mod events;
mod files;
mod letter;
mod people;
mod pieces;
mod series;

use std::net::{Ipv4Addr, SocketAddr};

use postrider::api::{Clock, SystemClock};
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Layout, Profile};
use postrider_model::world::{Actor, Change, Effect, Refusal, World};
use postrider_model::{Listening, ModelServer, Security};

use self::events::Places;
use self::letter::Letter;
use self::pieces::InPieces;
use crate::exit::Failure;

/// The person whose mailbox it is.
pub(crate) const USER: &str = "mara@postrider.example";

/// Her password: it protects nothing.
pub(crate) const PASSWORD: &str = "postrider";

/// Words in the mailbox worth searching for.
pub(crate) const QUERIES: [&str; 2] = ["茶室", "from:giulia torchio"];

/// A server on this machine.
pub(crate) struct Model {
    server: ModelServer,
    listening: Option<Ears>,
    seed: Option<u64>,
    address: SocketAddr,
    layout: Layout,
    letters: Vec<Letter>,
    places: Places,
}

/// What it listens with: dropped, it hears no more.
enum Ears {
    Whole(#[allow(dead_code, reason = "kept for its end")] Listening),
    InPieces(#[allow(dead_code, reason = "kept for its end")] InPieces),
}

impl Model {
    /// Starts a server that behaves like the named provider, on this port of the loopback (any free one for 0). With a
    /// seed, bytes come and go in pieces of odd sizes.
    pub(crate) async fn start(profile: &str, port: u16, seed: Option<u64>) -> Result<Self, Failure> {
        let known = Profile::PRESETS.join(", ");
        let profile = Profile::preset(profile)
            .ok_or_else(|| Failure::usage(format!("there is no such profile; there are {known}")))?;
        let world = World::with_clock(|| SystemClock.now().0);
        let person = profile.layout.furnish(&world, USER, PASSWORD).map_err(refused)?;
        let (layout, now) = (profile.layout.clone(), SystemClock.now().0);
        let letters =
            events::letters(now).map_err(|what| Failure::internal(format!("the mailbox of the model: {what}")))?;
        let places = events::fill(&person, &layout, &letters, now).map_err(refused)?;
        let server = ModelServer::new(world, profile);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut model = Self { server, listening: None, seed, address, layout, letters, places };
        model.listen().await?;
        Ok(model)
    }

    /// Listens, after a cut on the same port as before.
    pub(crate) async fn listen(&mut self) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::io(self.address, &error);
        let (address, ears) = match self.seed {
            Some(seed) => {
                let ears = InPieces::listen(&self.server, self.address, seed).await.map_err(failed)?;
                (ears.address, Ears::InPieces(ears))
            }
            None => {
                let ears = self.server.listen(&self.address.to_string(), Security::Plain).await.map_err(failed)?;
                (ears.address(), Ears::Whole(ears))
            }
        };
        self.address = address;
        self.listening = Some(ears);
        Ok(())
    }

    /// Cuts every connection, and takes no new one.
    pub(crate) fn cut(&mut self) {
        self.listening = None;
    }

    /// The URL to give to `account add`.
    pub(crate) fn url(&self) -> String {
        format!("imap+plain://{}", self.address)
    }

    /// The next move is done, and nothing is answered to it.
    pub(crate) fn fall_silent_after_a_move(&self) {
        self.server.script().add(Rule::once("UID MOVE", Act::Silence));
    }

    /// Waits until a session has moved something.
    pub(crate) async fn has_moved(&self) {
        let world = self.server.world();
        let mut changes = world.changes();
        let moved = |effect: &Effect| {
            matches!(effect.change, Change::Moved { .. }) && matches!(effect.by, Actor::Session { .. })
        };
        while !world.effects().iter().any(moved) {
            // It lives as long as the server.
            let _ = changes.changed().await;
        }
    }

    /// Somebody else changes the mailbox, meanwhile.
    pub(crate) fn change(&self) -> Result<(), Failure> {
        let person = self.server.world().rival(USER);
        events::later(&person, &self.layout, &self.places, &self.letters, SystemClock.now().0).map_err(refused)
    }
}

fn refused(refusal: Refusal) -> Failure {
    Failure::internal(format!("the embedded server: {refusal}"))
}
