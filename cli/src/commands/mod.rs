//! One function for each command.

mod account;
mod act;
mod attachment;
mod backup;
mod doctor;
mod export;
mod journal;
mod keep;
mod list;
mod mailboxes;
mod reference;
mod search;
mod serve;
mod show;
mod status;
pub(crate) mod sync;

use postrider::api::MailboxRole;

use crate::args::Command;
use crate::exit::{Exit, Failure};
use crate::session::Session;

/// Does what the command line says.
pub(crate) async fn run(session: &Session<'_>, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Demo => Box::pin(crate::demo::run(session)).await,
        Command::Account(command) => account::run(session, command).await,
        Command::Sync(args) => Ok(sync::run(session, args).await?.0),
        Command::Status => status::run(session).await,
        Command::Mailboxes(args) => mailboxes::run(session, args).await,
        Command::List(args) => list::run(session, args).await,
        Command::Show(args) => show::run(session, args).await,
        Command::Attachment(args) => attachment::run(session, args).await,
        Command::Search(args) => search::run(session, args).await,
        Command::Thread(args) => list::thread(session, args).await,
        Command::Flag(args) => act::flag(session, args).await,
        Command::Move(args) => act::move_to(session, args).await,
        Command::Copy(args) => act::copy_to(session, args).await,
        Command::Archive(args) => act::file_under(session, args, MailboxRole::Archive).await,
        Command::Trash(args) => act::file_under(session, args, MailboxRole::Trash).await,
        Command::Junk(args) => act::file_under(session, args, MailboxRole::Junk).await,
        Command::Delete(args) => act::delete(session, args).await,
        Command::Append(args) => keep::append(session, args).await,
        Command::Mailbox(command) => keep::mailbox(session, command).await,
        Command::Journal(args) => journal::run(session, args).await,
        Command::Export(args) => export::run(session, args).await,
        Command::Doctor(args) => doctor::run(session, args).await,
        Command::Backup(args) => backup::backup(session, args).await,
        Command::Restore(args) => backup::restore(session, args).await,
        Command::ServeModel(args) => serve::run(session, args).await,
        Command::Completions(args) => reference::completions(session, args),
        Command::Man(args) => reference::man(session, args),
    }
}
