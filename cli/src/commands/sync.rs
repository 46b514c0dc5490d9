//! Sync: all accounts at the same time, so that a slow server delays only its own mail.

use std::sync::Arc;

use indicatif::ProgressBar;
use postrider::api::{
    AccountId, AccountInfo, Core, CoreError, Direction, MailboxId, OperationInfo, OperationState, SyncEvent,
    SyncHandle, SyncOptions, SyncStage, SyncSummary,
};
use serde_json::json;
use tokio::sync::mpsc;

use crate::args::SyncArgs;
use crate::exit::{Exit, Failure};
use crate::json;
use crate::session::Session;
use crate::terminal::{Progress, bytes, count, milliseconds, one_line};

/// What the sync of one account tells.
enum News {
    Event(SyncEvent),
    End(Result<SyncSummary, CoreError>),
}

/// Syncs and reports; gives what was reported too, for who tells more of it.
pub(crate) async fn run(session: &Session<'_>, args: SyncArgs) -> Result<(Exit, Vec<SyncSummary>), Failure> {
    let direction = match (args.push_only, args.pull_only) {
        (true, _) => Direction::Push,
        (_, true) => Direction::Pull,
        _ => Direction::Both,
    };
    run_in(session, args, direction).await
}

/// As [`run`], in a direction.
pub(crate) async fn run_in(
    session: &Session<'_>,
    args: SyncArgs,
    direction: Direction,
) -> Result<(Exit, Vec<SyncSummary>), Failure> {
    let accounts = session.accounts(&args.accounts).await?;
    if accounts.is_empty() {
        return Err(Failure::not_found("there is no account yet: postrider account add"));
    }
    let core = session.core().await?;
    let (sender, mut news) = mpsc::unbounded_channel();
    let mut syncs = Vec::new();
    for account in &accounts {
        let handle = core.sync(account.id, options(session, &args, direction, account).await?).await?;
        syncs.push(handle.canceller());
        tokio::spawn(follow(syncs.len() - 1, handle, sender.clone()));
    }
    drop(sender);

    let report = Report::new(session, &accounts);
    let (mut exit, mut summaries) = (Exit::Done, Vec::new());
    let mut cancelled = false;
    loop {
        tokio::select! {
            next = news.recv() => match next {
                Some((index, News::Event(event))) => report.event(index, event)?,
                Some((index, News::End(end))) => {
                    summaries.extend(end.as_ref().ok().cloned());
                    exit = exit.max(report.end(index, end)?);
                }
                None => break,
            },
            () = session.interrupt.wait(), if !cancelled => {
                cancelled = true;
                report.progress.say(session.out, "Stopping; Ctrl-C again stops at once.");
                syncs.iter().for_each(postrider::api::Canceller::cancel);
            }
        }
    }
    report.progress.clear();
    if direction != Direction::Pull {
        for account in &accounts {
            exit = exit.max(left_over(session, account).await?);
        }
    }
    Ok((exit, summaries))
}

async fn options(
    session: &Session<'_>,
    args: &SyncArgs,
    direction: Direction,
    account: &AccountInfo,
) -> Result<SyncOptions, Failure> {
    let mut mailboxes: Vec<MailboxId> = Vec::new();
    for name in &args.mailboxes {
        mailboxes.push(mailbox(session.core().await?, account.id, name).await?);
    }
    Ok(SyncOptions {
        direction,
        mailboxes,
        bodies: args.bodies,
        max_time: args.max_time,
        max_bytes: args.max_bytes,
        metered: args.metered,
        // Whoever calls for a sync does not want to wait.
        now: true,
    })
}

/// What is left of what was done: work that is tried again, or that needs the person.
async fn left_over(session: &Session<'_>, account: &AccountInfo) -> Result<Exit, Failure> {
    let left = session.core().await?.operations(account.id, false).await?;
    let waits = |one: &OperationInfo| matches!(one.state, OperationState::Parked | OperationState::NeedsUser);
    let parked = left.iter().filter(|one| waits(one)).count();
    if parked > 0 {
        let operations = count(parked as u64, "operation");
        session.out.warning(format!("{}: the server refused {operations}: postrider journal", account.name));
        return Ok(Exit::NeedsUser);
    }
    Ok(if left.is_empty() { Exit::Done } else { Exit::Stopped })
}

