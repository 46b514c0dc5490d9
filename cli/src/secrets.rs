//! Where the command line keeps passwords: a command that prints one, the system's keyring, or where there is none a file
//! that only the user can read.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use postrider::api::{AccountSettings, CredentialError, Secret, SecretStore, TokenProvider};

use crate::exit::Failure;
use crate::keyring::Keyring;

/// The setting that holds the command. The core keeps it and never reads it.
pub(crate) const COMMAND: &str = "password_command";

/// The setting that says that the password is in the system's keyring.
pub(crate) const KEYRING: &str = "keyring";

const FILE: &str = "secrets.json";

/// Passwords and access tokens of all accounts, by the account's name.
pub(crate) struct Secrets {
    file: PathBuf,
    keyring: Keyring,
    sources: Mutex<BTreeMap<String, Source>>,
}

#[derive(Clone)]
enum Source {
    Command(String),
    Keyring,
    /// In memory only: what is being tried before it is kept.
    Given(Secret),
}

impl Secrets {
    pub(crate) fn new(data: &Path) -> Self {
        Self { file: data.join(FILE), keyring: Keyring::new(data), sources: Mutex::default() }
    }

    /// The file that passwords are kept in.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// Learns from an account's settings where its password comes from.
    pub(crate) fn learn(&self, settings: &AccountSettings) {
        let command = settings.host.get(COMMAND).map(|command| Source::Command(command.clone()));
        let source = command.or_else(|| settings.host.contains_key(KEYRING).then_some(Source::Keyring));
        match source {
            Some(source) => self.sources().insert(settings.name.clone(), source),
            None => self.sources().remove(&settings.name),
        };
    }

    /// Uses this password as long as the program runs.
    pub(crate) fn give(&self, account: &str, password: Secret) {
        self.sources().insert(account.to_owned(), Source::Given(password));
    }

    /// Whether the file holds a password for the account.
    pub(crate) fn has(&self, account: &str) -> Result<bool, Failure> {
        Ok(self.read()?.contains_key(account))
    }

    /// Keeps a password for the account: in the keyring, which the settings then say, else in the file.
    pub(crate) fn keep(&self, settings: &mut AccountSettings, password: &Secret) -> Result<(), Failure> {
        settings.host.remove(COMMAND);
        if self.keyring.keep(&settings.name, password) {
            settings.host.insert(KEYRING.to_owned(), "secret-service".to_owned());
            return self.forget_in_file(&settings.name);
        }
        settings.host.remove(KEYRING);
        let mut all = self.read()?;
        all.insert(settings.name.clone(), password.expose().to_owned());
        self.write(&all)
    }

    /// Takes the password of an account out of where it is kept.
    pub(crate) fn forget(&self, settings: &AccountSettings) -> Result<(), Failure> {
        if settings.host.contains_key(KEYRING) {
            self.keyring.forget(&settings.name);
        }
        self.forget_in_file(&settings.name)
    }

    fn forget_in_file(&self, account: &str) -> Result<(), Failure> {
        let mut all = self.read()?;
        if all.remove(account).is_some() { self.write(&all) } else { Ok(()) }
    }

    /// Follows an account to its new name.
    pub(crate) fn rename(&self, from: &str, settings: &mut AccountSettings) -> Result<(), Failure> {
        let to = &settings.name.clone();
        if settings.host.contains_key(KEYRING) {
            if let Some(password) = self.keyring.find(from) {
                self.keep(settings, &password)?;
            }
            self.keyring.forget(from);
            return Ok(());
        }
        let mut all = self.read()?;
        match all.remove(from) {
            Some(password) => {
                all.insert(to.to_owned(), password);
                self.write(&all)
            }
            None => Ok(()),
        }
    }

