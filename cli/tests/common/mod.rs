//! The program, run as people and scripts run it, and a server for it.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use base64::Engine as _;
use postrider_model::fault::Link;
use postrider_model::profile::Profile;
use postrider_model::world::{NewMessage, Rival, World};
use postrider_model::{Listening, ModelServer, Security};
use serde_json::Value;
use tempfile::TempDir;

pub const USER: &str = "mara@postrider.example";
pub const PASSWORD: &str = "correct horse";

/// A machine with nothing on it but the program.
pub struct Machine {
    pub folder: TempDir,
}

impl Machine {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// The program with these arguments, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_postrider"));
        command.args(arguments).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env("POSTRIDER_DATA", self.data()).env("TZ", "UTC").env("TMPDIR", self.folder.path());
        // Tests leave the keyring of whoever runs them alone.
        command.env("POSTRIDER_KEYRING", "off");
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran(self.command(arguments).output().unwrap())
    }

    /// As [`Machine::run`], with the most memory that the program ever held, in KiB: 0 where the system does not tell.
    #[allow(clippy::disallowed_methods, reason = "it looks at another process in real time")]
    pub fn measure(&self, arguments: &[&str]) -> (Ran, u64) {
        let mut command = self.command(arguments);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let status = format!("/proc/{}/status", child.id());
        let watch = std::thread::spawn(move || {
            let mut peak = 0;
            // The kernel keeps the peak itself: looking now and then misses no more than the very last moment.
            while let Some(now) = peak_of(&status) {
                peak = peak.max(now);
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            peak
        });
        let ran = Ran(child.wait_with_output().unwrap());
        (ran, watch.join().unwrap())
    }

    /// With this on standard input.
    pub fn feed(&self, arguments: &[&str], input: &str) -> Ran {
        feed(&mut self.command(arguments), input)
    }

    /// Adds the account of the test's server.
    pub fn add_account(&self, server: &Server) {
        let line = ["account", "add", USER, "--name", "home", "--imap", &server.url(), "--allow-plaintext"];
        let added = self.feed(&[&line[..], &["--password-stdin"]].concat(), &format!("{PASSWORD}\n"));
        assert_eq!(added.code(), 0, "{}", added.err());
    }
}

/// Runs the command with this on standard input.
pub fn feed(command: &mut Command, input: &str) -> Ran {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // One that does not read its input has ended.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Ran(child.wait_with_output().unwrap())
}

/// How a run ended.
pub struct Ran(pub Output);

impl Ran {
    pub fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// Standard output as objects; the run must have succeeded.
    pub fn objects(&self) -> Vec<Value> {
        assert_eq!(self.code(), 0, "{}", self.err());
        objects(&self.out())
    }

    /// The one object on standard error.
    pub fn error(&self) -> Value {
        let found = objects(&self.err());
        assert_eq!(found.len(), 1, "{}", self.err());
        found.into_iter().next().unwrap()
    }
}

/// The peak of resident memory in what Linux tells of a process; `None` once it has ended.
fn peak_of(status: &str) -> Option<u64> {
    let text = std::fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

pub fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

pub fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A mail server on the loopback, with one account.
pub struct Server {
    pub person: Rival,
    pub model: ModelServer,
    address: String,
    listening: Option<Listening>,
}

impl Server {
    pub async fn start() -> Self {
        Self::of(Profile::full()).await
    }

    /// A server of these ways.
    pub async fn of(profile: Profile) -> Self {
        let world = World::new();
        let person = profile.layout.furnish(&world, USER, PASSWORD).unwrap();
        let model = ModelServer::new(world, profile);
        let listening = model.listen("127.0.0.1:0", Security::Plain).await.unwrap();
        Self { person, model, address: listening.address().to_string(), listening: Some(listening) }
    }

    pub fn url(&self) -> String {
        format!("imap+plain://{}", self.address)
    }

    /// The server's URL behind a link: every connection has its faults. Nobody listens there after the test.
    pub async fn behind(&self, link: Link) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("imap+plain://{}", listener.local_addr().unwrap());
        let model = self.model.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (mut inner, _control) = model.connect_over(link);
                // It breaks: that is what it is for.
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut inner).await;
            }
        });
        url
    }

    pub fn cut(&mut self) {
        self.listening = None;
    }

    pub fn deliver(&self, mailbox: &str, mail: &[u8]) {
        self.person.deliver(mailbox, NewMessage::new(mail)).unwrap();
    }
}

/// Whether any file below the folder holds these bytes.
pub fn holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, bytes);
        }
        std::fs::read(path).unwrap().windows(bytes.len()).any(|window| window == bytes)
    })
}
