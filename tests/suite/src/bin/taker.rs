//! `taker FOLDER` takes the store in a folder for itself alone, as SQLite does it, at once or not at all.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    let database = Path::new(&folder).join("postrider.db");
    let taken = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    taken.busy_timeout(std::time::Duration::ZERO).unwrap();
    taken
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM accounts WHERE id < 0; COMMIT;")
        .unwrap();
    let check: String = taken.query_row("PRAGMA quick_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
}
