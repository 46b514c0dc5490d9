use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

const DOCTOR_EXAMPLES: &str = "\
Checks the database, every body against its hash, and, after a sync, every UID and every flag against the server. Where there
is no network it says so and checks the rest. Exit status 0 where all that was checked is well, else 1.

Examples:
  postrider doctor
  postrider doctor --repair";

#[derive(Args)]
#[command(after_help = DOCTOR_EXAMPLES)]
pub(crate) struct DoctorArgs {
    /// Put right what can be
    #[arg(long)]
    pub(crate) repair: bool,
}

#[derive(Args)]
#[command(after_help = "The passwords are not in it.\n\nExamples:\n  postrider backup mail.backup")]
pub(crate) struct BackupArgs {
    /// The file to write
    pub(crate) file: PathBuf,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  postrider --data new restore mail.backup\n  postrider restore mail.backup --yes")]
pub(crate) struct RestoreArgs {
    /// The backup
    pub(crate) file: PathBuf,
    /// Do not ask before what is in the folder is replaced
    #[arg(long)]
    pub(crate) yes: bool,
}

pub(super) const DEMO_EXAMPLES: &str = "\
Examples:
  postrider demo
  postrider demo --json";

const SERVE_EXAMPLES: &str = "\
It holds the mailbox of the demo. The profiles: bare, dovecot, cyrus, gmail, exchange, courier, full. There is no TLS: it
listens on 127.0.0.1 only, until Ctrl-C.

Examples:
  postrider serve-model
  postrider serve-model --imap 1143 --profile gmail";

#[derive(Args)]
#[command(after_help = SERVE_EXAMPLES)]
pub(crate) struct ServeModelArgs {
    /// The port for IMAP; 0 for any free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) imap: u16,
    /// The provider to behave like
    #[arg(long, value_name = "NAME", default_value = "full")]
    pub(crate) profile: String,
    /// Send and take bytes in pieces of odd sizes, the same for the same number
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  postrider completions bash >~/.local/share/bash-completion/completions/postrider")]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  postrider man | man -l -\n  postrider man --dir /usr/local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Write the pages of all commands into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}
