//! What can be said on the command line. The contract stands in the manual; the words here are its help.

mod account;
mod act;
mod care;
mod keep;
mod read;
mod sync;
mod units;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use account::{AccountCommand, AddArgs, NamedArgs, PasswordSource, RemoveArgs, SetArgs};
pub(crate) use act::{
    CLEARED, DeleteArgs, FlagArgs, JournalArgs, JournalCommand, JournalListArgs, MessagesArgs, ToMailboxArgs,
};
pub(crate) use care::{BackupArgs, CompletionsArgs, DoctorArgs, ManArgs, RestoreArgs, ServeModelArgs};
pub(crate) use keep::{AppendArgs, MailboxCommand};
pub(crate) use read::{
    AttachmentArgs, ExportArgs, ExportTarget, ListArgs, MailboxesArgs, SearchArgs, ShowArgs, ThreadArgs,
};
pub(crate) use sync::SyncArgs;

const EXAMPLES: &str = "\
Examples:
  postrider demo                                   see what it does, without a server of your own
  postrider account add mara@mail.example --imap imaps://imap.mail.example
  postrider sync
  postrider list
  postrider show 42
  postrider search from:ann is:unread

Exit status: 0 done, 1 failed, 2 wrong usage, 3 stopped before the end (call again), 4 needs the user.";

/// Read mail offline: a mail sync core on a desktop
#[derive(Parser)]
#[command(name = "postrider", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// What a command line says, the program's name first.
    pub(crate) fn read(line: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        Self::try_parse_from(act::without_hyphens(line))
    }
}

/// Options of every command.
#[derive(Args)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// The folder with the store [default: the platform's folder for data]
    #[arg(long, global = true, env = "POSTRIDER_DATA", hide_env_values = true, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Write JSON, one object per line
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Log to standard error: off, error, warn, info, debug or trace
    #[arg(long, global = true, default_value = "off", hide_default_value = true, value_name = "LEVEL")]
    pub(crate) log: String,
    /// No progress, hints or warnings
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Take a guided tour with an embedded server: no network, no set-up, nothing left behind
    #[command(after_help = care::DEMO_EXAMPLES)]
    Demo,
    /// Add, show, change, test and remove accounts
    #[command(subcommand, after_help = account::EXAMPLES)]
    Account(AccountCommand),
    /// Bring this device up to date with the servers
    Sync(SyncArgs),
    /// Show the accounts, when they were last synced, and what needs you
    #[command(after_help = sync::STATUS_EXAMPLES)]
    Status,
    /// List the mailboxes of an account
    Mailboxes(MailboxesArgs),
    /// List the messages of a mailbox, newest first
    List(ListArgs),
    /// Show a message
    Show(ShowArgs),
    /// List the attachments of a message, or save one
    Attachment(AttachmentArgs),
    /// Search messages on this device, or on the server
    Search(SearchArgs),
    /// Show the conversation that a message belongs to, oldest first
    Thread(ThreadArgs),
    /// Set and clear flags of messages
    Flag(FlagArgs),
    /// Move messages to another mailbox
    Move(ToMailboxArgs),
    /// Copy messages to another mailbox
    Copy(ToMailboxArgs),
    /// Move messages to the archive
    #[command(after_help = act::filing("archive"))]
    Archive(MessagesArgs),
    /// Move messages to the trash
    #[command(after_help = act::filing("trash"))]
    Trash(MessagesArgs),
    /// Move messages to the mailbox for junk
    #[command(after_help = act::filing("junk"))]
    Junk(MessagesArgs),
    /// Delete messages for ever
    Delete(DeleteArgs),
    /// Put mails of your own into a mailbox
    Append(AppendArgs),
    /// Make, rename, delete, subscribe to and unsubscribe from mailboxes
    #[command(subcommand, after_help = keep::MAILBOX_EXAMPLES)]
    Mailbox(MailboxCommand),
    /// Show what was done and is not on the server yet; take it back, or have it tried again
    Journal(JournalArgs),
    /// Write a mailbox to an mbox file or a Maildir
    Export(ExportArgs),
    /// Check the store, and the mail in it against the server
    Doctor(DoctorArgs),
    /// Write the whole store to one file, while it is in use
    Backup(BackupArgs),
    /// Put a backup in place of what is in the data folder
    Restore(RestoreArgs),
    /// Run the embedded mail server alone, on this machine only
    ServeModel(ServeModelArgs),
    /// Print shell completions
    Completions(CompletionsArgs),
    /// Print the manual page
    Man(ManArgs),
}

impl Command {
    /// Whether the command sees to Ctrl-C itself, to tell what it did until then or to clean up.
    pub(crate) fn ends_by_itself(&self) -> bool {
        matches!(self, Self::Sync(_) | Self::Demo | Self::ServeModel(_))
    }
}
