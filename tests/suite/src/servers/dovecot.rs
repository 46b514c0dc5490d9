//! A private Dovecot.

mod configuration;

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::launch::{first_existing, free_ports, greets, with_retries};
use super::process::ServerProcess;
use super::runner::{Runner, open_to_all};
use super::{Access, Certificate, LaunchError, User};

/// How Dovecot lays mail down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Storage {
    /// One file per mail, names that carry flags.
    #[default]
    Maildir,
    /// Several mails per file: a copy shares its source's GUID.
    Mdbox,
}

/// How it is set up. The default offers every extension it has, and the usual users and mailboxes.
#[derive(Clone, Debug)]
pub struct DovecotOptions {
    /// What it says it can do, in place of the truth: to take extensions away. Dovecot goes on to understand what it no
    /// longer announces, and still sends HIGHESTMODSEQ when a mailbox is selected.
    pub capability: Option<String>,
    /// Who may log in.
    pub users: Vec<User>,
    /// How mail is laid down.
    pub storage: Storage,
    /// The hierarchy delimiter.
    pub delimiter: char,
    /// What every name but INBOX begins with, such as `INBOX.`; usually nothing.
    pub prefix: String,
    /// Mailboxes that are there from the start, each with its special use, such as `("Sent", "\\Sent")`.
    pub special_use: Vec<(String, String)>,
    /// Whether it has a certificate: STARTTLS, and TLS from the start on a port of its own.
    pub tls: bool,
    /// Whether it speaks POP3 too.
    pub pop3: bool,
    /// How much mail a user may keep, in KiB.
    pub quota: u32,
}

impl DovecotOptions {
    /// An announcement without QRESYNC: changes are found by CONDSTORE, removals by other means.
    pub const WITHOUT_QRESYNC: &str = "IMAP4rev1 LITERAL+ SASL-IR ID ENABLE IDLE NAMESPACE UNSELECT UIDPLUS CHILDREN \
         LIST-EXTENDED LIST-STATUS SPECIAL-USE ESEARCH CONDSTORE MOVE";
    /// An announcement without QRESYNC and CONDSTORE.
    pub const WITHOUT_CONDSTORE: &str = "IMAP4rev1 LITERAL+ SASL-IR ID ENABLE IDLE NAMESPACE UNSELECT UIDPLUS CHILDREN \
         LIST-EXTENDED LIST-STATUS SPECIAL-USE ESEARCH MOVE";
    /// An announcement of RFC 3501 and nothing more.
    pub const RFC_3501: &str = "IMAP4rev1";

    /// The default with this announcement.
    pub fn announcing(capability: &str) -> Self {
        Self { capability: Some(capability.to_owned()), ..Self::default() }
    }
}

impl Default for DovecotOptions {
    fn default() -> Self {
        let uses = ["Archive", "Drafts", "Junk", "Sent", "Trash"];
        Self {
            capability: None,
            users: User::usual(),
            storage: Storage::default(),
            delimiter: '/',
            prefix: String::new(),
            special_use: uses.iter().map(|name| ((*name).to_owned(), format!("\\{name}"))).collect(),
            tls: false,
            pop3: false,
            quota: 1 << 20,
        }
    }
}

/// The ports of a Dovecot. One that the options leave out is not listened on.
#[derive(Clone, Copy, Debug)]
struct Ports {
    imap: u16,
    imaps: u16,
    pop3: u16,
    pop3s: u16,
}

/// A running Dovecot. It ends, with all its processes, when this is dropped or the test process dies.
pub struct Dovecot {
    // Ends before the folder is removed: fields are dropped in this order.
    process: ServerProcess,
    dir: TempDir,
    ports: Ports,
    access: Access,
}

impl Deref for Dovecot {
    type Target = Access;

    fn deref(&self) -> &Access {
        &self.access
    }
}

impl Dovecot {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    /// [`LaunchError`]: it is not installed, or it did not come up.
    pub fn start(options: &DovecotOptions) -> Result<Self, LaunchError> {
        let program = find()?;
        with_retries(|| Self::start_once(&program, options))
    }

    fn start_once(program: &Path, options: &DovecotOptions) -> Result<Self, LaunchError> {
        let runner = Runner::here()?;
        let dir = tempfile::Builder::new().prefix("dovecot-").tempdir()?;
        open_to_all(dir.path())?;
        let [imap, imaps, pop3, pop3s] = free_ports()?;
        let ports = Ports { imap, imaps, pop3, pop3s };
        let certificate = options.tls.then(Certificate::new).transpose()?;
        if let Some(certificate) = &certificate {
            fs::write(dir.path().join("cert.pem"), &certificate.server_pem)?;
            fs::write(dir.path().join("key.pem"), &certificate.key_pem)?;
        }
        let passwords = options.users.iter().map(|user| format!("{}:{{PLAIN}}{}::::::\n", user.name, user.password));
        fs::write(dir.path().join("users"), passwords.collect::<String>())?;
        runner.own_folder(&dir.path().join("mail"))?;
        let mark = dir.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let config = dir.path().join("dovecot.conf");
        fs::write(&config, configuration::text(dir.path(), &mark, ports, options, &runner))?;
        let mut command = Command::new(program);
        command
            .arg("-F")
            .arg("-c")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(fs::File::create(dir.path().join("stderr"))?);
        let process = ServerProcess::spawn(&mut command)?;
        let access = Access { imap_port: imap, imaps_port: imaps, users: options.users.clone(), certificate };
        let mut server = Self { process, dir, ports, access };
        if server.process.wait_until(|| greets(imap, &mark))? {
            Ok(server)
        } else {
            Err(LaunchError::NotUp(server.log()))
        }
    }

    /// Where it speaks POP3 in plain text. Nobody listens there without [`DovecotOptions::pop3`].
    pub fn pop3_port(&self) -> u16 {
        self.ports.pop3
    }

    /// Where it speaks POP3 over TLS. Nobody listens there without [`DovecotOptions::pop3`] and [`DovecotOptions::tls`].
    pub fn pop3s_port(&self) -> u16 {
        self.ports.pop3s
    }

    /// The group of its processes, by number.
    pub fn process_group(&self) -> u32 {
        self.process.group()
    }

    /// What it logged.
    pub fn log(&self) -> String {
        ["stderr", "dovecot.log"]
            .map(|name| fs::read_to_string(self.dir.path().join(name)).unwrap_or_default())
            .concat()
    }
}

impl Drop for Dovecot {
    #[allow(clippy::print_stderr, reason = "belongs to the failure that the test runner prints")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("Dovecot's log:\n{}", self.log());
        }
    }
}

fn find() -> Result<PathBuf, LaunchError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.push(PathBuf::from("/usr/sbin"));
    find_in(folders, Path::new("/usr/lib/dovecot"))
}

fn find_in(folders: Vec<PathBuf>, workers: &Path) -> Result<PathBuf, LaunchError> {
    let remedy = "install Debian's dovecot-imapd and dovecot-pop3d: \
                  sudo apt-get install --no-install-recommends dovecot-imapd dovecot-pop3d; tests/packages does it";
    let master = first_existing(folders.into_iter().map(|folder| folder.join("dovecot")));
    let complete = ["imap", "pop3"].iter().all(|worker| workers.join(worker).exists());
    master.filter(|_| complete).ok_or(LaunchError::Missing { program: "Dovecot", remedy })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_dovecot_is_an_error_that_says_what_to_install() {
        let error = find_in(vec![PathBuf::from("/nowhere")], Path::new("/nowhere")).err();
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("apt-get install") && error.contains("dovecot-imapd"), "{error}");
    }
}
