//! A private Cyrus IMAP.

mod configuration;
mod passwords;
mod programs;

use std::fs;
use std::ops::Deref;
use std::process::Command;

use tempfile::TempDir;

use super::launch::{free_ports, greets, with_retries};
use super::process::ServerProcess;
use super::runner::{Runner, open_to_all};
use super::{Access, Certificate, LaunchError, User};
use passwords::PasswordDesk;
use programs::Programs;

/// How it is set up. The default is as Cyrus comes: `.` between the parts of a name, mailboxes below `INBOX.`.
#[derive(Clone, Debug)]
pub struct CyrusOptions {
    /// Who may log in.
    pub users: Vec<User>,
    /// Mailboxes beside INBOX instead of below it, under no prefix.
    pub altnamespace: bool,
    /// `/` between the parts of a name instead of `.`.
    pub unixhierarchysep: bool,
    /// Mailboxes that are there from the first login on, each with its special use, such as `("Sent", "\\Sent")`.
    pub special_use: Vec<(String, String)>,
    /// Extensions to leave out of its announcement, by name.
    pub suppressed: Vec<String>,
    /// Whether it has a certificate: STARTTLS, and TLS from the start on a port of its own.
    pub tls: bool,
}

impl Default for CyrusOptions {
    fn default() -> Self {
        let uses = ["Archive", "Drafts", "Junk", "Sent", "Trash"];
        Self {
            users: User::usual(),
            altnamespace: false,
            unixhierarchysep: false,
            special_use: uses.iter().map(|name| ((*name).to_owned(), format!("\\{name}"))).collect(),
            suppressed: Vec::new(),
            tls: false,
        }
    }
}

impl CyrusOptions {
    /// Names as most servers have them: `/`, and nothing before them.
    pub fn plain_names() -> Self {
        Self { altnamespace: true, unixhierarchysep: true, ..Self::default() }
    }
}

/// A running Cyrus. It ends, with all its processes, when this is dropped or the test process dies.
pub struct Cyrus {
    // Ends before the passwords go and the folder is removed: fields are dropped in this order.
    process: ServerProcess,
    _passwords: PasswordDesk,
    dir: TempDir,
    access: Access,
}

impl Deref for Cyrus {
    type Target = Access;

    fn deref(&self) -> &Access {
        &self.access
    }
}

impl Cyrus {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    /// [`LaunchError`]: it is not here, or it did not come up.
    pub fn start(options: &CyrusOptions) -> Result<Self, LaunchError> {
        let programs = Programs::find()?;
        with_retries(|| Self::start_once(&programs, options))
    }

    fn start_once(programs: &Programs, options: &CyrusOptions) -> Result<Self, LaunchError> {
        let runner = Runner::here()?;
        let dir = tempfile::Builder::new().prefix("cyrus-").tempdir()?;
        open_to_all(dir.path())?;
        let [imap_port, imaps_port] = free_ports()?;
        let certificate = options.tls.then(Certificate::new).transpose()?;
        for folder in ["state", "state/socket", "spool", "passwords"] {
            runner.own_folder(&dir.path().join(folder))?;
        }
        if let Some(certificate) = &certificate {
            for (name, pem) in [("cert.pem", &certificate.server_pem), ("key.pem", &certificate.key_pem)] {
                fs::write(dir.path().join(name), pem)?;
                runner.own(&dir.path().join(name))?;
            }
        }
        let mark = dir.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let config = dir.path().join("imapd.conf");
        fs::write(&config, configuration::imapd(dir.path(), &mark, options, &runner))?;
        let services = dir.path().join("cyrus.conf");
        fs::write(&services, configuration::services(&config, programs, imap_port, options.tls.then_some(imaps_port)))?;
        let passwords = PasswordDesk::open(&dir.path().join("passwords/mux"), &options.users)?;
        let log = fs::File::create(dir.path().join("log"))?;
        let mut command = Command::new(programs.file("master"));
        command.arg("-D").arg("-C").arg(&config).arg("-M").arg(&services).arg("-p").arg(dir.path().join("state/pid"));
        command.env("LD_LIBRARY_PATH", programs.libraries()).stdout(log.try_clone()?).stderr(log);
        let process = ServerProcess::spawn(&mut command)?;
        let access = Access { imap_port, imaps_port, users: options.users.clone(), certificate };
        let mut server = Self { process, _passwords: passwords, dir, access };
        if server.process.wait_until(|| greets(imap_port, &mark))? {
            Ok(server)
        } else {
            Err(LaunchError::NotUp(server.log()))
        }
    }

    /// The group of its processes, by number.
    pub fn process_group(&self) -> u32 {
        self.process.group()
    }

    /// What it wrote on its standard error; the rest of its log goes to syslog, which a private server has not.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Cyrus {
    #[allow(clippy::print_stderr, reason = "belongs to the failure that the test runner prints")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("Cyrus's log:\n{}", self.log());
        }
    }
}
