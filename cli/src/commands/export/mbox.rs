//! An mbox file in its mboxrd form: what was quoted can be told from what stood so.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use postrider::api::{MessageRow, RawMail, Timestamp};

use super::pour;
use super::unix_lines::UnixLines;
use crate::exit::Failure;

/// A file being written under another name: it appears when it is whole.
pub(super) struct Mbox {
    file: PathBuf,
    to: BufWriter<tempfile::NamedTempFile<File>>,
}

impl Mbox {
    pub(super) fn create(file: &Path) -> Result<Self, Failure> {
        if fs::symlink_metadata(file).is_ok() {
            return Err(Failure::exists(file.display()));
        }
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let partial = tempfile::NamedTempFile::new_in(folder).map_err(|error| Failure::io(folder.display(), &error))?;
        Ok(Self { file: file.to_owned(), to: BufWriter::new(partial) })
    }

    pub(super) fn add(&mut self, row: &MessageRow, mail: &RawMail) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::io(self.file.display(), &error);
        writeln!(self.to, "{}", from_line(row)).map_err(failed)?;
        let mut lines = UnixLines::new(&mut self.to, true);
        pour(mail, &mut lines, &self.file)?;
        lines.finish().and_then(|()| self.to.write_all(b"\n")).map_err(failed)
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure::io(self.file.display(), &error);
        let whole = self.to.into_inner().map_err(|error| failed(error.into_error()))?;
        whole.as_file().sync_all().map_err(failed)?;
        whole.persist_noclobber(&self.file).map(drop).map_err(|error| failed(error.error))
    }
}

/// The line before each mail (RFC 4155): who it is from, and when.
fn from_line(row: &MessageRow) -> String {
    let email = row.from.first().map_or("", |from| from.email.as_str());
    let sender =
        if email.is_empty() || !email.bytes().all(|byte| byte.is_ascii_graphic()) { "MAILER-DAEMON" } else { email };
    format!("From {sender} {}", asctime(row.date))
}

fn asctime(time: Timestamp) -> String {
    let time = jiff::Timestamp::from_second(time.clamped().0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%a %b %e %H:%M:%S %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_the_from_line_is_in_utc_in_the_form_of_asctime() {
        assert_eq!(asctime(Timestamp(1_772_528_400)), "Tue Mar  3 09:00:00 2026");
    }
}
