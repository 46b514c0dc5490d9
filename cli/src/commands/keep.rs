//! Mails of the person's own that are put into mailboxes, and the mailboxes themselves.

use postrider::api::{ActionDone, MailSource, MailboxActionDone};

use super::act::{sync_after, told};
use crate::args::{AppendArgs, MailboxCommand};
use crate::exit::{Exit, Failure};
use crate::json;
use crate::session::Session;
use crate::terminal::{confirm, one_line};

pub(super) async fn append(session: &Session<'_>, args: AppendArgs) -> Result<Exit, Failure> {
    let mailbox = session.mailbox(args.account.as_deref(), &args.mailbox).await?;
    let core = session.core().await?;
    let mut last: Option<ActionDone> = None;
    for path in args.files {
        // Each is an operation of its own: one that cannot be read keeps none of the others back.
        let mail = MailSource::File { path };
        let done = core.append(mailbox.id, mail, args.flags.clone(), None).await?;
        if let Some(before) = last.replace(done) {
            told(session, &before, "appended", false).await?;
        }
    }
    match last {
        Some(last) => told(session, &last, "appended", args.now.now).await,
        None => Err(Failure::usage("no mail is named")),
    }
}

pub(super) async fn mailbox(session: &Session<'_>, command: MailboxCommand) -> Result<Exit, Failure> {
    let core = session.core().await?;
    let (done, words, now) = match command {
        MailboxCommand::Create(args) => {
            let account = core.find_account(args.account.as_deref()).await?.id;
            let done = core.create_mailbox(account, &args.name).await?;
            (done, format!("made {}", args.name), args.now.now)
        }
        MailboxCommand::Rename(args) => {
            let mailbox = session.mailbox(args.account.as_deref(), &args.name).await?;
            let done = core.rename_mailbox(mailbox.id, &args.new).await?;
            (done, format!("renamed {} to {}", mailbox.name, args.new), args.now.now)
        }
        MailboxCommand::Delete(args) => {
            let mailbox = session.mailbox(args.account.as_deref(), &args.name).await?;
            confirm(format!("Delete {} with all mail in it?", one_line(&mailbox.name)), args.yes).await?;
            let done = core.delete_mailbox(mailbox.id).await?;
            (done, format!("deleted {}", mailbox.name), args.now.now)
        }
        MailboxCommand::Subscribe(args) => {
            let mailbox = session.mailbox(args.account.as_deref(), &args.name).await?;
            let done = core.subscribe_mailbox(mailbox.id, true).await?;
            (done, format!("subscribed to {}", mailbox.name), args.now.now)
        }
        MailboxCommand::Unsubscribe(args) => {
            let mailbox = session.mailbox(args.account.as_deref(), &args.name).await?;
            let done = core.subscribe_mailbox(mailbox.id, false).await?;
            (done, format!("unsubscribed from {}", mailbox.name), args.now.now)
        }
    };
    tell(session, &done, &words)?;
    if now { sync_after(session, done.operation).await } else { Ok(Exit::Done) }
}

fn tell(session: &Session<'_>, done: &MailboxActionDone, words: &str) -> Result<(), Failure> {
    if session.out.is_json() {
        return session.out.object(&json::mailbox_action(done));
    }
    session.out.words(&format!("{} (operation {})", one_line(words), done.operation))
}
