//! The steps of the tour, one function each.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Parser;
use postrider::api::{AccountId, BodyState, Core, CoreError, ListDiff, ListFilter, ListObserver, MessageRow};

use super::changes::Mail;
use super::narrator::Narrator;
use crate::args::Cli;
use crate::commands;
use crate::exit::{Exit, Failure};
use crate::model::{Model, PASSWORD, QUERIES, USER};
use crate::session::Session;
use crate::terminal::count;

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
        let model = Model::start("full", 0).await?;
        let mut tour = Self { session, narrator: Narrator::new(session.out), model };
        tour.narrator
            .say("Postrider, a guided tour: a mail server inside this program, and a phone that syncs with it.")?;
        tour.narrator.say("Nothing leaves this machine, and all of it is gone when the tour ends.")?;
        let account = tour.add_account().await?;
        tour.first_sync().await?;
        let sights = tour.look_around(account).await?;
        tour.open(&sights.letter).await?;
        tour.follow(&sights.conversation).await?;
        tour.search().await?;
        tour.go_offline(&sights.letter).await?;
        tour.come_back(account).await?;
        tour.narrator.step("The end")?;
        tour.narrator.say("The server and the folder with the mail are removed now. Your own mail:")?;
        tour.narrator.say("\n  postrider account add you@mail.example --imap imaps://imap.mail.example")
    }

    async fn add_account(&mut self) -> Result<AccountId, Failure> {
        self.narrator.step("An account")?;
        self.narrator
            .say("A password is never an argument: it comes from a command, a prompt or standard input. The tour's")?;
        self.narrator.say("server has no TLS, which must be allowed by name; it listens on this machine only.")?;
        let (url, command) = (self.model.url(), format!("echo {PASSWORD}"));
        let line = ["account", "add", USER, "--imap", &url, "--allow-plaintext", "--password-command", &command];
        self.run(&line, Exit::Done).await?;
        Ok(self.core().await?.find_account(Some(USER)).await?.id)
    }

    async fn first_sync(&mut self) -> Result<(), Failure> {
        self.narrator.step("The first sync")?;
        self.narrator.say("Headers come first, so that lists are there at once; then the bodies of recent mail.")?;
        self.run(&["sync"], Exit::Done).await
    }

    async fn look_around(&mut self, account: AccountId) -> Result<Sights, Failure> {
        self.narrator.step("Mailboxes and the inbox")?;
        self.narrator.say("From here on everything is read from SQLite on this device.")?;
        self.run(&["mailboxes"], Exit::Done).await?;
        self.run(&["list", "--limit", "8"], Exit::Done).await?;
        self.sights(account).await
    }

    /// The newest mail with a file that is here in full, and the longest conversation.
    async fn sights(&self, account: AccountId) -> Result<Sights, Failure> {
        let core = self.core().await?;
        let inbox = core.find_mailbox(Some(account), "inbox").await?.id;
        let rows = core.messages(inbox, ListFilter::default(), None, 100).await?.messages;
        let here = || rows.iter().filter(|row| row.body == BodyState::Full);
        let letter = here().find(|row| row.has_attachments).or_else(|| here().next());
        let threads = core.threads(inbox, ListFilter::default(), None, 100).await?.threads;
        let longest = threads.into_iter().rev().max_by_key(|thread| thread.count);
        match (letter, longest) {
            (Some(letter), Some(longest)) => Ok(Sights { letter: letter.clone(), conversation: longest.newest }),
            _ => Err(Failure::internal("the tour's mailbox is empty")),
        }
    }

    async fn open(&mut self, letter: &MessageRow) -> Result<(), Failure> {
        self.narrator.step("A mail")?;
        self.narrator.say("Its text and its file came with the sync; opening it asks the server nothing.")?;
        let id = letter.id.to_string();
        self.run(&["show", &id], Exit::Done).await?;
        if letter.has_attachments {
            self.run(&["attachment", &id], Exit::Done).await?;
        }
        Ok(())
    }

    async fn follow(&mut self, newest: &MessageRow) -> Result<(), Failure> {
        self.narrator.step("A conversation")?;
        self.narrator.say("It goes across mailboxes: what came and what was answered stand together.")?;
        self.run(&["thread", &newest.id.to_string()], Exit::Done).await
    }

    async fn search(&mut self) -> Result<(), Failure> {
        self.narrator.step("Search")?;
        self.narrator
            .say("In every mail that is here, in any script, also in Chinese and Japanese, which write no spaces.")?;
        for query in QUERIES {
            self.run(&["search", query], Exit::Done).await?;
        }
        Ok(())
    }

    async fn go_offline(&mut self, letter: &MessageRow) -> Result<(), Failure> {
        self.narrator.step("The network is cut")?;
        self.model.cut();
        self.narrator.say("The server is gone. A sync says so, and that it is worth trying again (exit status 3).")?;
        self.run(&["sync"], Exit::Stopped).await?;
        self.narrator.say("\nEverything else goes on as before.")?;
        self.run(&["list", "--unread", "--limit", "5"], Exit::Done).await?;
        self.run(&["show", &letter.id.to_string(), "--text"], Exit::Done).await?;
        self.run(&["search", QUERIES[0]], Exit::Done).await
    }

    async fn come_back(&mut self, account: AccountId) -> Result<(), Failure> {
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
        self.run(&["sync"], Exit::Done).await?;
        self.narrator.say("\nWhat is different now:")?;
        let now = Mail::of(core, account).await?;
        before.print_changes(&now, self.session.out)?;
        drop(observed);
        let told = seen.0.load(Ordering::Relaxed) as u64;
        self.narrator.say(&format!(
            "\nA screen with the inbox was told while it happened: {}, no reload.",
            count(told, "change")
        ))?;
        self.narrator.say(&format!("All mail together is {}; what the sync cost stands above.", now.amount()))
    }

    /// Runs what a person would type.
    async fn run(&self, line: &[&str], expected: Exit) -> Result<(), Failure> {
        self.narrator.command(line)?;
        let parsed = Cli::try_parse_from(std::iter::once("postrider").chain(line.iter().copied()));
        let command = parsed.map_err(|error| Failure::internal(error.to_string()))?.command;
        let exit = commands::run(self.session, command).await?;
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
