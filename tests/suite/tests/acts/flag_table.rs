//! Hard problem 11: what a flag becomes, for each of what it was, what the person wants, and what the server has by now.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use postrider::api::Direction;
use postrider_model::fault::{Act, Rule};
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::FlagChange;
use postrider_tests::desk::Desk;
use postrider_tests::kinds::kinds;

/// Flags as the phone names them. What is marked deleted is hidden where there is no UIDPLUS, so that one is for the others.
const FLAGS: [&str; 7] = ["seen", "flagged", "answered", "draft", "$Work", "$Forwarded", "deleted"];

/// One row of the table, and one mail.
#[derive(Clone, Copy, Debug)]
struct Cell {
    flag: &'static str,
    base: bool,
    /// Set, cleared, or left alone.
    wish: Option<bool>,
    server: bool,
}

impl Cell {
    /// What it becomes: what the person wants, or else what the server has.
    fn merged(self) -> bool {
        self.wish.unwrap_or(self.server)
    }

    /// What shows as long as the server was not heard.
    fn unheard(self) -> bool {
        self.wish.unwrap_or(self.base)
    }
}

fn cells(profile: &Profile) -> Vec<Cell> {
    let mut cells = Vec::new();
    for flag in FLAGS {
        let hidden = flag == "deleted" && !profile.has(Extension::UidPlus);
        if hidden || flag.starts_with('$') && profile.quirks.no_keywords {
            continue;
        }
        for base in [false, true] {
            for wish in [None, Some(false), Some(true)] {
                for server in [false, true] {
                    cells.push(Cell { flag, base, wish, server });
                }
            }
        }
    }
    cells
}

struct Table {
    desk: Desk,
    cells: Vec<Cell>,
}

impl Table {
    /// A mail per cell, on a phone that knows its base; the person has said what they want, and the server has changed since.
    async fn new(profile: Profile, when: &str) -> Self {
        let cells = cells(&profile);
        let desk = Desk::inline(profile, cells.len() as u64, &[]).await;
        let table = Self { desk, cells };
        table.on_server(|cell| cell.base, |_| false);
        table.desk.scene.agrees("with its base").await;
        let ids: BTreeMap<String, _> =
            table.desk.rows("INBOX").await.into_iter().map(|row| (row.subject, row.id)).collect();
        for (number, cell) in table.cells.iter().enumerate() {
            let id = ids[&format!("Mail {number}")];
            match cell.wish {
                Some(true) => drop(table.desk.flag(id, &[cell.flag], &[]).await),
                Some(false) => drop(table.desk.flag(id, &[], &[cell.flag]).await),
                None => {}
            }
        }
        table.shows(Cell::unheard, &format!("{when}, at once")).await;
        table.on_server(|cell| cell.server, |cell| cell.base);
        table
    }

    /// Somebody else gives each mail what its cell says, where it is not so before.
    fn on_server(&self, now: fn(Cell) -> bool, before: fn(Cell) -> bool) {
        for (number, cell) in self.cells.iter().enumerate() {
            let word = match cell.flag {
                keyword if keyword.starts_with('$') => keyword.to_owned(),
                system => format!("\\{}{}", system[..1].to_ascii_uppercase(), &system[1..]),
            };
            let change = if now(*cell) { FlagChange::Add } else { FlagChange::Remove };
            if now(*cell) != before(*cell) {
                let uid = self.desk.uid("INBOX", number as u64);
                self.desk.scene.rival().set_flags("INBOX", &[uid], change, &[&word]).unwrap();
            }
        }
    }

    fn laid(&self, of: fn(Cell) -> bool) -> Vec<(u64, Vec<String>)> {
        let flags = |cell: &Cell| if of(*cell) { vec![cell.flag.to_owned()] } else { Vec::new() };
        self.cells.iter().enumerate().map(|(number, cell)| (number as u64, flags(cell))).collect()
    }

    async fn shows(&self, expected: fn(Cell) -> bool, when: &str) {
        let (shown, expected) = (self.desk.shown().await.remove("INBOX").unwrap(), self.laid(expected));
        for (cell, (shown, expected)) in self.cells.iter().zip(shown.iter().zip(&expected)) {
            assert_eq!(shown, expected, "{when}: {cell:?}");
        }
    }

    async fn ends(&self, when: &str) {
        self.desk.settles(when).await;
        self.desk.all_done(when).await;
        self.shows(Cell::merged, when).await;
        let held = self.desk.held().remove("INBOX").unwrap();
        for (cell, (held, expected)) in self.cells.iter().zip(held.iter().zip(&self.laid(Cell::merged))) {
            assert_eq!(held, expected, "{when}, on the server: {cell:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn hard_problem_11_a_flag_becomes_what_the_person_wants_and_else_what_the_server_has_in_each_of_twelve_cases() {
    for (name, profile) in kinds() {
        let table = Table::new(profile.clone(), &name).await;
        table.ends(&name).await;
        // What the server has comes in first, and goes out later.
        let table = Table::new(profile, &name).await;
        table.desk.sync(Direction::Pull).await;
        table.shows(Cell::merged, &format!("{name}, pulled")).await;
        table.ends(&name).await;
    }
}

#[tokio::test(start_paused = true)]
async fn hard_problem_11_a_flag_whose_state_on_the_server_is_unknown_shows_as_wanted_or_as_it_was() {
    for (name, profile) in kinds() {
        let table = Table::new(profile, &name).await;
        // The connection breaks before any flag is told.
        for command in ["EXAMINE", "SELECT", "UID FETCH", "NOOP"] {
            table.desk.scene.server.script().add(Rule::always(command, Act::CutAfter));
        }
        table.desk.sync(Direction::Pull).await;
        table.shows(Cell::unheard, &format!("{name}, untold")).await;
        table.desk.scene.server.script().clear();
        table.ends(&name).await;
    }
}
