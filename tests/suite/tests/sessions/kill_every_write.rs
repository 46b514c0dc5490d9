//! The process is killed at every write of a first sync, and at every piece that the network brings: each time the store opens and
//! is in order, the next sync goes on, and then all is there, once, byte for byte.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use postrider::api::{BodyState, ListFilter, Problem, ProblemKind};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::{Content, NewMessage, Rival, World};
use postrider_model::{ModelServer, Security};
use postrider_tests::phone::{Loopback, PASSWORD, Phone, USER, with_bodies};
use postrider_tests::workload::{held, mail};

/// Mails by mailbox and UID.
type Mails = BTreeMap<(String, u32), Vec<u8>>;

/// Mails of every way that bytes take: in a row, in a file, and through a file that grows; some of them twice.
fn deliver(rival: &Rival) -> Mails {
    let mut mails = Mails::new();
    let mut put = |mailbox: &str, mail: NewMessage| {
        let Content::Bytes(bytes) = &mail.content else { unreachable!("written here") };
        let uid = 1 + u32::try_from(mails.keys().filter(|(other, _)| other == mailbox).count()).unwrap();
        mails.insert((mailbox.to_owned(), uid), bytes.to_vec());
        rival.deliver(mailbox, mail).unwrap();
    };
    for number in 0..12 {
        put("INBOX", mail(number));
        put("Sent", mail(100 + number));
    }
    for year in 2010..2020 {
        let name = format!("Year/{year}");
        rival.create(&name, &[]).unwrap();
        put(&name, mail(year));
        put(&name, mail(100 + year));
    }
    let large = |subject: &str, lines: usize| {
        let line = format!("{subject} 0123456789abcdef0123456789abcdef\r\n");
        NewMessage::new(format!("From: a@example.org\r\nSubject: {subject}\r\n\r\n{}", line.repeat(lines)))
    };
    put("INBOX", large("in a file", 2_500));
    put("INBOX", large("through a file", 9_000));
    rival.copy("INBOX", &[1, 13, 14], "Sent").unwrap();
    for (from, to) in [(1, 13), (13, 14), (14, 15)] {
        let copied = mails[&("INBOX".to_owned(), from)].clone();
        mails.insert(("Sent".to_owned(), to), copied);
    }
    mails
}

/// Runs the phone that dies. Returns whether it lived on.
fn lived_on(folder: &Path, port: u16, kind: &str, moment: u64) -> bool {
    let mut phone = Command::new(env!("CARGO_BIN_EXE_mortal"));
    phone.arg(folder).arg(port.to_string()).arg(kind).arg(moment.to_string());
    let ended = phone.stdout(Stdio::null()).stderr(Stdio::piped()).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!said.contains("panicked"), "moment {moment}: {said}");
    ended.status.success()
}

struct Truth {
    model: ModelServer,
    port: u16,
    mails: Mails,
}

impl Truth {
    /// What a phone that died must come to when it is switched on again.
    async fn is_reached(&self, folder: &Path, moment: u64) {
        let phone = Phone::at(folder, Arc::new(Loopback(self.port)), None).await.unwrap();
        let health = phone.core.check(false).await.unwrap();
        let harmless = |problem: &Problem| problem.kind == ProblemKind::StrayFiles;
        assert!(health.problems.iter().all(harmless), "moment {moment}: {:?}", health.problems);
        let (summary, notices) = phone.sync_with(with_bodies()).await.unwrap();
        assert!(summary.complete, "moment {moment}: {notices:?}");
        assert_eq!(phone.mail().await.unwrap(), held(self.model.world(), '/', ""), "moment {moment}");
        let mut seen = 0;
        for mailbox in phone.core.mailboxes(phone.account).await.unwrap() {
            for row in phone.core.messages(mailbox.id, ListFilter::default(), None, 500).await.unwrap().messages {
                assert_eq!(row.body, BodyState::Full, "moment {moment}: {} {:?}", mailbox.name, row.uid);
                let bytes = phone.core.raw(row.id).await.unwrap().read_all().unwrap();
                let key = (mailbox.name.clone(), row.uid.unwrap());
                assert!(self.mails.get(&key) == Some(&bytes), "moment {moment}: {key:?} differs");
                seen += 1;
            }
        }
        assert_eq!(seen, self.mails.len(), "moment {moment}: none is there twice");
        phone.core.finish_indexing().await.unwrap();
        let found = phone.core.search("subject:mail", Some(phone.account), 500).await.unwrap();
        assert_eq!(found.len(), 44, "moment {moment}: a mail in two mailboxes is found once");
        let repaired = phone.core.check(true).await.unwrap();
        assert!(repaired.problems.is_empty(), "moment {moment}: {:?}", repaired.problems);
        phone.core.close().await.unwrap();
    }
}

/// Kills at the moments of a kind, each in a first sync of its own, until one is lived through. Returns how many there were.
async fn killed_at_each(kind: &'static str, step: usize) -> u64 {
    let world = World::new();
    // A busy machine makes the server seem far, and what is compressed comes in fewer pieces.
    let profile = Profile::full().without(Extension::Compress);
    let rival = profile.layout.furnish(&world, USER, PASSWORD).unwrap();
    let mails = deliver(&rival);
    let model = ModelServer::new(world, profile);
    let listening = model.listen("127.0.0.1:0", Security::Plain).await.unwrap();
    let truth = Truth { model, port: listening.address().port(), mails };
    for moment in (1..).step_by(step) {
        let folder = tempfile::tempdir().unwrap();
        let (path, port) = (folder.path().to_owned(), truth.port);
        let lived = tokio::task::spawn_blocking(move || lived_on(&path, port, kind, moment)).await.unwrap();
        truth.is_reached(folder.path(), moment).await;
        if lived {
            return moment;
        }
    }
    unreachable!("a sync ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn hard_problem_25_a_first_sync_killed_at_any_write_is_made_good_by_the_next() {
    let moments = killed_at_each("write", 1).await;
    assert!(moments > 30, "only {moments} writes");
}

#[tokio::test(flavor = "multi_thread")]
async fn hard_problem_25_a_first_sync_killed_at_any_piece_from_the_network_is_made_good_by_the_next() {
    let moments = killed_at_each("wire", 11).await;
    assert!(moments > 300, "only {moments} pieces");
}
