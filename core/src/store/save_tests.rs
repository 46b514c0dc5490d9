#![allow(clippy::unwrap_used)]

use std::fs;

use super::*;
use crate::store::disk::probe;

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn two_pieces(out: &mut dyn Write) -> Result<u64, StoreError> {
    out.write_all(b"new ")?;
    out.write_all(b"content")?;
    Ok(11)
}

#[test]
fn case_135_a_disk_that_is_full_at_any_step_leaves_no_half_file_and_what_was_there() {
    for before in [None, Some("old")] {
        let mut refused = 0;
        loop {
            let dir = tempfile::tempdir().unwrap();
            let to = dir.path().join("plan.pdf");
            if let Some(old) = before {
                fs::write(&to, old).unwrap();
            }
            probe::reset(Some((refused, ErrorKind::StorageFull)));
            let outcome = save_file(&to, two_pieces);
            if outcome == Ok(11) {
                assert_eq!(fs::read(&to).unwrap(), b"new content");
                assert_eq!(names(dir.path()), ["plan.pdf"]);
                break;
            }
            assert_eq!(outcome, Err(StoreError::Full), "at step {refused}");
            assert_eq!(fs::read_to_string(&to).ok().as_deref(), before, "at step {refused}");
            assert_eq!(names(dir.path()).len(), before.into_iter().count(), "at step {refused}");
            refused += 1;
        }
        assert_eq!(refused, 5, "created, written twice, synced, renamed");
    }
    probe::reset(None);
}

#[test]
fn a_file_is_on_disk_before_it_has_its_name() {
    let dir = tempfile::tempdir().unwrap();
    probe::reset(None);
    save_file(&dir.path().join("plan.pdf"), two_pieces).unwrap();
    assert_eq!(probe::steps(), ["create part", "append part", "append part", "sync part", "rename pdf"]);
}

#[test]
fn what_cannot_be_read_leaves_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let outcome = save_file(&dir.path().join("plan.pdf"), |out| {
        two_pieces(out)?;
        Err(StoreError::Damaged)
    });
    assert_eq!((outcome, names(dir.path()).len()), (Err(StoreError::Damaged), 0));
}

#[test]
fn a_folder_is_not_replaced_and_one_that_is_missing_not_made() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(save_file(dir.path(), two_pieces), Err(StoreError::Io(ErrorKind::IsADirectory)));
    assert_eq!(save_file(&dir.path().join("a/b"), two_pieces), Err(StoreError::Io(ErrorKind::NotFound)));
    assert!(names(dir.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn a_link_goes_on_to_lead_to_the_file_and_a_device_stays_one() {
    let dir = tempfile::tempdir().unwrap();
    let (file, link) = (dir.path().join("file"), dir.path().join("link"));
    fs::write(&file, "old").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    save_file(&link, two_pieces).unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"new content");
    assert!(link.symlink_metadata().unwrap().is_symlink());
    // A link of our own: were it replaced, then no device of the machine.
    let null = dir.path().join("null");
    std::os::unix::fs::symlink("/dev/null", &null).unwrap();
    assert_eq!(save_file(&null, two_pieces), Ok(11));
    assert!(null.symlink_metadata().unwrap().is_symlink());
}
