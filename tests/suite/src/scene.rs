//! A model server with one account, and a phone that syncs with it.

use std::ops::Range;
use std::sync::Arc;

use postrider::api::Network;
use postrider_model::ModelServer;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::Profile;
use postrider_model::world::{Rival, World};

use crate::cuts::{Allowed, cut};
use crate::phone::{ModelNetwork, PASSWORD, Phone, USER, far, with_bodies};
use crate::workload::{Dice, held, mail};

/// A server and a phone.
pub struct Scene {
    /// The server.
    pub server: ModelServer,
    /// The phone.
    pub phone: Phone,
    /// What may pass between them.
    pub allowed: Allowed,
    delimiter: char,
    prefix: String,
    /// Whether what is marked deleted on the server is what the phone could not expunge, so that it shows it no more.
    pub hides_marked: bool,
}

impl Scene {
    /// A server of this profile with its usual mailboxes, and a phone that has never synced.
    ///
    /// # Panics
    /// Where the scene cannot be set: a test cannot go on without it.
    pub async fn new(profile: Profile) -> Self {
        Self::between(profile, false, false).await
    }

    /// The same with a phone that is cheap ([`Phone::inline`]), and so many mails in the inbox, synced.
    ///
    /// # Panics
    /// As [`Scene::new`].
    pub async fn inline(profile: Profile, mails: u64) -> Self {
        Self::between(profile, false, true).await.holds(mails).await
    }

    /// The same, the server being far away.
    ///
    /// # Panics
    /// As [`Scene::new`].
    pub async fn far(profile: Profile) -> Self {
        Self::between(profile, true, false).await
    }

    #[allow(clippy::expect_used, reason = "a test cannot go on without its scene")]
    async fn between(profile: Profile, is_far: bool, inline: bool) -> Self {
        let world = World::new();
        let delimiter = profile.layout.delimiter.map_or('/', char::from);
        let prefix = String::from_utf8_lossy(&profile.layout.prefix).into_owned();
        profile.layout.furnish(&world, USER, PASSWORD).expect("the profile's mailboxes");
        let server = ModelServer::new(world, profile);
        let allowed = Allowed::default();
        let network = cut(ModelNetwork(server.clone()), allowed.clone());
        let network: Arc<dyn Network> = if is_far { Arc::new(far(network)) } else { Arc::new(network) };
        let phone = if inline { Phone::inline(network).await } else { Phone::new(network).await };
        let phone = phone.expect("a phone");
        Self { server, phone, allowed, delimiter, prefix, hides_marked: false }
    }

    /// The same with so many mails in the inbox, synced.
    ///
    /// # Panics
    /// As [`Scene::new`].
    pub async fn with_mail(profile: Profile, count: u64) -> Self {
        Self::new(profile).await.holds(count).await
    }

    #[allow(clippy::expect_used, reason = "a test cannot go on without its scene")]
    async fn holds(self, count: u64) -> Self {
        for number in 0..count {
            self.rival().deliver("INBOX", mail(number)).expect("a delivery");
        }
        self.agrees("at first").await;
        self
    }

    /// Another client of the same account.
    pub fn rival(&self) -> Rival {
        self.server.world().rival(USER)
    }

    /// From now on the server lists this UID, and never gives it, in whatever mailbox.
    pub fn never_gives(&self, uid: u32) {
        let it = format!("(UID {uid} ");
        let never = Act::Rewrite(Arc::new(move |responses: Vec<Vec<u8>>| {
            let keep = |response: &Vec<u8>| !String::from_utf8_lossy(response).contains(&it);
            responses.into_iter().filter(keep).collect()
        }));
        self.server.script().add(Rule::always("UID FETCH", never));
    }

    /// The raw name of a mailbox that is shown under this name.
    pub fn raw(&self, name: &str) -> String {
        if name == "INBOX" {
            return name.to_owned();
        }
        format!("{}{}", self.prefix, name.replace('/', &self.delimiter.to_string()))
    }

    /// The name under which a mailbox of this raw name is shown.
    pub fn shown(&self, raw: &[u8]) -> String {
        let name = String::from_utf8_lossy(raw);
        let name = name.strip_prefix(self.prefix.as_str()).filter(|rest| !rest.is_empty()).unwrap_or(&name);
        name.replace(self.delimiter, "/")
    }

    /// Whether phone and server hold the same now; what differs is told.
    ///
    /// # Panics
    /// Where the phone cannot be read.
    #[allow(clippy::expect_used, reason = "a test cannot go on without its scene")]
    pub async fn same(&self) -> Result<(), String> {
        let mut server = held(self.server.world(), self.delimiter, &self.prefix);
        if self.hides_marked {
            server.values_mut().for_each(|held| held.retain(|_, (flags, _)| !flags.contains(&"deleted".to_owned())));
        }
        let phone = self.phone.mail().await.expect("the phone can be read");
        let names = |held: &std::collections::BTreeMap<String, _>| held.keys().cloned().collect::<Vec<_>>();
        if names(&phone) != names(&server) {
            return Err(format!("mailboxes: phone {:?}, server {:?}", names(&phone), names(&server)));
        }
        for (name, there) in &server {
            let here = phone.get(name).cloned().unwrap_or_default();
            let uids = here.keys().chain(there.keys());
            if let Some(uid) = uids.into_iter().find(|uid| here.get(uid) != there.get(uid)) {
                return Err(format!("{name} {uid}: phone {:?}, server {:?}", here.get(uid), there.get(uid)));
            }
        }
        Ok(())
    }

    /// Syncs with bodies until a sync is complete, each cut after so many bytes received: a random number of them within
    /// this range. Demands that phone and server then hold the same. Returns how many syncs it took.
    ///
    /// # Panics
    /// Where there is no end, or they differ.
    pub async fn syncs_through_cuts(&self, bytes: Range<u64>, dice: &mut Dice) -> usize {
        for round in 1..200 {
            self.allowed.set(bytes.start + dice.below(bytes.end - bytes.start), u64::MAX);
            if self.phone.sync_with(with_bodies()).await.is_ok_and(|(summary, _)| summary.complete) {
                assert_eq!(self.same().await, Ok(()), "after {round} syncs");
                return round;
            }
        }
        panic!("each round gets further");
    }

    /// Syncs, and demands that the phone then holds what the server holds.
    ///
    /// # Panics
    /// Where it does not.
    #[allow(clippy::expect_used, reason = "that is what the test asserts")]
    pub async fn agrees(&self, when: &str) {
        let (summary, notices) = self.phone.sync().await.expect("a sync");
        assert!(summary.complete, "{when}: {notices:?}");
        assert_eq!(self.same().await, Ok(()), "{when}");
    }
}
