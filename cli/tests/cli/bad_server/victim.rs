//! A person who has synced some mail with a kind server, which then goes bad.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use postrider_model::ModelServer;
use postrider_model::fault::{Act, Rule, Script};
use postrider_model::profile::Profile;
use postrider_model::world::{NewMessage, Rival, World};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};

use crate::common::{Machine, PASSWORD, Ran, USER, objects};

/// What a server may make the program hold beyond what a kind one does, in KiB. The worst, 100,000 mailboxes twice, takes 29 to 31 MiB on an
/// idle machine, and 35 on a busy one, where threads free later what others took.
const ROOM: u64 = 40 * 1024;
/// Mails that were synced while the server was kind.
pub const MAILS: u64 = 12;

/// Talks to one connection.
pub type Talk = Arc<dyn Fn(TcpStream) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

pub struct Victim {
    pub machine: Machine,
    pub model: ModelServer,
    pub person: Rival,
    /// What answers instead of the model server.
    instead: Arc<Mutex<Option<Talk>>>,
    listening: tokio::task::JoinHandle<()>,
    before: Vec<Value>,
    raw: Vec<u8>,
    /// Memory of a sync with the kind server, in KiB.
    baseline: u64,
}

pub fn mail(number: u64) -> Vec<u8> {
    format!(
        "From: Ann <ann@example.org>\r\nTo: {USER}\r\nSubject: Letter {number}\r\nMessage-ID: <{number}@x>\r\n\r\n\
         Snow on the pass, the hut is open. {number}\r\n"
    )
    .into_bytes()
}

impl Victim {
    pub async fn new() -> Self {
        Self::of(Profile::full()).await
    }

    /// With a server of these ways.
    pub async fn of(profile: Profile) -> Self {
        let world = World::new();
        let person = profile.layout.furnish(&world, USER, PASSWORD).unwrap();
        let model = ModelServer::new(world, profile);
        for number in 0..MAILS {
            person.deliver("INBOX", NewMessage::new(mail(number))).unwrap();
        }
        let instead: Arc<Mutex<Option<Talk>>> = Arc::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("imap+plain://{}", listener.local_addr().unwrap());
        let listening = tokio::spawn(listen(listener, model.clone(), Arc::clone(&instead)));
        let machine = Machine::new();
        let line = ["account", "add", USER, "--name", "home", "--imap", &url, "--allow-plaintext", "--password-stdin"];
        let added = machine.feed(&line, &format!("{PASSWORD}\n"));
        assert_eq!(added.code(), 0, "{}", added.err());
        let mut victim =
            Self { machine, model, person, instead, listening, before: Vec::new(), raw: Vec::new(), baseline: 0 };
        let (first, baseline) = victim.machine.measure(&SYNC);
        assert_eq!(first.objects().last().unwrap()["complete"], true);
        victim.baseline = baseline;
        victim.before = victim.listed();
        victim.raw = victim.shown();
        assert_eq!(victim.before.len() as u64, MAILS);
        victim
    }

    /// The faults of the model server.
    pub fn script(&self) -> &Script {
        self.model.script()
    }

    /// From now on this talks instead of the model server.
    pub fn talks(&self, talk: Talk) {
        *self.instead.lock().unwrap() = Some(talk);
    }

    /// Syncs with the bad server: whatever comes, no panic, no memory beyond reason, and all that was here still is.
    pub fn sync(&self) -> Ran {
        let (ran, peak) = self.machine.measure(&SYNC);
        assert!(!ran.err().contains("panicked"), "{}", ran.err());
        assert!(peak <= self.baseline + ROOM, "{peak} KiB after {} KiB with a kind server", self.baseline);
        self.unharmed();
        ran
    }

    /// The same, and demands this end.
    pub fn sync_fails(&self, code: i32, kind: &str) {
        let ran = self.sync();
        assert_eq!(ran.code(), code, "{kind}: {} {}", ran.out(), ran.err());
        let errors = objects(&ran.err());
        assert_eq!(errors.len(), 1, "{kind}: {} {}", ran.out(), ran.err());
        let error = &errors[0];
        assert_eq!(error["error"], kind, "{error}");
        assert_eq!(error["account"], "home");
        assert_eq!(error["needs_user"], code == 4, "{error}");
        assert!(error["message"].as_str().unwrap().len() > 5, "{error}");
    }

    /// One rule of the server's script in force, the sync must end so; then it is lifted.
    pub fn fails_by(&self, command: &str, act: Act, code: i32, kind: &str) {
        self.script().add(Rule::always(command, act));
        self.sync_fails(code, kind);
        self.script().clear();
    }

    /// Everything that was here still is, and the store is in order.
    pub fn unharmed(&self) {
        let now = without_flags(self.listed());
        for row in without_flags(self.before.clone()) {
            assert!(now.contains(&row), "{row} is gone or has changed");
        }
        assert!(self.shown() == self.raw);
        // It would ask the server too, which is not to be believed: that hangs up meanwhile.
        let bad = self.instead.lock().unwrap().replace(Arc::new(|_| Box::pin(std::future::ready(()))));
        let doctor = self.machine.run(&["doctor", "--json"]);
        *self.instead.lock().unwrap() = bad;
        assert!(!doctor.err().contains("panicked"), "{}", doctor.err());
        let report = objects(&doctor.out()).pop().unwrap();
        let of_the_server = |problem: &Value| problem.as_str().unwrap().starts_with("home: ");
        assert!(report["problems"].as_array().unwrap().iter().all(of_the_server), "{report}");
    }

    /// The server is kind again, and one more mail came: it arrives, nothing else has changed.
    pub fn recovers(&self) {
        self.instead.lock().unwrap().take();
        self.script().clear();
        self.person.deliver("INBOX", NewMessage::new(mail(99))).unwrap();
        let ran = self.sync();
        assert_eq!(ran.code(), 0, "{} {}", ran.out(), ran.err());
        assert_eq!(ran.objects().last().unwrap()["complete"], true, "{}", ran.out());
        let subjects: Vec<_> = self.listed().iter().map(|row| row["subject"].to_string()).collect();
        assert_eq!(subjects.len() as u64, MAILS + 1, "{subjects:?}");
        assert!(subjects.contains(&"\"Letter 99\"".to_owned()));
    }

    /// The inbox as a script sees it.
    pub fn listed(&self) -> Vec<Value> {
        self.machine.run(&["list", "inbox", "--limit", "1000", "--json"]).objects()
    }

    fn shown(&self) -> Vec<u8> {
        let oldest = self.listed().last().unwrap()["id"].as_str().unwrap().to_owned();
        let shown = self.machine.run(&["show", &oldest, "--raw"]);
        assert_eq!(shown.code(), 0, "{}", shown.err());
        shown.0.stdout
    }
}

/// Rows without what a bad server may change: it owns the flags.
fn without_flags(mut rows: Vec<Value>) -> Vec<Value> {
    for row in &mut rows {
        row["flags"] = Value::Null;
    }
    rows
}

pub const SYNC: [&str; 5] = ["sync", "home", "--bodies", "all", "--json"];

impl Drop for Victim {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, model: ModelServer, instead: Arc<Mutex<Option<Talk>>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let talk = instead.lock().unwrap().clone();
        match talk {
            Some(talk) => tokio::spawn(talk(stream)),
            None => tokio::spawn(model.serve(stream, None)),
        };
    }
}
