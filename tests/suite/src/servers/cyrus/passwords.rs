//! Who may log in, answered as saslauthd answers: Cyrus asks over a socket, so no password database has to be made and
//! no program for it installed.

use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::servers::User;

/// A thread that answers until this is dropped.
pub(super) struct PasswordDesk {
    socket: PathBuf,
    closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl PasswordDesk {
    #[allow(clippy::disallowed_methods, reason = "stands in for a process of its own, outside every runtime")]
    pub(super) fn open(socket: &Path, users: &[User]) -> io::Result<Self> {
        let listener = UnixListener::bind(socket)?;
        std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o777))?;
        let closing = Arc::new(AtomicBool::new(false));
        let (users, seen) = (users.to_vec(), Arc::clone(&closing));
        let thread = std::thread::spawn(move || {
            for caller in listener.incoming() {
                if seen.load(Ordering::SeqCst) {
                    return;
                }
                // A caller that breaks off gets no answer; the others do.
                let _ = caller.and_then(|caller| answer(caller, &users));
            }
        });
        Ok(Self { socket: socket.to_owned(), closing, thread: Some(thread) })
    }
}

impl Drop for PasswordDesk {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        // Wakes the thread, so that it sees that it is over.
        if UnixStream::connect(&self.socket).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
    }
}

/// One question: user, password, service, realm, each with its length before it. One answer in the same form.
fn answer(mut caller: UnixStream, users: &[User]) -> io::Result<()> {
    caller.set_read_timeout(Some(Duration::from_secs(5)))?;
    let [user, password, _service, realm] =
        [field(&mut caller)?, field(&mut caller)?, field(&mut caller)?, field(&mut caller)?];
    let known = users.iter().any(|known| {
        // Cyrus leaves its default domain out of the name, and gives another one apart.
        let (local, domain) = known.name.split_once('@').unwrap_or((&known.name, ""));
        let named = user == known.name.as_bytes()
            || (user == local.as_bytes() && (realm.is_empty() || realm == domain.as_bytes()));
        named && password == known.password.as_bytes()
    });
    let reply: &[u8] = if known { b"\0\x02OK" } else { b"\0\x02NO" };
    caller.write_all(reply)
}

fn field(caller: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 2];
    caller.read_exact(&mut length)?;
    let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
    caller.read_exact(&mut bytes)?;
    Ok(bytes)
}
