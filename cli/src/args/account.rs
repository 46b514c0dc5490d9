use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use postrider::api::{Auth, Server};

pub(super) const EXAMPLES: &str = "\
Examples:
  postrider account add mara@mail.example --imap imaps://imap.mail.example
  postrider account list
  postrider account set mara@mail.example bodies.policy all
  postrider account test";

const ADD_EXAMPLES: &str = "\
A URL is imaps://HOST[:PORT] (TLS), imap://HOST[:PORT] (STARTTLS, refused without) or, with --allow-plaintext,
imap+plain://HOST:PORT (no protection at all); likewise smtps:, smtp:, smtp+plain:.
With POSTRIDER_KEYRING=off passwords are kept in the file also where there is a keyring.

Examples:
  postrider account add mara@mail.example --imap imaps://imap.mail.example --smtp smtps://smtp.mail.example
  postrider account add mara@mail.example --name home --imap imap://imap.mail.example \\
      --password-command 'pass show mail/mara'
  postrider account add dev@localhost --imap imap+plain://localhost:1143 --allow-plaintext --password-stdin <password";

const SET_EXAMPLES: &str = "\
Examples:
  postrider account set home bodies.policy all
  postrider account set home imap.server imaps://imap.mail.example
  postrider account set home tls.ca ca.pem
  postrider account set home smtp.server ''         take a setting away
  postrider account set home --password-stdin <password";

#[derive(Subcommand)]
pub(crate) enum AccountCommand {
    /// Add an account, after trying its login
    Add(Box<AddArgs>),
    /// List the accounts
    #[command(after_help = "Examples:\n  postrider account list\n  postrider account list --json")]
    List,
    /// Show every setting of an account by its key
    #[command(after_help = "Examples:\n  postrider account show home")]
    Show(NamedArgs),
    /// Change a setting of an account
    Set(SetArgs),
    /// Remove an account and its mail from this device; the server is not told
    Remove(RemoveArgs),
    /// Try the login of an account
    #[command(after_help = "Examples:\n  postrider account test home")]
    Test(NamedArgs),
}

#[derive(Args)]
#[command(after_help = ADD_EXAMPLES)]
pub(crate) struct AddArgs {
    /// The mail address
    #[arg(value_name = "EMAIL")]
    pub(crate) email: String,
    /// What to call the account on this device [default: the address]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The IMAP server
    #[arg(long, value_name = "URL")]
    pub(crate) imap: Option<Server>,
    /// The submission server, for when mail can be sent
    #[arg(long, value_name = "URL")]
    pub(crate) smtp: Option<Server>,
    /// The login name [default: the address]
    #[arg(long)]
    pub(crate) user: Option<String>,
    /// How to log in; with xoauth2 the password is an access token
    #[arg(long, value_enum, default_value_t = AuthName::Password)]
    pub(crate) auth: AuthName,
    #[command(flatten)]
    pub(crate) password: PasswordSource,
    /// Trust the certificate authorities in this PEM file too
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Trust this one public key: SHA-256 of the certificate's SubjectPublicKeyInfo
    #[arg(long, value_name = "sha256:HEX")]
    pub(crate) pin: Option<String>,
    /// Do not try the login
    #[arg(long)]
    pub(crate) no_check: bool,
    /// Allow servers without TLS: password and mail can be read by anybody on the way
    #[arg(long)]
    pub(crate) allow_plaintext: bool,
}

/// Where the password comes from. It is never an argument: those can be seen by other users of the machine.
#[derive(Args)]
pub(crate) struct PasswordSource {
    /// Run this when a password is needed; its first line is the password
    #[arg(long = "password-command", value_name = "CMD", conflicts_with = "password_stdin")]
    pub(crate) password_command: Option<String>,
    /// Read the password from standard input; it is kept in the system's keyring or a file that only you can read
    #[arg(long)]
    pub(crate) password_stdin: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum AuthName {
    Password,
    Xoauth2,
}

impl From<AuthName> for Auth {
    fn from(name: AuthName) -> Self {
        match name {
            AuthName::Password => Self::Password,
            AuthName::Xoauth2 => Self::Token,
        }
    }
}

#[derive(Args)]
pub(crate) struct NamedArgs {
    /// The account's name or address; may be left out where there is only one
    pub(crate) account: Option<String>,
}

#[derive(Args)]
#[command(after_help = SET_EXAMPLES)]
pub(crate) struct SetArgs {
    /// The account's name or address
    pub(crate) account: String,
    /// The setting, as `account show` names it
    #[arg(requires = "value", required_unless_present_any = ["password_command", "password_stdin"])]
    pub(crate) key: Option<String>,
    /// Its new value; for tls.ca a PEM file
    pub(crate) value: Option<String>,
    #[command(flatten)]
    pub(crate) password: PasswordSource,
    /// Allow servers without TLS: password and mail can be read by anybody on the way
    #[arg(long)]
    pub(crate) allow_plaintext: bool,
}

#[derive(Args)]
#[command(after_help = "Examples:\n  postrider account remove home\n  postrider account remove home --yes")]
pub(crate) struct RemoveArgs {
    /// The account's name or address
    pub(crate) account: String,
    /// Do not ask
    #[arg(long)]
    pub(crate) yes: bool,
}
