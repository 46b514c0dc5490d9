//! Files for the person: what is saved of a mail, wherever they want it.

use std::fs::{File, canonicalize, metadata, remove_file};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{StoreError, disk};

/// Lets `pour` write a file, and puts it in its place once it is whole and on disk: what was there before stays until then, and
/// for good where anything fails. A device or a pipe is written to directly.
///
/// # Errors
/// Those of `pour`; [`StoreError::Full`], [`StoreError::ReadOnly`], [`StoreError::Io`].
pub fn save_file(to: &Path, pour: impl FnOnce(&mut dyn Write) -> Result<u64, StoreError>) -> Result<u64, StoreError> {
    let to = match metadata(to) {
        Ok(found) if found.is_dir() => return Err(StoreError::Io(ErrorKind::IsADirectory)),
        Ok(found) if !found.is_file() => return pour(&mut File::options().write(true).open(to)?),
        // A link goes on to lead where it did.
        Ok(_) => canonicalize(to)?,
        Err(_) => to.to_owned(),
    };
    let (file, path) = new_beside(&to)?;
    let mut saving = Saving { file, path: &path };
    let saved = pour(&mut saving).and_then(|size| {
        disk::sync(&saving.file, &path)?;
        disk::rename(&path, &to)?;
        Ok(size)
    });
    if saved.is_err() {
        // Half a file is of no use, and takes room that may be what is missing.
        let _ = remove_file(&path);
    }
    saved
}

struct Saving<'a> {
    file: File,
    path: &'a Path,
}

impl Write for Saving<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        disk::append(&mut self.file, self.path, bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A new file in the same folder, which is what makes the renaming one step.
fn new_beside(to: &Path) -> io::Result<(File, PathBuf)> {
    static BEGUN: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = BEGUN.fetch_add(1, Ordering::Relaxed);
        let path = to.with_file_name(format!(".postrider-{}-{number}.part", std::process::id()));
        match disk::create_new(&path) {
            // Another process had this id, and was killed.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            created => return Ok((created?, path)),
        }
    }
}

#[cfg(test)]
#[path = "save_tests.rs"]
mod tests;
