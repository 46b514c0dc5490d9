use std::time::Duration;

use clap::Args;
use postrider::api::BodyPolicy;

use super::units::{byte_count, duration};

pub(super) const STATUS_EXAMPLES: &str = "\
Examples:
  postrider status
  postrider status --json";

const EXAMPLES: &str = "\
Examples:
  postrider sync
  postrider sync home --mailbox inbox --bodies all
  postrider sync --max-time 25s --max-bytes 2M       for a job that runs now and then; exit status 3 asks for another run
  postrider sync --json";

#[derive(Args, Default)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SyncArgs {
    /// The accounts' names or addresses [default: all]
    #[arg(value_name = "ACCOUNT")]
    pub(crate) accounts: Vec<String>,
    /// Only this mailbox, by name or role; may be given several times
    #[arg(long = "mailbox", value_name = "MAILBOX")]
    pub(crate) mailboxes: Vec<String>,
    /// Which bodies to fetch ahead: none, recent or all [default: as the account is set to]
    #[arg(long, value_name = "POLICY")]
    pub(crate) bodies: Option<BodyPolicy>,
    /// Stop after this time, such as 30s or 5m; what is done stays done
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) max_time: Option<Duration>,
    /// Stop after about this many bytes, such as 500k or 5M
    #[arg(long, value_name = "BYTES", value_parser = byte_count)]
    pub(crate) max_bytes: Option<u64>,
    /// Each byte costs: fetch no body ahead
    #[arg(long)]
    pub(crate) metered: bool,
    /// Only bring what was done here to the server
    #[arg(long, conflicts_with = "pull_only")]
    pub(crate) push_only: bool,
    /// Only bring what happened on the server here
    #[arg(long)]
    pub(crate) pull_only: bool,
}
