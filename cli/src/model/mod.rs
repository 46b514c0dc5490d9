//! The embedded mail server, with a mailbox that looks like a person's.

mod compose;
mod encode;
mod events;
mod files;
mod letter;
mod people;
mod series;

use std::net::{Ipv4Addr, SocketAddr};

use postrider::api::{Clock, SystemClock};
use postrider_model::profile::{Layout, Profile};
use postrider_model::world::{Refusal, World};
use postrider_model::{Listening, ModelServer, Security};

use self::events::Places;
use self::letter::Letter;
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
    listening: Option<Listening>,
    address: SocketAddr,
    layout: Layout,
    letters: Vec<Letter>,
    places: Places,
}

impl Model {
    /// Starts a server that behaves like the named provider, on this port of the loopback (any free one for 0).
    pub(crate) async fn start(profile: &str, port: u16) -> Result<Self, Failure> {
        let known = Profile::PRESETS.join(", ");
        let profile = Profile::preset(profile)
            .ok_or_else(|| Failure::usage(format!("there is no such profile; there are {known}")))?;
        let world = World::with_clock(|| SystemClock.now().0);
        let person = profile.layout.furnish(&world, USER, PASSWORD).map_err(refused)?;
        let (layout, now) = (profile.layout.clone(), SystemClock.now().0);
        let letters = events::letters(now).map_err(|what| Failure::internal(format!("the mailbox of the model: {what}")))?;
        let places = events::fill(&person, &layout, &letters, now).map_err(refused)?;
        let server = ModelServer::new(world, profile);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let mut model = Self { server, listening: None, address, layout, letters, places };
        model.listen().await?;
        Ok(model)
    }

    /// Listens, after a cut on the same port as before.
    pub(crate) async fn listen(&mut self) -> Result<(), Failure> {
        let listening = self.server.listen(&self.address.to_string(), Security::Plain).await;
        let listening = listening.map_err(|error| Failure::io(self.address, &error))?;
        self.address = listening.address();
        self.listening = Some(listening);
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

    /// Somebody else changes the mailbox, meanwhile.
    pub(crate) fn change(&self) -> Result<(), Failure> {
        let person = self.server.world().rival(USER);
        events::later(&person, &self.layout, &self.places, &self.letters, SystemClock.now().0).map_err(refused)
    }
}

fn refused(refusal: Refusal) -> Failure {
    Failure::internal(format!("the embedded server: {refusal}"))
}
