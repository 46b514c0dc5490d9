//! One owner at a time: a lock file that the operating system releases when its owner dies (I19).

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use super::StoreError;

/// How often a lock that is held is tried again, and after how long: one outlives its owner for a moment where that has just
/// died, or is starting another program, which has it until it runs.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(20);

/// Held as long as the store is open for writing.
#[derive(Debug)]
pub(super) struct StoreLock {
    _file: File,
}

impl StoreLock {
    pub(super) fn acquire(dir: &Path) -> Result<Self, StoreError> {
        let path = dir.join("postrider.lock");
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut tries = 0;
        while let Err(error) = file.try_lock() {
            match error {
                TryLockError::WouldBlock if tries < TRIES => {
                    tries += 1;
                    wait();
                }
                TryLockError::WouldBlock => return Err(StoreError::InUse { pid: read_pid(&mut file) }),
                TryLockError::Error(error) => return Err(error.into()),
            }
        }
        file.set_len(0)?;
        file.rewind()?;
        // The pid is for people: the lock holds whether or not it can be written.
        let _ = write!(file, "{}", std::process::id());
        Ok(Self { _file: file })
    }
}

#[allow(clippy::disallowed_methods, reason = "opening a store blocks as it is, and reads no clock")]
fn wait() {
    std::thread::sleep(PAUSE);
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
