//! A Maildir. Names are made of our ids, so that a later run finds what an earlier one wrote.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use postrider::api::{MessageRow, RawMail};

use super::pour;
use super::unix_lines::UnixLines;
use crate::exit::Failure;

/// Stands before the flags; a colon cannot be in a name on Windows.
const INFO: &str = if cfg!(windows) { ";2," } else { ":2," };

/// A Maildir, and what was in it.
pub(super) struct Maildir {
    dir: PathBuf,
    /// Names in `cur`, by what stands before the flags.
    there: BTreeMap<String, String>,
}

impl Maildir {
    pub(super) fn open(dir: &Path) -> Result<Self, Failure> {
        let mut there = BTreeMap::new();
        let mut open = || -> io::Result<()> {
            for sub in ["cur", "new", "tmp"] {
                fs::create_dir_all(dir.join(sub))?;
            }
            for entry in fs::read_dir(dir.join("cur"))? {
                if let Ok(name) = entry?.file_name().into_string() {
                    let base = name.split_once(INFO).map_or(name.as_str(), |(base, _)| base).to_owned();
                    there.insert(base, name);
                }
            }
            Ok(())
        };
        open().map_err(|error| Failure::io(dir.display(), &error))?;
        Ok(Self { dir: dir.to_owned(), there })
    }

    /// Whether an earlier run wrote the message; its name then gets the flags of now.
    pub(super) fn has(&self, row: &MessageRow) -> Result<bool, Failure> {
        let Some(old) = self.there.get(&base(row)) else { return Ok(false) };
        let cur = self.dir.join("cur");
        let (old, new) = (cur.join(old), cur.join(name(row)));
        if old != new {
            fs::rename(&old, &new).map_err(|error| Failure::io(old.display(), &error))?;
        }
        Ok(true)
    }

    /// Writes a message into `tmp` and moves it when it is whole, as Maildir prescribes.
    pub(super) fn add(&self, row: &MessageRow, mail: &RawMail) -> Result<(), Failure> {
        let partial = self.dir.join("tmp").join(base(row));
        let failed = |error: io::Error| Failure::io(partial.display(), &error);
        let mut file = BufWriter::new(File::create(&partial).map_err(failed)?);
        let mut lines = UnixLines::new(&mut file, false);
        pour(mail, &mut lines, &partial)?;
        lines.finish().and_then(|()| file.flush()).map_err(failed)?;
        fs::rename(&partial, self.dir.join("cur").join(name(row))).map_err(failed)
    }
}

fn base(row: &MessageRow) -> String {
    format!("{}.{}.postrider", row.date.0, row.id)
}

/// The name with the flags, in the order of their letters.
fn name(row: &MessageRow) -> String {
    let letters =
        [('D', "draft"), ('F', "flagged"), ('P', "$Forwarded"), ('R', "answered"), ('S', "seen"), ('T', "deleted")];
    let has = |name: &str| row.flags.iter().any(|flag| flag.eq_ignore_ascii_case(name));
    let flags: String = letters.into_iter().filter(|(_, name)| has(name)).map(|(letter, _)| letter).collect();
    format!("{}{INFO}{flags}", base(row))
}
