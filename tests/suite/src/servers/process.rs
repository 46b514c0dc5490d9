//! A server's processes as one thing that ends for certain.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

/// Waits until its input ends, which is when the guard is dropped or the test process dies in whatever way. Then it ends
/// the whole group, with no farewell: what the server held is thrown away too.
const WATCHMAN: &str = r#"read -r _; kill -s KILL -- "-$1" 2>/dev/null"#;

/// How long one look at a process waits for the next.
const LOOK: Duration = Duration::from_millis(5);

/// A server with all its children: one process group.
pub(super) struct ServerProcess {
    master: Child,
    watchman: Child,
    /// Closing it wakes the watchman.
    line: Option<ChildStdin>,
}

impl ServerProcess {
    /// Starts the master of a server, which must stay in the foreground.
    pub(super) fn spawn(command: &mut Command) -> io::Result<Self> {
        let mut master = command.stdin(Stdio::null()).process_group(0).spawn()?;
        let watchman = Command::new("sh")
            .args(["-c", WATCHMAN, "watchman", &master.id().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        match watchman {
            Ok(mut watchman) => {
                let line = watchman.stdin.take();
                Ok(Self { master, watchman, line })
            }
            Err(error) => {
                let _ = master.kill();
                let _ = master.wait();
                Err(error)
            }
        }
    }

    /// The group of the server's processes, by the number of its master.
    pub(super) fn group(&self) -> u32 {
        self.master.id()
    }

    /// Waits until `up` says so; `false` where the master ended before, or ten seconds passed.
    pub(super) fn wait_until(&mut self, up: impl Fn() -> bool) -> io::Result<bool> {
        for _ in 0..2000 {
            if self.master.try_wait()?.is_some() {
                return Ok(false);
            }
            if up() {
                return Ok(true);
            }
            pause();
        }
        Ok(false)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        drop(self.line.take());
        let _ = self.watchman.wait();
        // Where someone ended the watchman, the master at least shall not stay.
        let _ = self.master.kill();
        let _ = self.master.wait();
        // The others are init's now; a folder that they still write to could not be removed.
        for _ in 0..400 {
            if !anyone_in(self.group()) {
                return;
            }
            pause();
        }
    }
}

/// Whether a process of this group runs. Dead ones that init has not reaped do not count.
fn anyone_in(group: u32) -> bool {
    let group = group.to_string();
    let Ok(processes) = fs::read_dir("/proc") else { return false };
    processes.flatten().any(|process| {
        let stat = fs::read_to_string(process.path().join("stat")).unwrap_or_default();
        // After the name, which may hold anything: state, parent, group.
        let mut fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
        fields.next() != Some("Z") && fields.nth(1) == Some(group.as_str())
    })
}

#[allow(
    clippy::disallowed_methods,
    reason = "waits for a process of the operating system, which no paused clock moves"
)]
fn pause() {
    std::thread::sleep(LOOK);
}

#[cfg(test)]
#[path = "process_tests.rs"]
mod tests;
