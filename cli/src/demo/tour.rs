//! The steps of the tour, one function each.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use postrider::api::{AccountId, Core, CoreError, ListDiff, ListFilter, ListObserver, MessageRow, SyncSummary};

use super::changes::Mail;
use super::narrator::Narrator;
use crate::args::{Cli, Command};
use crate::commands;
use crate::exit::{Exit, Failure};
use crate::interrupt::Interrupt;
use crate::model::{Model, PASSWORD, QUERIES, USER};
use crate::session::Session;
use crate::terminal::{Out, bytes, count};

/// Words of the subject of a mail that another device deletes meanwhile.
const GONE_MEANWHILE: &str = "Treppenhaus";

/// Somebody being shown around.
pub(super) struct Tour<'a> {
    session: Session<'a>,
    data: PathBuf,
    out: &'a Out,
    narrator: Narrator<'a>,
    model: Model,
}

/// What the tour has a closer look at.
struct Sights {
    letter: MessageRow,
    conversation: MessageRow,
}

impl<'a> Tour<'a> {
    /// A tour whose data lie in this folder.
    pub(super) async fn begin(data: PathBuf, out: &'a Out, interrupt: Interrupt) -> Result<Self, Failure> {
        let model = Model::start("full", 0, None).await?;
        let session = Session::new(Some(data.clone()), out, interrupt);
        Ok(Self { session, data, out, narrator: Narrator::new(out), model })
    }

    /// The whole tour.
    pub(super) async fn walk(&mut self) -> Result<(), Failure> {
        self.narrator.say("A guided tour: a mail server inside this program, and a phone that syncs with it.")?;
        self.narrator.say("Nothing leaves this machine, and all of it is gone when the tour ends.")?;
        let (account, whole) = self.first_sync().await?;
        self.offline(account).await?;
        self.act(account).await?;
        self.is_killed().await?;
        self.come_back(account, &whole).await?;
        self.narrator
            .say("\nYour own mail next:  postrider account add you@mail.example --imap imaps://imap.mail.example")
    }

    /// Closes what is open.
    pub(super) async fn end(self) -> Result<(), Failure> {
        self.session.close().await
    }

    async fn first_sync(&mut self) -> Result<(AccountId, SyncSummary), Failure> {
        self.narrator.step("An account, and its first sync")?;
        self.narrator.say("Two years of Mara's mail. Headers come first, newest first; then every body.")?;
        let (url, command) = (self.model.url(), format!("echo {PASSWORD}"));
        let secret = ["--allow-plaintext", "--password-command", &command];
        self.run(&[&["account", "add", USER, "--name", "mara", "--imap", &url][..], &secret].concat(), Exit::Done)
            .await?;
        let whole = self.sync(&["sync", "--bodies", "all"]).await?;
        self.run(&["mailboxes"], Exit::Done).await?;
        Ok((self.core().await?.find_account(Some(USER)).await?.id, whole))
    }

    async fn offline(&mut self, account: AccountId) -> Result<(), Failure> {
        self.narrator.step("The network is cut")?;
        self.model.cut();
        self.narrator
            .say("A sync says so, and by exit status 3 that it is worth trying again. All the rest works as before.")?;
        self.run(&["sync"], Exit::Stopped).await?;
        self.run(&["list", "--limit", "8"], Exit::Done).await?;
        let sights = self.sights(account).await?;
        self.run(&["show", &sights.letter.id.to_string()], Exit::Done).await?;
        self.run(&["thread", &sights.conversation.id.to_string()], Exit::Done).await?;
        for query in QUERIES {
            self.run(&["search", query], Exit::Done).await?;
        }
        Ok(())
    }

    /// The newest mail with a file, and the longest conversation.
    async fn sights(&self, account: AccountId) -> Result<Sights, Failure> {
        let core = self.core().await?;
        let inbox = core.find_mailbox(Some(account), "inbox").await?.id;
        let rows = core.messages(inbox, ListFilter::default(), None, 100).await?.messages;
        let letter = rows.iter().find(|row| row.has_attachments).or(rows.first());
        let threads = core.threads(inbox, ListFilter::default(), None, 100).await?.threads;
        let longest = threads.into_iter().rev().max_by_key(|thread| thread.count);
        match (letter, longest) {
            (Some(letter), Some(longest)) => Ok(Sights { letter: letter.clone(), conversation: longest.newest }),
            _ => Err(Failure::internal("the tour's mailbox is empty")),
        }
    }

    /// Work with no network.
    async fn act(&mut self, account: AccountId) -> Result<(), Failure> {
        self.narrator.step("Work with no network")?;
        self.narrator.say("What is done shows at once. The journal keeps it until the server has it.")?;
        let core = self.core().await?.clone();
        let inbox = core.find_mailbox(Some(account), "inbox").await?.id;
        let rows = core.messages(inbox, ListFilter::default(), None, 100).await?.messages;
        let with = |words: &str| rows.iter().find(|row| row.subject.contains(words)).map(|row| row.id.to_string());
        let lamps = with(GONE_MEANWHILE).ok_or_else(|| Failure::internal("a mail of the tour is missing"))?;
        let others: Vec<String> = rows.iter().map(|row| row.id.to_string()).filter(|id| *id != lamps).take(3).collect();
        let [flagged, filed, too] = others.as_slice() else { return Err(Failure::internal("mails are missing")) };
        drop(core);
        self.run(&["flag", flagged, "+flagged", "+seen"], Exit::Done).await?;
        self.run(&["archive", filed, too], Exit::Done).await?;
        self.run(&["flag", filed, "+answered"], Exit::Done).await?;
        self.run(&["flag", &lamps, "+flagged"], Exit::Done).await?;
        self.run(&["journal"], Exit::Done).await
    }

