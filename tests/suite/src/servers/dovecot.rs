//! A private Dovecot: its own configuration, mail and logs in a temporary folder, one free port on loopback.

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::LaunchError;

/// How it is set up.
#[derive(Clone, Debug, Default)]
pub struct DovecotOptions {
    /// What it claims to be able to do before the login, in place of the truth: to take extensions away.
    pub capability: Option<String>,
}

/// A running Dovecot. It is killed, with all its processes, when this is dropped.
pub struct Dovecot {
    dir: TempDir,
    port: u16,
    child: Child,
}

impl Dovecot {
    /// The password of every user. Any user name logs in and has an empty mailbox at first.
    pub const PASSWORD: &'static str = "secret";

    /// Starts one and waits until it answers.
    ///
    /// # Errors
    /// [`LaunchError`].
    pub fn start(options: &DovecotOptions) -> Result<Self, LaunchError> {
        let program = find("dovecot")?;
        if !Path::new("/usr/lib/dovecot/imap").exists() {
            return Err(LaunchError::Missing { program: "dovecot's imap", package: "dovecot-imapd" });
        }
        let dir = tempfile::Builder::new().prefix("dovecot-").tempdir()?;
        // Its unprivileged processes must be able to pass.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755))?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let config = dir.path().join("dovecot.conf");
        fs::write(&config, configuration(dir.path(), port, options))?;
        fs::create_dir(dir.path().join("mail"))?;
        if is_root() {
            // Mail belongs to nobody there, as the configuration says.
            std::os::unix::fs::chown(dir.path().join("mail"), Some(65534), Some(65534))?;
        }
        let child = Command::new(program)
            .args(["-F", "-c"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut server = Self { dir, port, child };
        server.wait_until_up()?;
        Ok(server)
    }

    /// Where it listens, in plain text, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("dovecot.log")).unwrap_or_default()
    }

    fn wait_until_up(&mut self) -> Result<(), LaunchError> {
        for _ in 0..100 {
            if self.child.try_wait()?.is_some() {
                break;
            }
            if greets(self.port) {
                return Ok(());
            }
            pause(Duration::from_millis(50));
        }
        Err(LaunchError::NotUp(self.log()))
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        // The master ends its children itself when it is asked to.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        for _ in 0..60 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            pause(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a greeting comes: a port that accepts is not yet a server that answers.
fn greets(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let mut first = [0; 4];
    let patient = stream.set_read_timeout(Some(Duration::from_secs(5))).is_ok();
    patient && stream.read_exact(&mut first).is_ok() && first == *b"* OK"
}

#[allow(
    clippy::disallowed_methods,
    reason = "waits for a process of the operating system, which no paused clock moves"
)]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

fn find(program: &'static str) -> Result<PathBuf, LaunchError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let mut found = folders.map(|folder| folder.join(program)).filter(|file| file.exists());
    found.next().ok_or(LaunchError::Missing { program, package: "dovecot-imapd" })
}

fn configuration(dir: &Path, port: u16, options: &DovecotOptions) -> String {
    let dir = dir.display();
    let mut text = format!(
        "base_dir = {dir}/run\nstate_dir = {dir}/run\nlog_path = {dir}/dovecot.log\nprotocols = imap\n\
         listen = 127.0.0.1\nssl = no\ndisable_plaintext_auth = no\nauth_mechanisms = plain login\n\
         auth_failure_delay = 0\nfirst_valid_uid = 1\nmail_fsync = never\n\
         mail_location = maildir:{dir}/mail/%u/Maildir\n\
         passdb {{\n  driver = static\n  args = password={}\n}}\n\
         service imap-login {{\n  inet_listener imap {{\n    port = {port}\n  }}\n  inet_listener imaps {{\n    port = 0\n  }}\n}}\n\
         namespace inbox {{\n  inbox = yes\n  separator = /\n  mailbox Sent {{\n    special_use = \\Sent\n    auto = subscribe\n  }}\n\
         mailbox Trash {{\n    special_use = \\Trash\n    auto = subscribe\n  }}\n}}\n",
        Dovecot::PASSWORD
    );
    if is_root() {
        let _ = write!(
            text,
            "mail_uid = 65534\nmail_gid = 65534\nuserdb {{\n  driver = static\n  args = uid=65534 gid=65534 home={dir}/mail/%u\n}}\n"
        );
    } else {
        let user = std::env::var("USER").unwrap_or_else(|_| "nobody".to_owned());
        let _ = write!(
            text,
            "default_internal_user = {user}\ndefault_login_user = {user}\nuserdb {{\n  driver = static\n  args = home={dir}/mail/%u\n}}\n\
             service anvil {{\n  chroot =\n}}\nservice imap-login {{\n  chroot =\n}}\n"
        );
    }
    if let Some(capability) = &options.capability {
        let _ = write!(text, "protocol imap {{\n  imap_capability = {capability}\n}}\n");
    }
    text
}
