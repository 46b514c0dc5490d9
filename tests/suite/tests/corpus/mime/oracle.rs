//! What Python's email package sees in each mail.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// A list of addresses, name and addr-spec.
pub(crate) type Addresses = Vec<(String, String)>;

/// One mail. What has two forms has that of `policy.default` and that of the older `compat32`; `None` where reading failed.
#[derive(Debug, Deserialize)]
pub(crate) struct Seen {
    pub(crate) path: String,
    /// The exception that kept Python from reading it.
    pub(crate) failed: Option<String>,
    #[serde(default)]
    pub(crate) subject: Vec<Option<String>>,
    #[serde(default)]
    pub(crate) from: Vec<Option<Addresses>>,
    #[serde(default)]
    pub(crate) to: Vec<Option<Addresses>>,
    #[serde(default)]
    pub(crate) cc: Vec<Option<Addresses>>,
    pub(crate) date: Option<i64>,
    pub(crate) message_id: Option<String>,
    #[serde(default)]
    pub(crate) references: Vec<String>,
    #[serde(default)]
    pub(crate) leaves: Vec<Leaf>,
    /// Whether its own header ended for Python at a line that is no field.
    #[serde(default)]
    pub(crate) ends_early: bool,
    /// The words of lines in headers that Python took for text, since a line before them is no field.
    #[serde(default)]
    pub(crate) spilled: BTreeSet<String>,
}

/// A part that holds no others, or a mail within the mail.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Leaf {
    #[serde(rename = "type")]
    pub(crate) media_type: String,
    pub(crate) name: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) sha256: Option<String>,
    #[serde(default)]
    pub(crate) encoding: String,
    /// Whether it is a mail, whose parts follow.
    #[serde(default)]
    pub(crate) mail: bool,
    /// The words of plain text, and those of HTML that are seen.
    #[serde(default)]
    pub(crate) words: Vec<String>,
    /// Reports that Python cuts into blocks of fields.
    pub(crate) blocks: Option<u64>,
}

/// Lets Python read all files.
pub(crate) fn read(corpus: &Path, files: &[String]) -> BTreeMap<String, Seen> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/mime/read_mails.py");
    // A file, not a pipe: Python answers before it has read all of it.
    let mut list = tempfile::tempfile().expect("a temporary file");
    list.write_all(files.join("\n").as_bytes()).and_then(|()| list.rewind()).expect("a temporary file");
    let mut command = Command::new("python3");
    command.arg(script).arg(corpus).env("PYTHONIOENCODING", "utf-8").env("TZ", "UTC").stdin(list);
    let output = command.output().unwrap_or_else(|error| panic!("python3: {error}: tests/packages installs it"));
    assert!(output.status.success(), "python failed");
    let lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let seen: Vec<Seen> = lines.map(|line| serde_json::from_slice(line).expect("a line of JSON")).collect();
    assert_eq!(seen.len(), files.len());
    seen.into_iter().map(|mail| (mail.path.clone(), mail)).collect()
}
