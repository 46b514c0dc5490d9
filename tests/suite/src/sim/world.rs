//! One run: a phone, the server it talks to, and the truth about both.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use postrider::api::{
    AccountId, AccountSettings, BodyPolicy, Core, CoreError, CoreOptions, ListFilter, MailboxId, MessageRow, SyncHandle,
};
use postrider_model::ModelServer;
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::{NewMessage, Refusal, Rival};
use tempfile::TempDir;

use super::around::Around;
use super::chronicle::Chronicle;
use super::doom::Doom;
use super::fold::Folder;
use super::ghost::Ghost;
use super::hash::Hash;
use super::ledger::Ledger;
use super::net::SimNetwork;
use super::situations::Situations;
use super::tape::{Fault, Schedule, Tape};
use crate::phone::{OnePassword, USER};

/// The mailboxes in which things happen.
pub(super) const MAILBOXES: [&str; 3] = ["INBOX", "Work", "Aside"];

/// What a run gives up with: why the product is wrong.
pub(super) type Checked<T = ()> = Result<T, String>;

/// A run as one phone sees it.
pub(super) struct Sim {
    pub(super) server: ModelServer,
    pub(super) rival: Rival,
    /// What happens on the server, and how far this phone's ledger has followed it.
    pub(super) chronicle: Chronicle,
    pub(super) followed: usize,
    /// Another phone on the same account.
    pub(super) second: Option<Box<Sim>>,
    pub(super) ledger: Ledger,
    pub(super) ghost: Ghost,
    pub(super) doom: Doom,
    pub(super) network: SimNetwork,
    pub(super) core: Core,
    pub(super) account: AccountId,
    pub(super) folder: Folder,
    pub(super) sync: Option<SyncHandle>,
    /// What the phone lists, by labels.
    pub(super) mailboxes: BTreeMap<String, MailboxId>,
    /// The labels of all that it ever listed.
    pub(super) labels: BTreeMap<MailboxId, String>,
    /// How the store was when it was last looked at.
    pub(super) checked: Option<i64>,
    /// Mails that the phone has shown in this life.
    pub(super) seen: BTreeSet<u32>,
    /// Mails that it has ever shown.
    pub(super) known: BTreeSet<u32>,
    /// Mails that came while it synced.
    pub(super) came_meanwhile: BTreeSet<u32>,
    /// Mails that others moved or removed while it synced.
    pub(super) taken_meanwhile: BTreeSet<u32>,
    pub(super) hash: Hash,
    pub(super) situations: Situations,
    /// Whether the server says NO to what it has done.
    pub(super) denies: bool,
    /// Whether nobody interferes and nothing is refused: whatever else breaks, everything is done then.
    pub(super) quiet: bool,
    /// Whether the server tells where copies are (COPYUID).
    pub(super) tells_copies: bool,
    /// Whether there is another phone on the account.
    pub(super) is_shared: bool,
    /// How often the phone has died.
    pub(super) deaths: u32,
    /// Why the last sync failed.
    pub(super) last_error: String,
    profile: Profile,
    dir: PathBuf,
    _root: TempDir,
}

/// A folder in memory where the system has one.
fn root() -> std::io::Result<TempDir> {
    let memory = std::path::Path::new("/dev/shm");
    let builder = || {
        let mut builder = tempfile::Builder::new();
        builder.prefix("postrider-sim-");
        builder
    };
    if memory.is_dir() { builder().tempdir_in(memory) } else { builder().tempdir() }
}

