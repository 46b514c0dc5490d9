//! An attachment of any size is saved in the memory that a small one takes, and whole or not at all.
#![allow(clippy::unwrap_used)]

use std::process::Command;

use crate::common::{Machine, Server};
use serde_json::json;

/// What saving a large attachment may take beyond saving a small one, in KiB.
const ROOM: u64 = 1024;
/// What is attached to the large mail, in bytes; a third more as it is sent.
const LARGE: usize = 24 * 1024 * 1024;

fn attached(size: usize) -> Vec<u8> {
    (0..size).map(|at| (at * at % 251) as u8).collect()
}

/// A mail with text and a file in base64.
fn mail(subject: &str, size: usize) -> Vec<u8> {
    let encoded = crate::common::base64(&attached(size));
    let lines: Vec<&str> = encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let head = format!(
        "From: ann@example.org\r\nSubject: {subject}\r\nMessage-ID: <{subject}@x>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee there.\r\n--b\r\n\
         Content-Type: application/octet-stream; name=film\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment\r\n\r\n"
    );
    [head, lines.join("\r\n"), "\r\n--b--\r\n".to_owned()].concat().into_bytes()
}

/// A machine with a small and a large mail; their ids in this order.
async fn synced(bodies: &str) -> (Machine, Server, [String; 2]) {
    let (machine, server) = (Machine::new(), Server::start().await);
    server.deliver("INBOX", &mail("small", 100_000));
    server.deliver("INBOX", &mail("large", LARGE));
    machine.add_account(&server);
    let sync = machine.run(&["sync", "--bodies", bodies]);
    assert_eq!(sync.code(), 0, "{}", sync.err());
    let rows = machine.run(&["list", "--json"]).objects();
    let id = |subject: &str| {
        let row = rows.iter().find(|row| row["subject"] == subject).unwrap();
        assert_eq!(row["body"], if bodies == "all" { "full" } else { "none" });
        row["id"].as_str().unwrap().to_owned()
    };
    let ids = [id("small"), id("large")];
    (machine, server, ids)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_attachment_is_saved_in_the_memory_of_a_small_one() {
    for bodies in ["all", "none"] {
        let (machine, _server, ids) = synced(bodies).await;
        let [small, large] = ids.map(|id| {
            let (saved, peak) = machine.measure(&["attachment", &id, "2", "-o", "film", "--json"]);
            (saved.objects()[0]["size"].clone(), peak)
        });
        assert_eq!((small.0, large.0), (json!(100_000), json!(LARGE)));
        assert!(std::fs::read(machine.folder.path().join("film")).unwrap() == attached(LARGE));
        assert!(small.1 > 0 && large.1 <= small.1 + ROOM, "bodies {bodies}: {} and {} KiB", small.1, large.1);
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn case_136_a_disk_that_takes_no_more_leaves_no_half_attachment() {
    let (machine, _server, [_, large]) = synced("all").await;
    let folder = machine.folder.path().join("saved");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("film"), "what was there").unwrap();
    let inner = machine.command(&["attachment", &large, "2", "-o", "saved/film", "--json"]);
    let mut limited = Command::new("sh");
    // No file may grow beyond four megabytes or eight, as the shell counts.
    limited.args(["-c", "trap '' XFSZ; ulimit -f 8192; exec \"$@\"", "sh"]);
    limited.arg(inner.get_program()).args(inner.get_args()).current_dir(machine.folder.path());
    limited.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let ran = crate::common::Ran(limited.output().unwrap());
    assert_eq!((ran.code() != 0, &ran.error()["error"]), (true, &json!("storage")), "{}", ran.err());
    assert_eq!(std::fs::read(folder.join("film")).unwrap(), b"what was there");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "nothing else was left");
    assert_eq!(machine.run(&["attachment", &large, "2", "-o", "saved/film"]).code(), 0);
    assert!(std::fs::read(folder.join("film")).unwrap() == attached(LARGE));
}
