//! Recorded sessions, and what they say.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use postrider::imap::StatusKind;
use serde_json::Value;

/// A session of a client with a server.
#[derive(Clone)]
pub(crate) struct Recorded {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
}

/// What the server said to one command; to the connection itself in the first step.
#[derive(Clone)]
pub(crate) struct Step {
    /// The kind of command: `UID FETCH`, and `SELECT` for EXAMINE too.
    pub(crate) kind: String,
    answer: Vec<u8>,
}

/// In the recordings this stands for the tag of the command that is answered.
const TAG: &str = "A########";

/// Says something even where the harness captures output.
pub(crate) fn say(text: &str) {
    std::io::stderr().write_all(format!("\n{text}\n").as_bytes()).expect("stderr");
}

/// All recorded sessions, or `None`, said plainly, where there is no corpus.
pub(crate) fn sessions() -> Option<Vec<Recorded>> {
    let Some(corpus) = std::env::var_os("POSTRIDER_CORPUS").map(PathBuf::from) else {
        say("corpus suite not run: POSTRIDER_CORPUS is not set");
        return None;
    };
    let folder = corpus.join("imap-transcripts/mailkit");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder.join("sessions")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    Some(files.iter().filter_map(|file| session(&folder, file)).collect())
}

/// A session as it lies in a file; `None` where its greeting was computed and not recorded.
fn session(folder: &Path, file: &Path) -> Option<Recorded> {
    let recorded: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let mut steps: Vec<Step> = Vec::new();
    for step in recorded["steps"].as_array().unwrap() {
        let command = step["client"].as_str().unwrap_or_default();
        let answer = match (step["server_file"].as_str(), step["server"].as_str(), step["server_result"].as_str()) {
            (Some(name), ..) => fs::read(folder.join("responses").join(name)).unwrap(),
            (_, Some(text), _) => text.as_bytes().to_vec(),
            (.., Some("Plus")) => b"+ go on\r\n".to_vec(),
            (.., Some(result)) => format!("{TAG} {result} done\r\n").into_bytes(),
            // Computed by the test that it was taken from.
            _ if steps.is_empty() => return None,
            _ => continue,
        };
        match steps.last_mut() {
            // What comes after the client went on with the same command belongs to that.
            Some(asked) if asked.answer.starts_with(b"+") => asked.answer.extend(wire(&answer)),
            _ => steps.push(Step { kind: kind(command), answer: wire(&answer) }),
        }
    }
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Some(Recorded { name, steps })
}

/// Line ends as on the wire.
fn wire(text: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(text.len());
    for (index, byte) in text.iter().enumerate() {
        if *byte == b'\n' && (index == 0 || text[index - 1] != b'\r') {
            wire.push(b'\r');
        }
        wire.push(*byte);
    }
    wire
}

/// The kind of a command line.
pub(crate) fn kind(line: &str) -> String {
    let mut words = line.split_ascii_whitespace().skip(1).map(str::to_ascii_uppercase);
    match words.next().as_deref() {
        Some("UID") => format!("UID {}", words.next().unwrap_or_default()),
        Some("EXAMINE" | "SELECT") => "SELECT".to_owned(),
        Some(word) => word.to_owned(),
        None => String::new(),
    }
}

impl Step {
    /// The answer to the command with this tag.
    pub(crate) fn answer(&self, tag: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.answer.len());
        for line in self.answer.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_prefix(TAG.as_bytes()) {
                Some(rest) => {
                    out.extend_from_slice(tag.as_bytes());
                    out.extend_from_slice(rest);
                }
                None => out.extend_from_slice(line),
            }
        }
        out
    }

    /// How the answer ends, where it does.
    pub(crate) fn status(&self) -> Option<StatusKind> {
        let mut lines = self.answer.split(|byte| *byte == b'\n').rev();
        let last = lines.find_map(|line| line.strip_prefix(TAG.as_bytes()))?;
        let word = String::from_utf8_lossy(last).trim_start().to_ascii_uppercase();
        [("OK", StatusKind::Ok), ("NO", StatusKind::No), ("BAD", StatusKind::Bad)]
            .into_iter()
            .find_map(|(name, kind)| word.starts_with(name).then_some(kind))
    }

    /// Whether the recording does not say how the command ended: the connection closes then.
    pub(crate) fn is_left_open(&self) -> bool {
        self.status().is_none()
    }

    pub(crate) fn says_goodbye(&self) -> bool {
        self.answer.to_ascii_uppercase().windows(6).any(|here| here == b"* BYE ")
    }

    pub(crate) fn is_greeting_of_a_login(&self) -> bool {
        self.answer.to_ascii_uppercase().starts_with(b"* PREAUTH")
    }
}
