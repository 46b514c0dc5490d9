use std::ffi::OsString;

use clap::{Args, Subcommand};
use postrider::api::{OperationId, PlaceId};

pub(super) const LATER: &str = "It is written down and shown at once, network or not; a sync carries it out.";

/// What every action takes.
#[derive(Args)]
pub(crate) struct Now {
    /// Sync after it
    #[arg(long)]
    pub(crate) now: bool,
}

#[derive(Args)]
#[command(after_help = format!("{LATER}
Flags: seen, flagged, answered, draft, deleted; every other word is a keyword.

Examples:
  postrider flag 42 +seen
  postrider flag 42 43 +flagged -seen '+$Work' --now"))]
pub(crate) struct FlagArgs {
    /// The messages, then +FLAG for those to be set and -FLAG for those to be cleared
    #[arg(required = true, value_name = "ID|±FLAG")]
    pub(crate) words: Vec<String>,
    #[command(flatten)]
    pub(crate) now: Now,
}

#[derive(Args)]
#[command(after_help = format!("{LATER}

Examples:
  postrider move 42 43 Projects/Archive
  postrider copy 42 Projects"))]
pub(crate) struct ToMailboxArgs {
    /// The messages, then the mailbox: its name or role
    #[arg(required = true, num_args = 2.., value_names = ["ID", "MAILBOX"])]
    pub(crate) words: Vec<String>,
    #[command(flatten)]
    pub(crate) now: Now,
}

/// The help after those of a command that files messages.
pub(super) fn filing(command: &str) -> String {
    format!("{LATER}\n\nExamples:\n  postrider {command} 42 43\n  postrider {command} 42 --now")
}

#[derive(Args)]
pub(crate) struct MessagesArgs {
    /// The messages
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<PlaceId>,
    #[command(flatten)]
    pub(crate) now: Now,
}

#[derive(Args)]
#[command(after_help = format!("{LATER} To put messages into the trash: postrider trash.

Examples:
  postrider delete 42 --forever --yes"))]
pub(crate) struct DeleteArgs {
    /// The messages
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<PlaceId>,
    /// From the server, for ever
    #[arg(long, required = true)]
    pub(crate) forever: bool,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) now: Now,
}

/// What stands for the hyphen of a flag to be cleared, so that it is not taken for an option.
pub(crate) const CLEARED: &str = "+-";

/// A command line in which the flags to be cleared, `-seen`, are no options: after `flag`, words of a hyphen and several letters.
pub(super) fn without_hyphens(line: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let (mut flags, mut out) = (false, Vec::new());
    for word in line {
        let cleared = word.to_str().and_then(|word| word.strip_prefix('-'));
        match cleared.filter(|rest| flags && rest.chars().count() > 1 && !rest.starts_with('-')) {
            Some(rest) => out.push(format!("{CLEARED}{rest}").into()),
            None => {
                flags |= word == "flag";
                out.push(word);
            }
        }
    }
    out
}

const JOURNAL_EXAMPLES: &str = "\
Examples:
  postrider journal                what is not on the server yet
  postrider journal list --all
  postrider journal show 7         what became of each message
  postrider journal cancel 7       take it back, before it left
  postrider journal retry 7";

#[derive(Args)]
#[command(after_help = JOURNAL_EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct JournalArgs {
    #[command(subcommand)]
    pub(crate) command: Option<JournalCommand>,
}

#[derive(Subcommand)]
pub(crate) enum JournalCommand {
    /// List operations: those not at their end
    List(JournalListArgs),
    /// Show one operation, message by message
    Show(OperationArgs),
    /// Take an operation back, as far as nothing of it has left
    Cancel(OperationArgs),
    /// Have an operation tried again that was refused, or that waits for its time
    Retry(OperationArgs),
}

#[derive(Args, Default)]
#[command(after_help = JOURNAL_EXAMPLES)]
pub(crate) struct JournalListArgs {
    /// Those at their end too
    #[arg(long)]
    pub(crate) all: bool,
    /// The account's name or address [default: all]
    #[arg(long)]
    pub(crate) account: Option<String>,
}

#[derive(Args)]
#[command(after_help = JOURNAL_EXAMPLES)]
pub(crate) struct OperationArgs {
    /// The operation
    #[arg(value_name = "OP")]
    pub(crate) operation: OperationId,
}