    fn sources(&self) -> MutexGuard<'_, BTreeMap<String, Source>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> Result<BTreeMap<String, String>, Failure> {
        let failed = |error: &io::Error| Failure::io(self.file.display(), error);
        match std::fs::read(&self.file) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| failed(&io::ErrorKind::InvalidData.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Replaces the file in one step, so that a crash leaves the old one or the new one.
    fn write(&self, all: &BTreeMap<String, String>) -> Result<(), Failure> {
        let replace = || -> io::Result<()> {
            let dir = self.file.parent().unwrap_or(Path::new("."));
            // Made readable by its owner only from the start.
            let mut file = tempfile::NamedTempFile::new_in(dir)?;
            serde_json::to_writer(&mut file, all)?;
            file.flush()?;
            file.as_file().sync_all()?;
            file.persist(&self.file)?;
            Ok(())
        };
        replace().map_err(|error| Failure::io(self.file.display(), &error))
    }
}

impl SecretStore for Secrets {
    fn password(&self, account: &str) -> Result<Secret, CredentialError> {
        let source = self.sources().get(account).cloned();
        match source {
            Some(Source::Command(command)) => first_line_of(&command),
            Some(Source::Keyring) => self.keyring.find(account).ok_or(CredentialError::Missing),
            Some(Source::Given(secret)) => Ok(secret),
            None => {
                let mut all = self.read().map_err(|_| CredentialError::Unavailable)?;
                all.remove(account).map(Secret::new).ok_or(CredentialError::Missing)
            }
        }
    }
}

impl TokenProvider for Secrets {
    /// The same places hold the token of an account that logs in with one.
    fn access_token(&self, account: &str, _refused: bool) -> Result<Secret, CredentialError> {
        self.password(account)
    }
}

/// The first line that a command prints. What it complains of reaches the person's terminal.
fn first_line_of(command: &str) -> Result<Secret, CredentialError> {
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let output = Command::new(shell).arg(option).arg(command).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|_| CredentialError::Unavailable)?;
    let text = String::from_utf8(output.stdout).map_err(|_| CredentialError::Missing)?;
    match text.lines().next() {
        Some(line) if output.status.success() && !line.is_empty() => Ok(Secret::new(line)),
        _ => Err(CredentialError::Missing),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn settings(name: &str, command: Option<&str>) -> AccountSettings {
        let mut settings = AccountSettings::new(name, "mara@postrider.example");
        settings.host.extend(command.map(|command| (COMMAND.to_owned(), command.to_owned())));
        settings
    }

    /// As where there is no keyring.
    fn in_file(secrets: &Secrets, account: &str, password: &str) {
        let mut all = secrets.read().unwrap();
        all.insert(account.to_owned(), password.to_owned());
        secrets.write(&all).unwrap();
    }

    #[test]
    fn a_kept_password_is_read_again_by_another_run_and_only_by_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        in_file(&Secrets::new(dir.path()), "home", "pass word");
        let later = Secrets::new(dir.path());
        assert_eq!(later.password("home").unwrap().expose(), "pass word");
        assert_eq!(later.password("work"), Err(CredentialError::Missing));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(later.file()).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_password_follows_its_account_to_a_new_name_and_goes_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let secrets = Secrets::new(dir.path());
        in_file(&secrets, "home", "one");
        secrets.rename("home", &mut settings("private", None)).unwrap();
        assert_eq!(secrets.password("private").unwrap().expose(), "one");
        assert_eq!(secrets.password("home"), Err(CredentialError::Missing));
        secrets.forget(&settings("private", None)).unwrap();
        assert!(!secrets.has("private").unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn the_first_line_of_the_command_is_the_password() {
        let dir = tempfile::tempdir().unwrap();
        let secrets = Secrets::new(dir.path());
        secrets.learn(&settings("home", Some("printf 'se cret\\nuser: mara\\n'")));
        assert_eq!(secrets.password("home").unwrap().expose(), "se cret");
        for failing in ["true", "echo secret; exit 1", "printf '\\377\\n'"] {
            secrets.learn(&settings("home", Some(failing)));
            assert_eq!(secrets.password("home"), Err(CredentialError::Missing), "{failing}");
        }
    }
}