    /// The network is back, and in the midst of a sync the program is killed: another process of it, for this one goes on.
    async fn is_killed(&mut self) -> Result<(), Failure> {
        self.narrator.step("Killed in the middle of a move")?;
        self.model.change()?;
        self.model.fall_silent_after_a_move();
        self.model.listen().await?;
        self.narrator.say(
            "Meanwhile mail came, and another device read, filed and deleted. The network is back; the server does the \
             move, its answer is lost, and the program is killed.",
        )?;
        self.narrator.command(&["sync"])?;
        self.session.close().await?;
        let program = std::env::current_exe().map_err(|error| Failure::io("this program", &error))?;
        let mut child = tokio::process::Command::new(program)
            .args(["sync", "--quiet", "--data"])
            .arg(&self.data)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| Failure::io("a second process", &error))?;
        tokio::select! {
            () = self.model.has_moved() => {}
            _ = child.wait() => return Err(Failure::internal("the sync that was to be killed ended by itself")),
        }
        child.kill().await.map_err(|error| Failure::io("the second process", &error))?;
        self.narrator.say("Killed.")?;
        let interrupt = self.session.interrupt.clone();
        self.session = Session::new(Some(self.data.clone()), self.out, interrupt);
        self.run(&["journal"], Exit::Done).await
    }

    async fn come_back(&mut self, account: AccountId, whole: &SyncSummary) -> Result<(), Failure> {
        self.narrator.step("Started again")?;
        self.narrator.say("It asks the server what became of the move, sends the rest, and brings the difference.")?;
        let core = self.core().await?.clone();
        let before = Mail::of(&core, account).await?;
        let inbox = core.find_mailbox(Some(account), "inbox").await?.id;
        let seen = Arc::new(Seen::default());
        let observed = core.observe(inbox, ListFilter::default(), 100, seen.clone()).await?;
        let difference = self.sync(&["sync"]).await?;
        self.narrator.say("\nWhat is different now:")?;
        let now = Mail::of(&core, account).await?;
        before.print_changes(&now, self.out)?;
        drop((observed, core));
        let told = count(seen.0.load(Ordering::Relaxed) as u64, "change");
        self.narrator.say(&format!(
            "\nA screen that shows the inbox was told of {told} while it happened; it reloaded nothing."
        ))?;
        self.narrator.say(&format!("It cost {}; the whole mailbox had cost {}.", cost(&difference), cost(whole)))?;
        self.narrator.step("The proof")?;
        self.narrator.say("The journal tells what became of each operation: done once, or why not.")?;
        self.run(&["journal", "list", "--all"], Exit::Done).await?;
        self.narrator
            .say("\nThe doctor asks the server for every UID and every flag, and holds them against what is here.")?;
        self.run(&["doctor"], Exit::Done).await
    }

    /// Runs a sync that a person would type, and gives what it did.
    async fn sync(&self, line: &[&str]) -> Result<SyncSummary, Failure> {
        self.narrator.command(line)?;
        let Command::Sync(args) = parsed(line)? else { return Err(Failure::internal("the tour's sync is none")) };
        let (_, summaries) = commands::sync::run(&self.session, args).await?;
        self.session.out.flush()?;
        let summary = summaries.into_iter().find(|summary| summary.complete);
        summary.ok_or_else(|| Failure::internal("the tour's sync did not come to its end"))
    }

    /// Runs what a person would type.
    async fn run(&self, line: &[&str], expected: Exit) -> Result<(), Failure> {
        self.narrator.command(line)?;
        let exit = commands::run(&self.session, parsed(line)?).await?;
        self.session.out.flush()?;
        if exit == expected {
            return Ok(());
        }
        let name = line.first().copied().unwrap_or_default();
        Err(Failure::internal(format!("the tour's `postrider {name}` ended with {}", exit.code())))
    }

    async fn core(&self) -> Result<&Core, Failure> {
        self.session.core().await
    }
}

fn parsed(line: &[&str]) -> Result<Command, Failure> {
    let parsed = Cli::read(std::iter::once("postrider").chain(line.iter().copied()).map(OsString::from));
    Ok(parsed.map_err(|error| Failure::internal(error.to_string()))?.command)
}

/// What a sync cost, in words.
fn cost(summary: &SyncSummary) -> String {
    format!("{} in {}", bytes(summary.bytes_in + summary.bytes_out), count(summary.round_trips, "flight"))
}

/// Counts what an observed list is told, as a screen would take it.
#[derive(Default)]
struct Seen(AtomicUsize);

impl ListObserver for Seen {
    fn changed(&self, diffs: Vec<ListDiff>) {
        let steps = diffs.iter().filter(|diff| !matches!(diff, ListDiff::Reset { .. })).count();
        self.0.fetch_add(steps, Ordering::Relaxed);
    }

    fn failed(&self, _error: CoreError) {}
}
