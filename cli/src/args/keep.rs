use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::act::{LATER, Now};

#[derive(Args)]
#[command(after_help = format!("{LATER} The bytes stay as they are; bare line feeds become CRLF.

Examples:
  postrider append Archive old.eml older.eml
  postrider append Sent letter.eml --flags seen --now"))]
pub(crate) struct AppendArgs {
    /// The mailbox's name or role
    pub(crate) mailbox: String,
    /// The mails
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The account, where several have such a mailbox
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// Flags that they are to have
    #[arg(long, value_delimiter = ',', value_name = "FLAG,…")]
    pub(crate) flags: Vec<String>,
    #[command(flatten)]
    pub(crate) now: Now,
}

pub(super) const MAILBOX_EXAMPLES: &str = "\
A name is written with / between levels, whatever the server's separator.

Examples:
  postrider mailbox create Projects/2026
  postrider mailbox rename Projects/2026 Archive/2026
  postrider mailbox delete Drafts/Old --yes
  postrider mailbox subscribe Lists --now";

#[derive(Subcommand)]
pub(crate) enum MailboxCommand {
    /// Make a mailbox
    Create(MailboxArgs),
    /// Call a mailbox otherwise, and what lies below it with it
    Rename(RenameArgs),
    /// Delete a mailbox with all mail in it, for ever
    Delete(DeleteMailboxArgs),
    /// Subscribe to a mailbox
    Subscribe(MailboxArgs),
    /// Unsubscribe from a mailbox
    Unsubscribe(MailboxArgs),
}

#[derive(Args)]
#[command(after_help = MAILBOX_EXAMPLES)]
pub(crate) struct MailboxArgs {
    /// The mailbox
    pub(crate) name: String,
    /// The account's name or address; may be left out where there is only one
    #[arg(long)]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) now: Now,
}

#[derive(Args)]
#[command(after_help = MAILBOX_EXAMPLES)]
pub(crate) struct RenameArgs {
    /// The mailbox
    pub(crate) name: String,
    /// Its new name
    pub(crate) new: String,
    /// The account's name or address; may be left out where there is only one
    #[arg(long)]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) now: Now,
}

#[derive(Args)]
#[command(after_help = MAILBOX_EXAMPLES)]
pub(crate) struct DeleteMailboxArgs {
    /// The mailbox
    pub(crate) name: String,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// The account's name or address; may be left out where there is only one
    #[arg(long)]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) now: Now,
}
