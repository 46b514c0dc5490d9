//! Where the programs of Cyrus lie. Debian does not install Cyrus beside Dovecot, so `tests/run` unpacks its packages into
//! a folder of the repository.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::servers::LaunchError;

/// Names another folder with the unpacked packages.
const OVERRIDE: &str = "POSTRIDER_CYRUS";

/// A folder that Debian's packages of Cyrus are unpacked in, `/` where they are installed.
pub(super) struct Programs(PathBuf);

impl Programs {
    pub(super) fn find() -> Result<Self, LaunchError> {
        let unpacked = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/servers/cyrus");
        match std::env::var_os(OVERRIDE) {
            Some(folder) => Self::among([PathBuf::from(folder)]),
            None => Self::among([unpacked, PathBuf::from("/")]),
        }
    }

    fn among(roots: impl IntoIterator<Item = PathBuf>) -> Result<Self, LaunchError> {
        let remedy = "Debian's cyrus-imapd and cyrus-common must be unpacked below target/servers/cyrus, which \
                      tests/packages does; POSTRIDER_CYRUS names another folder";
        let programs = roots.into_iter().map(Self);
        let mut complete = programs.filter(|own| ["master", "imapd"].iter().all(|name| own.file(name).exists()));
        complete.next().ok_or(LaunchError::Missing { program: "Cyrus IMAP", remedy })
    }

    /// A program, by name.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join("usr/lib/cyrus/bin").join(name)
    }

    /// The folders with the libraries that came with it, as `LD_LIBRARY_PATH` names them.
    pub(super) fn libraries(&self) -> OsString {
        let folders =
            ["usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu", "usr/lib"].map(|folder| self.0.join(folder));
        let present: Vec<_> = folders.into_iter().filter(|folder| folder.exists()).collect();
        std::env::join_paths(present).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_cyrus_is_an_error_that_says_what_brings_it() {
        let error =
            Programs::among([PathBuf::from("/nowhere")]).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("cyrus-imapd") && error.contains("tests/packages"), "{error}");
    }
}
