//! Random acts on a server with labels, cut off at random, held against what Gmail's users expect of each.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use postrider::api::{Direction, MailboxRole, PlaceId};
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::Profile;
use postrider_tests::desk::Desk;
use postrider_tests::workload::Dice;

const ALL: &str = "[Gmail]/All Mail";
const TRASH: &str = "[Gmail]/Trash";
const LABELS: [&str; 3] = ["INBOX", "Work", "Home"];
const MAILS: u64 = 3;

/// One mail as its user knows it: gone where nothing is left of it.
#[derive(Clone, Debug, Default)]
struct Mail {
    labels: BTreeSet<&'static str>,
    flags: BTreeSet<&'static str>,
    is_gone: bool,
}

impl Mail {
    fn is_trashed(&self) -> bool {
        self.labels.contains(TRASH)
    }

    /// Where it is shown.
    fn shown(&self) -> BTreeSet<&'static str> {
        if self.is_gone {
            return BTreeSet::new();
        }
        let all = (!self.is_trashed()).then_some(ALL);
        self.labels.iter().copied().chain(all).collect()
    }
}

struct Story {
    desk: Desk,
    mails: Vec<Mail>,
    /// Mails that were moved out of the trash: All Mail has them again when the server has told so.
    back: BTreeSet<u64>,
    told: Vec<String>,
}

impl Story {
    async fn new() -> Self {
        let desk = Desk::inline(Profile::preset("gmail").unwrap(), MAILS, &["Work", "Home"]).await;
        for uid in 1..=u32::try_from(MAILS).unwrap() {
            desk.scene.rival().copy("INBOX", &[uid], "Work").unwrap();
        }
        desk.scene.agrees("labelled").await;
        let mail = Mail { labels: BTreeSet::from(["INBOX", "Work"]), ..Mail::default() };
        Self { desk, mails: vec![mail; MAILS as usize], back: BTreeSet::new(), told: Vec::new() }
    }

    async fn row(&self, number: u64, under: &str) -> Option<PlaceId> {
        let subject = format!("Mail {number}");
        self.desk.rows(under).await.into_iter().find(|row| row.subject == subject).map(|row| row.id)
    }

    /// The person does something, or the phone syncs.
    async fn goes_on(&mut self, dice: &mut Dice) {
        if dice.below(4) == 0 {
            return self.syncs(dice).await;
        }
        let number = dice.below(MAILS);
        let mail = &self.mails[number as usize];
        let shown: Vec<&str> =
            mail.shown().into_iter().filter(|label| *label != ALL || !self.back.contains(&number)).collect();
        let Some(under) = dice.pick(&shown).copied() else { return };
        let to = dice.pick(&LABELS).copied().unwrap();
        let flag = dice.pick(&["answered", "seen"]).copied().unwrap();
        let id = self.row(number, under).await;
        let id = id.unwrap_or_else(|| panic!("mail {number} is not under {under}: {:#?}", self.told));
        let core = self.desk.core();
        let mail = &mut self.mails[number as usize];
        let act = dice.below(12);
        self.told.push(format!("mail {number} under {under}, act {act}, to {to}, {flag}"));
        match act {
            0..=1 => {
                mail.flags.insert(flag);
                self.desk.flag(id, &[flag], &[]).await;
            }
            2..=3 => {
                mail.flags.remove(flag);
                self.desk.flag(id, &[], &[flag]).await;
            }
            4..=6 if under != ALL && under != to => {
                if mail.is_trashed() {
                    self.back.insert(number);
                }
                mail.labels.remove(under);
                mail.labels.insert(to);
                self.desk.move_to(&[id], to).await;
            }
            7 if under != TRASH => {
                mail.labels.insert(to);
                self.desk.copy_to(id, to).await;
            }
            8 if mail.labels.contains("INBOX") => {
                mail.labels.remove("INBOX");
                core.file_under(vec![id], MailboxRole::Archive).await.unwrap();
            }
            9..=10 if under != TRASH => {
                mail.labels = BTreeSet::from([TRASH]);
                core.file_under(vec![id], MailboxRole::Trash).await.unwrap();
            }
            11 if dice.below(3) == 0 => {
                mail.is_gone = true;
                core.delete_forever(vec![id]).await.unwrap();
            }
            _ => drop(self.told.pop()),
        }
    }

    async fn syncs(&mut self, dice: &mut Dice) {
        let direction = dice.pick(&[Direction::Push, Direction::Pull, Direction::Both]).copied().unwrap();
        let cut = dice.below(2) == 0;
        let command = dice.pick(&["UID STORE", "UID MOVE", "UID COPY", "UID EXPUNGE", "SELECT"]).copied().unwrap();
        let act = dice.pick(&[Act::Cut, Act::CutAfter]).cloned().unwrap();
        let script = self.desk.scene.server.script();
        if cut {
            script.add(Rule::once(command, act.clone()));
        }
        self.desk.sync(direction).await;
        script.clear();
        self.desk.scene.phone.clock.forward(20 * 60);
        self.told.push(format!("sync {direction:?}, cut: {:?}", cut.then_some((command, act))));
    }

    /// What is shown is what the person wants.
    async fn is_shown(&self) {
        let mut shown: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
        for (mailbox, mails) in self.desk.shown().await {
            for (number, flags) in mails {
                let told = (&self.told, self.desk.story().await);
                assert!(
                    shown.entry(number).or_default().insert(mailbox.clone()),
                    "mail {number} twice in {mailbox}: {told:#?}"
                );
                let wanted: Vec<&str> = self.mails[number as usize].flags.iter().copied().collect();
                assert_eq!(flags, wanted, "flags of mail {number} in {mailbox}: {told:#?}");
            }
        }
        for (number, mail) in (0..).zip(&self.mails) {
            let mut shown = shown.remove(&number).unwrap_or_default();
            let mut wanted: BTreeSet<String> = mail.shown().into_iter().map(str::to_owned).collect();
            if self.back.contains(&number) {
                shown.remove(ALL);
                wanted.remove(ALL);
            }
            assert_eq!(shown, wanted, "mail {number}: {:#?}; {:?}", self.told, self.desk.story().await);
        }
    }
}

#[tokio::test]
async fn whatever_is_asked_under_whatever_label_is_what_comes_of_it() {
    let seeds = std::env::var("POSTRIDER_LABEL_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(150);
    for seed in 0..seeds {
        let (mut story, mut dice) = (Story::new().await, Dice::new(seed));
        story.told.push(format!("seed {seed}"));
        for _ in 0..4 + dice.below(14) {
            story.goes_on(&mut dice).await;
            story.is_shown().await;
        }
        story.desk.settles(&format!("{:#?}", story.told)).await;
        story.back.clear();
        story.is_shown().await;
    }
}
