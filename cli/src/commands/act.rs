//! What people do to messages.

use postrider::api::{ActionDone, Direction, FlagChange, MailboxRole, OperationId, PlaceId};

use crate::args::{CLEARED, DeleteArgs, FlagArgs, MessagesArgs, SyncArgs, ToMailboxArgs};
use crate::commands::sync;
use crate::exit::{Exit, Failure};
use crate::json;
use crate::session::Session;
use crate::terminal::{confirm, count};

pub(super) async fn flag(session: &Session<'_>, args: FlagArgs) -> Result<Exit, Failure> {
    let (mut ids, mut change) = (Vec::new(), FlagChange::default());
    for word in args.words {
        match (word.strip_prefix(CLEARED), word.strip_prefix('+')) {
            (Some(flag), _) => change.remove.push(flag.to_owned()),
            (_, Some(flag)) => change.add.push(flag.to_owned()),
            _ => ids.push(id(&word)?),
        }
    }
    let done = session.core().await?.flag(ids, change).await?;
    told(session, &done, "flagged", args.now.now).await
}

pub(super) async fn move_to(session: &Session<'_>, args: ToMailboxArgs) -> Result<Exit, Failure> {
    let (ids, mailbox) = to_mailbox(session, &args.words).await?;
    let done = session.core().await?.move_to(ids, mailbox).await?;
    told(session, &done, "moved", args.now.now).await
}

pub(super) async fn copy_to(session: &Session<'_>, args: ToMailboxArgs) -> Result<Exit, Failure> {
    let (ids, mailbox) = to_mailbox(session, &args.words).await?;
    let done = session.core().await?.copy_to(ids, mailbox).await?;
    told(session, &done, "copied", args.now.now).await
}

pub(super) async fn file_under(session: &Session<'_>, args: MessagesArgs, role: MailboxRole) -> Result<Exit, Failure> {
    let done = session.core().await?.file_under(args.ids, role).await?;
    told(session, &done, "moved", args.now.now).await
}

pub(super) async fn delete(session: &Session<'_>, args: DeleteArgs) -> Result<Exit, Failure> {
    confirm(format!("Delete {} for ever?", count(args.ids.len() as u64, "message")), args.yes).await?;
    let done = session.core().await?.delete_forever(args.ids).await?;
    told(session, &done, "deleted", args.now.now).await
}

/// Tells what an action became, and syncs where that is wanted.
pub(super) async fn told(session: &Session<'_>, done: &ActionDone, verb: &str, now: bool) -> Result<Exit, Failure> {
    if session.out.is_json() {
        session.out.object(&json::action(done))?;
    } else {
        let ids: Vec<String> = done.ids.iter().map(PlaceId::to_string).collect();
        let messages = if ids.len() > 20 { String::new() } else { format!(": {}", ids.join(" ")) };
        let what =
            if ids.is_empty() { String::new() } else { format!("{verb} {}", count(ids.len() as u64, "message")) };
        session.out.words(&format!("{what}{messages} (operation {})", done.operation))?;
    }
    if now { sync_after(session, done.operation).await } else { Ok(Exit::Done) }
}

/// Syncs the account of an operation.
pub(super) async fn sync_after(session: &Session<'_>, operation: OperationId) -> Result<Exit, Failure> {
    session.out.flush()?;
    let account = session.core().await?.operation(operation).await?.account;
    let accounts = session.core().await?.accounts().await?;
    let name = accounts.into_iter().find(|other| other.id == account).map(|account| account.name);
    let args = SyncArgs { accounts: name.into_iter().collect(), ..SyncArgs::default() };
    Ok(sync::run_in(session, args, Direction::Both).await?.0)
}

async fn to_mailbox(
    session: &Session<'_>,
    words: &[String],
) -> Result<(Vec<PlaceId>, postrider::api::MailboxId), Failure> {
    let Some((name, ids)) = words.split_last() else { return Err(Failure::usage("name messages and a mailbox")) };
    let ids = ids.iter().map(|word| id(word)).collect::<Result<Vec<_>, _>>()?;
    let core = session.core().await?;
    let first = ids.first().copied().ok_or_else(|| Failure::usage("no message is named"))?;
    let mailbox = core.find_mailbox(Some(core.account_of(first).await?), name).await?;
    Ok((ids, mailbox.id))
}

fn id(word: &str) -> Result<PlaceId, Failure> {
    word.parse().map_err(|_| Failure::usage(format!("{word:?} is no message's id")))
}