/// The mailbox of that name; one that is not known here may be on the server.
async fn mailbox(core: &Core, account: AccountId, name: &str) -> Result<MailboxId, Failure> {
    match core.find_mailbox(Some(account), name).await {
        Err(CoreError::NotFound { .. }) => {
            core.refresh_mailboxes(account).await?;
            Ok(core.find_mailbox(Some(account), name).await?.id)
        }
        found => Ok(found?.id),
    }
}

/// Passes on what a sync tells, with the account's place in the list.
async fn follow(index: usize, handle: SyncHandle, sender: mpsc::UnboundedSender<(usize, News)>) {
    while let Some(event) = handle.next_event().await {
        // Nobody listens any more when the command has failed meanwhile.
        let _ = sender.send((index, News::Event(event)));
    }
    let _ = sender.send((index, News::End(handle.wait().await)));
}

/// What people and scripts see of it.
struct Report<'a> {
    session: &'a Session<'a>,
    accounts: &'a [AccountInfo],
    progress: Arc<Progress>,
    bars: Vec<ProgressBar>,
}

impl<'a> Report<'a> {
    fn new(session: &'a Session<'a>, accounts: &'a [AccountInfo]) -> Self {
        let progress = Progress::new(session.out);
        let bars: Vec<ProgressBar> = accounts.iter().map(|account| progress.bar(&account.name)).collect();
        bars.iter().for_each(|bar| bar.set_message("connecting"));
        Self { session, accounts, progress: Arc::new(progress), bars }
    }

    fn event(&self, index: usize, event: SyncEvent) -> Result<(), Failure> {
        if self.session.out.is_json() {
            return self.session.out.object(&json!(event));
        }
        match event {
            SyncEvent::Progress { mailbox, stage, done, total, .. } => {
                if let Some(bar) = self.bars.get(index) {
                    let stage = match stage {
                        SyncStage::Headers => "headers",
                        SyncStage::Bodies => "bodies",
                    };
                    bar.set_message(one_line(&format!("{mailbox} {stage}")));
                    self.progress.show(bar, done, total);
                }
            }
            SyncEvent::Notice { account, mailbox, text, .. } => {
                let mailbox = if mailbox.is_empty() { String::new() } else { format!(" {mailbox}:") };
                self.progress.say(self.session.out, &one_line(&format!("{account}:{mailbox} {text}")));
            }
        }
        Ok(())
    }

    fn end(&self, index: usize, end: Result<SyncSummary, CoreError>) -> Result<Exit, Failure> {
        if let Some(bar) = self.bars.get(index) {
            bar.finish_and_clear();
        }
        match end {
            Ok(summary) => {
                if self.session.out.is_json() {
                    self.session.out.object(&json::summary(&summary))?;
                } else {
                    self.session.out.words(&in_words(&summary))?;
                    self.session.out.flush()?;
                }
                Ok(if summary.complete { Exit::Done } else { Exit::Stopped })
            }
            Err(error) => {
                let failure = Failure::from(error);
                let account = self.accounts.get(index).map(|account| account.name.as_str());
                self.session.out.failure(&failure, account);
                Ok(failure.exit)
            }
        }
    }
}

fn in_words(summary: &SyncSummary) -> String {
    let mut changes = Vec::new();
    for (number, what) in [
        (summary.messages_new, "new message"),
        (summary.flags_changed, "flag change"),
        (summary.messages_removed, "removal"),
        (summary.bodies_fetched, "fetched body"),
        (summary.operations_done, "sent operation"),
        (summary.operations_left, "waiting operation"),
    ] {
        if number > 0 {
            changes.push(count(number, what));
        }
    }
    let changes = if changes.is_empty() { "nothing new".to_owned() } else { changes.join(", ") };
    let cost = format!(
        "{} in, {} out, {}, {}",
        bytes(summary.bytes_in),
        bytes(summary.bytes_out),
        count(summary.round_trips, "round trip"),
        milliseconds(summary.elapsed_ms),
    );
    let end = if summary.complete { "" } else { "; stopped before the end, all so far is kept: sync again" };
    format!("{}: {changes} ({cost}){end}", one_line(&summary.account))
}
