//! As whom a server runs here.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;
use std::process::Command;

/// `nobody` and `nogroup`, which every Debian has under this number.
const NOBODY: u32 = 65534;

/// The user and group that own the mail.
#[derive(Clone, Debug)]
pub(super) struct Runner {
    /// Whether the tests run as root, so that the server gives its rights away.
    pub(super) root: bool,
    /// The user that the server's workers run as.
    pub(super) user: String,
    /// Its group.
    pub(super) group: String,
}

impl Runner {
    /// As whom servers run in this process.
    pub(super) fn here() -> io::Result<Self> {
        if fs::metadata("/proc/self")?.uid() == 0 {
            return Ok(Self { root: true, user: "nobody".to_owned(), group: "nogroup".to_owned() });
        }
        Ok(Self { root: false, user: id("-un")?, group: id("-gn")? })
    }

    /// Makes a folder that the server's workers own.
    pub(super) fn own_folder(&self, folder: &Path) -> io::Result<()> {
        fs::create_dir(folder)?;
        self.own(folder)
    }

    /// Gives a file or folder to the server's workers.
    pub(super) fn own(&self, path: &Path) -> io::Result<()> {
        if self.root { chown(path, Some(NOBODY), Some(NOBODY)) } else { Ok(()) }
    }
}

/// Lets everybody pass through a folder: the server's workers are not who made it.
pub(super) fn open_to_all(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

fn id(what: &str) -> io::Result<String> {
    let output = Command::new("id").arg(what).output()?;
    let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && !name.is_empty() { Ok(name) } else { Err(io::ErrorKind::NotFound.into()) }
}
