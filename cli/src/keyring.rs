//! The system's keyring, by `secret-tool`: what desktops with a secret service bring along. Passwords go by standard
//! input and output, never as arguments. A library would bring a D-Bus client and dozens of crates, for one password.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use postrider::api::Secret;

/// Tells that no keyring is to be used, whatever there is.
const SWITCH: &str = "POSTRIDER_KEYRING";

/// The passwords of one data folder in the keyring.
pub(crate) struct Keyring {
    folder: PathBuf,
}

impl Keyring {
    pub(crate) fn new(data: &Path) -> Self {
        // The same folder has the same name however it is reached; one that is not there yet has only the one given.
        Self { folder: data.canonicalize().unwrap_or_else(|_| data.to_owned()) }
    }

    /// Keeps a password. False where there is no keyring, or it does not take it.
    pub(crate) fn keep(&self, account: &str, password: &Secret) -> bool {
        if !cfg!(target_os = "linux") || std::env::var_os(SWITCH).is_some_and(|value| value == "off") {
            return false;
        }
        let mut command = Command::new("secret-tool");
        command.arg("store").arg("--label").arg(format!("Postrider: {account}"));
        let child = self.named(&mut command, account).stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        let Ok(mut child) = child else { return false };
        let given = child.stdin.take().is_some_and(|mut to| to.write_all(password.expose().as_bytes()).is_ok());
        child.wait().is_ok_and(|status| given && status.success())
    }

    /// The password, where the keyring holds one and gives it.
    pub(crate) fn find(&self, account: &str) -> Option<Secret> {
        let mut command = Command::new("secret-tool");
        command.arg("lookup");
        let output = self.named(&mut command, account).stdin(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let password = text.strip_suffix('\n').unwrap_or(&text);
        (output.status.success() && !password.is_empty()).then(|| Secret::new(password))
    }

    /// Takes the password out.
    pub(crate) fn forget(&self, account: &str) {
        let mut command = Command::new("secret-tool");
        command.arg("clear");
        // One that stays behind opens nothing that its owner could not open.
        let _ = self.named(&mut command, account).stdin(Stdio::null()).output();
    }

    fn named<'c>(&self, command: &'c mut Command, account: &str) -> &'c mut Command {
        command
            .args(["service", "postrider", "folder"])
            .arg(&self.folder)
            .args(["account", account])
            .stderr(Stdio::null())
    }
}
