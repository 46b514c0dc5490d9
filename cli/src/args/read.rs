use std::path::PathBuf;

use clap::Args;
use postrider::api::PlaceId;

#[derive(Args)]
#[command(after_help = "Examples:\n  postrider mailboxes\n  postrider mailboxes home --json")]
pub(crate) struct MailboxesArgs {
    /// The account's name or address; may be left out where there is only one
    pub(crate) account: Option<String>,
}

const LIST_EXAMPLES: &str = "\
Flags: N new, F flagged, A answered, D draft, X marked deleted, @ with attachments.

Examples:
  postrider list
  postrider list Projects/Archive --unread
  postrider list sent --account home --limit 10 --threads";

#[derive(Args)]
#[command(after_help = LIST_EXAMPLES)]
pub(crate) struct ListArgs {
    /// The mailbox's name, or its role: inbox, sent, drafts, archive, junk, trash
    #[arg(default_value = "inbox")]
    pub(crate) mailbox: String,
    /// The account, where several have such a mailbox
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// How many to list, up to 1000
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
    /// Go on after a page, with what it ended with
    #[arg(long, value_name = "CURSOR")]
    pub(crate) after: Option<String>,
    /// Only unread ones
    #[arg(long)]
    pub(crate) unread: bool,
    /// Only flagged ones
    #[arg(long)]
    pub(crate) flagged: bool,
    /// One line for each conversation
    #[arg(long)]
    pub(crate) threads: bool,
}

const SHOW_EXAMPLES: &str = "\
Examples:
  postrider show 42
  postrider show 42 --raw >mail.eml
  postrider show 42 --json";

#[derive(Args)]
#[command(after_help = SHOW_EXAMPLES)]
pub(crate) struct ShowArgs {
    /// The message
    pub(crate) id: PlaceId,
    #[command(flatten)]
    pub(crate) view: ShowView,
}

/// What to show in place of the usual view.
#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct ShowView {
    /// Only the readable text
    #[arg(long)]
    pub(crate) text: bool,
    /// The HTML as it stands: not safe to open in a browser
    #[arg(long)]
    pub(crate) html: bool,
    /// The exact bytes as the server holds them, also with --json
    #[arg(long)]
    pub(crate) raw: bool,
    /// The header
    #[arg(long)]
    pub(crate) headers: bool,
    /// The tree of parts
    #[arg(long)]
    pub(crate) structure: bool,
}

const ATTACHMENT_EXAMPLES: &str = "\
Examples:
  postrider attachment 42                     list them
  postrider attachment 42 2                   save the one with this part number, under its own name
  postrider attachment 42 2 -o report.pdf     under another
  postrider attachment 42 2 -o - | less       to standard output";

#[derive(Args)]
#[command(after_help = ATTACHMENT_EXAMPLES)]
pub(crate) struct AttachmentArgs {
    /// The message
    pub(crate) id: PlaceId,
    /// The part's number, as the list shows it
    pub(crate) part: Option<String>,
    /// The file to write, - for standard output [default: a new file by the attachment's name]
    #[arg(short, long, value_name = "FILE", requires = "part")]
    pub(crate) output: Option<PathBuf>,
}

const SEARCH_EXAMPLES: &str = "\
All terms must fit. There are words, \"several words\", from: to: cc: subject: body: filename: in:MAILBOX is:unread is:flagged
is:answered is:draft has:attachment keyword: before:2026-01-31 since:2026-01-01 on:2026-01 larger:5M smaller:20k.
TERM OR TERM takes either, -TERM must not fit, and parentheses group: quote the query for the shell.

Examples:
  postrider search invoice march
  postrider search from:ann is:unread before:2026-01-01
  postrider search subject:\"two words\" has:attachment in:inbox
  postrider search 'invoice -from:ann'
  postrider search 'subject:(invoice OR bill) -in:trash'
  postrider search --server invoice";

#[derive(Args)]
#[command(after_help = SEARCH_EXAMPLES)]
pub(crate) struct SearchArgs {
    /// What to search for
    #[arg(required = true)]
    pub(crate) query: Vec<String>,
    /// Ask the server, which may hold mail that is not on this device
    #[arg(long)]
    pub(crate) server: bool,
    /// Only in this account
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// How many to list
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  postrider thread 42\n  postrider thread 42 --json")]
pub(crate) struct ThreadArgs {
    /// A message of the conversation
    pub(crate) id: PlaceId,
}

const EXPORT_EXAMPLES: &str = "\
Bodies that are not here are fetched. An export that was cut is taken up where it stopped: call it again. Lines end with
LF, as in every mbox and Maildir. An mbox quotes lines that begin with From (mboxrd); a Maildir has the flags too.

Examples:
  postrider export inbox --mbox inbox.mbox
  postrider export Projects --account home --maildir ~/Maildir/Projects";

#[derive(Args)]
#[command(after_help = EXPORT_EXAMPLES)]
pub(crate) struct ExportArgs {
    /// The mailbox's name or role
    pub(crate) mailbox: String,
    /// The account, where several have such a mailbox
    #[arg(long)]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) target: ExportTarget,
}

/// Where to.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct ExportTarget {
    /// A new mbox file
    #[arg(long, value_name = "FILE")]
    pub(crate) mbox: Option<PathBuf>,
    /// A Maildir, new or there already
    #[arg(long, value_name = "DIR")]
    pub(crate) maildir: Option<PathBuf>,
}
