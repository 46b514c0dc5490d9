//! The steps of the tour, one function each.

use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use postrider::api::{AccountId, Core, CoreError, ListDiff, ListFilter, ListObserver, MessageRow, SyncSummary};

use super::changes::Mail;
use super::narrator::Narrator;
use crate::args::{Cli, Command};
use crate::commands;
use crate::exit::{Exit, Failure};
use crate::model::{Model, PASSWORD, QUERIES, USER};
use crate::session::Session;
use crate::terminal::{bytes, count};

/// Somebody being shown around.
pub(super) struct Tour<'a> {
    session: &'a Session<'a>,
    narrator: Narrator<'a>,
    model: Model,
}

/// What the tour has a closer look at.
struct Sights {
    letter: MessageRow,
    conversation: MessageRow,
}

impl<'a> Tour<'a> {
    /// The whole tour.
    pub(super) async fn walk(session: &'a Session<'a>) -> Result<(), Failure> {
        let model = Model::start("full", 0, None).await?;
        let mut tour = Self { session, narrator: Narrator::new(session.out), model };
        tour.narrator.say("A guided tour: a mail server inside this program, and a phone that syncs with it.")?;
        tour.narrator.say("Nothing leaves this machine, and all of it is gone when the tour ends.")?;
        let (account, whole) = tour.first_sync().await?;
        tour.offline(account).await?;
        tour.come_back(account, &whole).await?;
        tour.narrator
            .say("\nYour own mail next:  postrider account add you@mail.example --imap imaps://imap.mail.example")
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

    async fn come_back(&mut self, account: AccountId, whole: &SyncSummary) -> Result<(), Failure> {
        self.narrator.step("Back again, and much has happened")?;
        self.model.change()?;
        self.model.listen().await?;
        self.narrator
            .say("Meanwhile mail came, and another device read, filed and deleted. One sync brings the difference.")?;
        let core = self.core().await?;
        let before = Mail::of(core, account).await?;
        let inbox = core.find_mailbox(Some(account), "inbox").await?.id;
        let seen = Arc::new(Seen::default());
        let observed = core.observe(inbox, ListFilter::default(), 100, seen.clone()).await?;
        let difference = self.sync(&["sync"]).await?;
        self.narrator.say("\nWhat is different now:")?;
        let now = Mail::of(core, account).await?;
        before.print_changes(&now, self.session.out)?;
        drop(observed);
        let told = count(seen.0.load(Ordering::Relaxed) as u64, "change");
        self.narrator.say(&format!(
            "\nA screen that shows the inbox was told of {told} while it happened; it reloaded nothing."
        ))?;
        self.narrator.say(&format!("It cost {}; the whole mailbox had cost {}.", cost(&difference), cost(whole)))?;
        self.narrator.step("The proof")?;
        self.narrator
            .say("The doctor asks the server for every UID and every flag, and holds them against what is here.")?;
        self.run(&["doctor"], Exit::Done).await
    }

    /// Runs a sync that a person would type, and gives what it did.
    async fn sync(&self, line: &[&str]) -> Result<SyncSummary, Failure> {
        self.narrator.command(line)?;
        let Command::Sync(args) = parsed(line)? else { return Err(Failure::internal("the tour's sync is none")) };
        let (_, summaries) = commands::sync::run(self.session, args).await?;
        self.session.out.flush()?;
        let summary = summaries.into_iter().find(|summary| summary.complete);
        summary.ok_or_else(|| Failure::internal("the tour's sync did not come to its end"))
    }

    /// Runs what a person would type.
    async fn run(&self, line: &[&str], expected: Exit) -> Result<(), Failure> {
        self.narrator.command(line)?;
        let exit = commands::run(self.session, parsed(line)?).await?;
        self.session.out.flush()?;
        if exit == expected {
            return Ok(());
        }
        let name = line.first().copied().unwrap_or_default();
        Err(Failure::internal(format!("the tour's `postrider {name}` ended with {}", exit.code())))
    }

    async fn core(&self) -> Result<&'a Core, Failure> {
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
