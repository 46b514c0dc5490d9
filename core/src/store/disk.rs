//! What the store does to files of its own, beside the database: written, synced, renamed. In tests, every step is noted
//! in order and can be made to fail.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

/// Makes a file with these bytes, for its owner alone, and puts it on disk.
pub(super) fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    step("create", path)?;
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    step("write", path)?;
    file.write_all(bytes)?;
    sync(&file, path)
}

/// Makes a file where there is none.
pub(super) fn create_new(path: &Path) -> io::Result<File> {
    step("create", path)?;
    File::create_new(path)
}

/// Puts what was written to a file on disk.
pub(super) fn sync(file: &File, path: &Path) -> io::Result<()> {
    step("sync", path)?;
    file.sync_all()
}

/// Gives a file another name, in place of whatever had it.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    step("rename", to)?;
    std::fs::rename(from, to)
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    step("sync folder", folder)?;
    // Windows neither needs nor allows it.
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Appends to a file.
pub(super) fn append(file: &mut File, path: &Path, bytes: &[u8]) -> io::Result<()> {
    step("append", path)?;
    file.write_all(bytes)
}

#[cfg(not(test))]
fn step(_what: &str, _path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
use probe::step;

/// What tests see and stop. Each thread has its own: the inline store does everything on the caller's.
#[cfg(test)]
pub(super) mod probe {
    use std::cell::RefCell;
    use std::io;
    use std::path::Path;

    #[derive(Default)]
    struct Probe {
        steps: Vec<String>,
        fail: Option<(usize, io::ErrorKind)>,
    }

    thread_local! {
        static PROBE: RefCell<Probe> = RefCell::default();
    }

    /// Forgets what was noted; lets the step after `good` more fail, once.
    pub(in crate::store) fn reset(fail: Option<(usize, io::ErrorKind)>) {
        PROBE.with_borrow_mut(|probe| *probe = Probe { steps: Vec::new(), fail });
    }

    /// Notes what happens elsewhere: a commit.
    pub(in crate::store) fn note(step: &str) {
        PROBE.with_borrow_mut(|probe| probe.steps.push(step.to_owned()));
    }

    /// What was done since [`reset`].
    pub(in crate::store) fn steps() -> Vec<String> {
        PROBE.with_borrow(|probe| probe.steps.clone())
    }

    pub(super) fn step(what: &str, path: &Path) -> io::Result<()> {
        PROBE.with_borrow_mut(|probe| {
            match &mut probe.fail {
                Some((0, kind)) => {
                    let kind = *kind;
                    probe.fail = None;
                    return Err(kind.into());
                }
                Some((good, _)) => *good -= 1,
                None => {}
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let kind = if name.len() == 64 { "hash" } else { name.rsplit('.').next().unwrap_or_default() };
            probe.steps.push(format!("{what} {kind}"));
            Ok(())
        })
    }
}