pub(super) fn in_words(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Sim {
    pub(super) async fn new(tape: &Tape, traced: bool) -> Checked<Self> {
        let around = Around::new(tape, traced)?;
        let mut sim = Self::phone(tape, &around, false).await?;
        if tape.is_shared() {
            sim.situations.met("two phones on one account");
            sim.second = Some(Box::new(Self::phone(tape, &around, true).await?));
        }
        around.met(tape, &mut sim.situations);
        for number in 0..tape.server.mails {
            sim.deliver(if number % 3 == 2 { "Work" } else { "INBOX" })?;
        }
        Ok(sim)
    }

    /// A phone with an empty store; the first or the second.
    async fn phone(tape: &Tape, around: &Around, second: bool) -> Checked<Self> {
        let root = root().map_err(in_words)?;
        let dir = root.path().join("life-0");
        let doom = Doom::new(dir.clone(), around.time);
        let of_mine = tape.faults.iter().filter_map(|fault| match fault {
            Fault::Second(fault) => second.then(|| (**fault).clone()),
            fault => (!second).then(|| fault.clone()),
        });
        let faults: Vec<Fault> = of_mine.collect();
        for fault in &faults {
            if let Fault::Transaction { number, power } = fault {
                doom.at_transaction(*number, *power);
            }
        }
        let network = SimNetwork::new(around.server.clone(), doom.clone(), faults, tape.schedule.clone());
        furnish(&dir, around).await?;
        let core = open(&dir, &network, &doom)?;
        let mut settings = AccountSettings::new("test", USER);
        settings.imap = Some("imap+plain://model.example".parse().map_err(in_words)?);
        settings.bodies = BodyPolicy::None;
        let account = core.add_account(settings).await.map_err(in_words)?;
        let folder = Folder::open(&dir).map_err(in_words)?;
        doom.live(core.clone(), dir.clone());
        Ok(Self {
            server: around.server.clone(),
            rival: around.rival.clone(),
            chronicle: around.chronicle.clone(),
            followed: 0,
            second: None,
            ledger: Ledger::new(around.delimiter, &around.prefix),
            ghost: Ghost::default(),
            doom,
            network,
            core,
            account,
            folder,
            sync: None,
            mailboxes: BTreeMap::new(),
            labels: BTreeMap::new(),
            checked: None,
            seen: BTreeSet::new(),
            known: BTreeSet::new(),
            came_meanwhile: BTreeSet::new(),
            taken_meanwhile: BTreeSet::new(),
            hash: around.hash.clone(),
            situations: Situations::default(),
            denies: around.denies,
            quiet: around.quiet,
            tells_copies: around.profile.has(Extension::UidPlus),
            is_shared: tape.is_shared(),
            deaths: 0,
            last_error: String::new(),
            profile: around.profile.clone(),
            dir,
            _root: root,
        })
    }

    pub(super) fn deliver(&mut self, mailbox: &str) -> Checked {
        self.follow()?;
        let Some(raw) = self.ledger.names.raw(mailbox) else { return Ok(()) };
        let number = self.chronicle.next_mail();
        if self.sync.is_some() {
            self.came_meanwhile.insert(number);
        }
        let mail = NewMessage::new(text(number));
        match self.rival.deliver(raw, mail) {
            // A mere name, made for what lies below it.
            Err(Refusal::NonExistent) => {}
            outcome => drop(outcome.map_err(in_words)?),
        }
        self.follow()
    }

    /// Nothing breaks any more.
    pub(super) fn calm(&self) {
        if let Some(second) = &self.second {
            second.calm();
        }
        self.network.calm();
        self.doom.spare();
        self.server.script().clear();
        self.server.set_profile(self.profile.clone());
    }

    /// What the phone shows, by mailbox and id.
    pub(super) async fn rows(&mut self) -> Checked<Vec<MessageRow>> {
        if self.ghost.folders.any() || !self.ledger.touched.is_empty() {
            self.learn_mailboxes().await?;
        }
        let mut all = Vec::new();
        for mailbox in self.mailboxes.values() {
            match self.core.messages(*mailbox, ListFilter::default(), None, 1000).await {
                Ok(page) => all.extend(page.messages),
                // A sync has dropped it meanwhile.
                Err(CoreError::NotFound { .. }) if self.sync.is_some() => {}
                Err(error) => return Err(in_words(error)),
            }
        }
        all.sort_by_key(|row| (row.mailbox_id, row.id));
        Ok(all)
    }

    /// The phone's next life begins, after it died or was closed.
    pub(super) async fn begin_anew(&mut self) -> Checked {
        self.sync = None;
        self.checked = None;
        let left = self.doom.left();
        let died = left.is_some();
        let old = self.doom.bury();
        // What the dead do to their files counts no more.
        let closed = self.core.close().await;
        drop(old);
        if let Some(left) = left {
            let _ = std::fs::remove_dir_all(&self.dir);
            self.dir = left;
            // What was not on disk may come back under another id; what an acknowledged act names was.
            let named = |label: &str| self.ghost.acts.iter().any(|act| act.wish.to() == Some(label));
            self.labels.retain(|_, label| self.ghost.folders.any_of(label) || named(label));
            self.seen =
                (0..self.chronicle.mails()).filter(|mail| self.ghost.steps_on(*mail).next().is_some()).collect();
        } else {
            closed.map_err(|error| format!("closing: {error}"))?;
        }
        self.core = open(&self.dir, &self.network, &self.doom)?;
        self.folder = Folder::open(&self.dir).map_err(in_words)?;
        self.doom.live(self.core.clone(), self.dir.clone());
        if died {
            self.tell_store("left:");
            self.examine().await?;
        }
        self.learn_mailboxes().await.map(drop)
    }

    /// Writes down what lies in the store, where somebody wants to read it.
    pub(super) fn tell_store(&self, title: &str) {
        if self.hash.is_traced() {
            self.hash.tell(|| title.to_owned());
            self.folder.rows().unwrap_or_default().into_iter().for_each(|row| self.hash.tell(|| row));
        }
    }

    /// I8: the store is whole.
    pub(super) async fn examine(&self) -> Checked {
        let health = self.core.check(false).await.map_err(|error| format!("I8, opened again: {error}"))?;
        let stray = postrider::api::ProblemKind::StrayFiles;
        if let Some(problem) = health.problems.iter().find(|problem| problem.kind != stray) {
            return Err(format!("I8, opened again: {}", problem.text));
        }
        Ok(())
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        // The clock and the network hold the core that holds them.
        drop(self.doom.bury());
    }
}

/// Puts an empty store where a phone is to begin: made once, for making it takes as long as many a life.
async fn furnish(dir: &std::path::Path, around: &Around) -> Checked {
    static EMPTY: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    const DATABASE: &str = "postrider.db";
    std::fs::create_dir_all(dir).map_err(in_words)?;
    let empty = match EMPTY.get() {
        Some(empty) => empty,
        None => {
            let made = root().map_err(in_words)?;
            let doom = Doom::new(made.path().to_owned(), around.time);
            let network = SimNetwork::new(around.server.clone(), doom.clone(), Vec::new(), Schedule::default());
            open(made.path(), &network, &doom)?.close().await.map_err(in_words)?;
            let bytes = std::fs::read(made.path().join(DATABASE)).map_err(in_words)?;
            EMPTY.get_or_init(|| bytes)
        }
    };
    std::fs::write(dir.join(DATABASE), empty).map_err(in_words)
}

fn open(dir: &std::path::Path, network: &SimNetwork, doom: &Doom) -> Checked<Core> {
    Core::open_inline(CoreOptions {
        dir: dir.to_owned(),
        secrets: Arc::new(OnePassword),
        tokens: None,
        network: Some(Arc::new(network.for_this_life())),
        clock: Some(Arc::new(doom.clone())),
    })
    .map_err(|error| format!("I8, opening: {error}"))
}

/// The mail with a number.
pub(super) fn text(number: u32) -> String {
    let filler = "All work and no play. ".repeat((number % 4) as usize);
    format!(
        "From: Ann <ann@example.org>\r\nTo: {USER}\r\nSubject: Mail {number}\r\n\
         Date: Tue, 24 Nov 2026 10:{:02}:00 +0000\r\nMessage-ID: <m{number}@example.org>\r\n\r\n{filler}\r\n",
        number % 60
    )
}

/// The number of a mail, by its subject.
pub(super) fn number(row: &MessageRow) -> Option<u32> {
    row.subject.strip_prefix("Mail ")?.parse().ok()
}
