//! Every way to learn what changed, against every profile of the model server: after each sync the phone holds what the
//! server holds.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use postrider_model::ModelServer;
use postrider_model::profile::Profile;
use postrider_model::world::World;
use postrider_tests::phone::{ModelNetwork, PASSWORD, Phone, USER};
use postrider_tests::workload::{Dice, act, held, mail};

struct Scene {
    server: ModelServer,
    phone: Phone,
    delimiter: char,
    prefix: String,
}

impl Scene {
    async fn new(profile: Profile) -> Self {
        let world = World::new();
        let (delimiter, prefix) =
            (char::from(profile.layout.delimiter.unwrap()), String::from_utf8(profile.layout.prefix.clone()).unwrap());
        profile.layout.furnish(&world, USER, PASSWORD).unwrap();
        let server = ModelServer::new(world.clone(), profile);
        let phone = Phone::new(Arc::new(ModelNetwork(server.clone()))).await.unwrap();
        Self { server, phone, delimiter, prefix }
    }

    fn raw(&self, name: &str) -> String {
        format!("{}{}", self.prefix, name.replace('/', &self.delimiter.to_string()))
    }

    async fn agrees(&self, when: &str) {
        let (summary, notices) = self.phone.sync().await.unwrap();
        assert!(summary.complete, "{when}: {notices:?}");
        let server = held(self.server.world(), self.delimiter, &self.prefix);
        let phone = self.phone.mail().await.unwrap();
        assert_eq!(phone.keys().collect::<Vec<_>>(), server.keys().collect::<Vec<_>>(), "{when}");
        for (name, messages) in &server {
            assert_eq!(&phone[name], messages, "{when}: {name}");
        }
    }
}

async fn converges(profile: Profile) {
    let scene = Scene::new(profile).await;
    let rival = scene.server.world().rival(USER);
    let work = scene.raw("Work");
    rival.create(&work, &[]).unwrap();
    for number in 0..30 {
        rival.deliver("INBOX", mail(number)).unwrap();
    }
    scene.agrees("at first").await;
    let mut dice = Dice::new(7);
    let mailboxes = ["INBOX", work.as_str()];
    for round in 0..40 {
        for step in 0..dice.below(6) {
            act(&rival, scene.server.world(), &mut dice, &mailboxes, 1000 + round * 10 + step);
        }
        scene.agrees(&format!("in round {round}")).await;
    }
    assert_eq!(scene.server.world().violations(), [], "the client broke the protocol");
}

macro_rules! profiles {
    ($($test:ident: $preset:ident;)*) => {
        $(
            #[tokio::test]
            async fn $test() {
                converges(Profile::$preset()).await;
            }
        )*
    };
}

profiles! {
    the_phone_follows_a_server_of_rfc_3501_alone: bare;
    the_phone_follows_dovecot: dovecot;
    the_phone_follows_cyrus: cyrus;
    the_phone_follows_gmail: gmail;
    the_phone_follows_exchange: exchange;
    the_phone_follows_courier: courier;
    the_phone_follows_a_server_with_every_extension: full;
}
