//! Reads two corpora of real and odd mails. Runs where `POSTRIDER_CORPUS` names their folder; they are others' work and no
//! part of this repository.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod compare;
mod expected;
mod explained;
mod golden;
mod oracle;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The folder of the corpora, or `None`, said plainly, where there is none.
fn corpus() -> Option<PathBuf> {
    match std::env::var_os("POSTRIDER_CORPUS") {
        Some(folder) => Some(PathBuf::from(folder)),
        None => {
            say("corpus suite not run: POSTRIDER_CORPUS is not set");
            None
        }
    }
}

/// Says something even where the harness captures output.
fn say(text: &str) {
    std::io::stderr().write_all(format!("\n{text}\n").as_bytes()).expect("stderr");
}

/// The paths of all files, relative to the folder of the corpora, in order.
fn files(corpus: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for (folder, at_least) in [("mime", 3_000), ("spamassassin-sample", 600)] {
        let mut pending = vec![corpus.join(folder)];
        let before = found.len();
        while let Some(folder) = pending.pop() {
            for entry in std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    pending.push(path);
                } else {
                    found.push(path.strip_prefix(corpus).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        assert!(found.len() - before >= at_least, "{folder}: only {} files", found.len() - before);
    }
    found.sort();
    found
}

#[test]
fn every_mail_is_read_as_python_reads_it_or_the_difference_is_explained() {
    let Some(corpus) = corpus() else { return };
    let files = files(&corpus);
    let seen = oracle::read(&corpus, &files);
    let mut explained: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut unexplained, mut differing) = (Vec::new(), Vec::new());
    for (path, python) in &seen {
        assert_eq!(python.failed, None, "{path}");
        let raw = std::fs::read(corpus.join(path)).unwrap();
        for difference in compare::compare(&raw, python) {
            differing.push(path.clone());
            match explained::reason(path, &raw, &difference, python) {
                Some(reason) => *explained.entry(reason).or_default() += 1,
                None => unexplained.push(format!("{path}: {difference:?}")),
            }
        }
    }
    let lines: Vec<String> = explained.iter().map(|(reason, count)| format!("{count:>6}  {reason}")).collect();
    say(&format!("{} mails; differences from Python, by reason:\n{}", seen.len(), lines.join("\n")));
    assert!(unexplained.is_empty(), "{} differences have no reason:\n{}", unexplained.len(), unexplained.join("\n"));
    assert_eq!(explained::useless(&differing), Vec::<&str>::new(), "reasons for what does not differ");
}
