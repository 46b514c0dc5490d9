//! What apps ask for again and again must come straight from an index, in its order: with no sorting and no reading of a
//! whole table, a page costs the same at any size.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use rusqlite::{Connection, params_from_iter};

use crate::model::{AccountId, MailboxId, MessageId, PlaceId, SystemFlag, ThreadId, Timestamp, Uid};
use crate::store::testing::{Fixture, message, wait};
use crate::store::{BodySelection, Cursor, ListFilter, Search, Snapshot, StoreError};

type Read = Box<dyn FnOnce(&Snapshot<'_>) -> Result<(), StoreError>>;

thread_local! {
    static STATEMENTS: std::cell::RefCell<Vec<String>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Told of every statement that a snapshot prepares.
pub(super) fn note(sql: &str) {
    STATEMENTS.with_borrow_mut(|all| all.push(sql.to_owned()));
}

/// The statements that a closure asks for.
fn statements_of(conn: &Connection, closure: impl FnOnce(&Snapshot<'_>) -> Result<(), StoreError>) -> Vec<String> {
    STATEMENTS.take();
    closure(&Snapshot::new(conn, std::path::Path::new(""))).unwrap();
    STATEMENTS.take()
}

fn plan_of(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let count = statement.parameter_count();
    let nulls = std::iter::repeat_n(None::<i64>, count);
    let rows = statement.query_map(params_from_iter(nulls), |row| row.get(3)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Every step goes through an index or a key, and nothing is sorted. `exempt` names steps over what is always small.
fn assert_straight(conn: &Connection, sql: &str, exempt: &[&str]) {
    for step in plan_of(conn, sql) {
        let wrong = step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE INDEX")
            || step.contains("TEMP B-TREE")
            || step.contains("AUTOMATIC");
        assert!(!wrong || exempt.iter().any(|small| step.contains(small)), "{step}\n{sql}");
    }
}

#[test]
fn hard_problem_19_what_apps_ask_for_comes_from_an_index_in_its_order() {
    let fixture = Fixture::new();
    fixture.insert((1..=300).map(message).collect());
    fixture.index_all();
    wait(fixture.store.close()).unwrap();
    let conn = crate::store::connection::open_reader(fixture.dir.path()).unwrap();
    let inbox = fixture.inbox;
    let after = Some(Cursor { date: Timestamp(1_000_100), place: PlaceId(100) });
    let filter = |unread, flagged| ListFilter { unread, flagged };
    let lists = [(false, false), (true, false), (false, true), (true, true)];
    for (unread, flagged) in lists {
        for after in [None, after] {
            let sql = statements_of(&conn, |s| s.page(inbox, filter(unread, flagged), after, 50).map(drop));
            assert_eq!(sql.len(), 1, "{sql:?}");
            assert_straight(&conn, &sql[0], &[]);
            let sql = statements_of(&conn, |s| s.page_threads(inbox, filter(unread, flagged), after, 50).map(drop));
            assert_straight(&conn, &sql[0], &[]);
        }
    }
    let plan = |unread, flagged| {
        let sql = statements_of(&conn, |s| s.page(inbox, filter(unread, flagged), None, 50).map(drop));
        plan_of(&conn, &sql[0]).remove(0)
    };
    assert!(plan(true, false).contains("INDEX places_unread"), "{}", plan(true, false));
    assert!(plan(false, true).contains("INDEX places_flagged"), "{}", plan(false, true));

    let uid = |value| Uid::new(value).unwrap();
    let asked: [(&str, Read); 9] = [
        ("message", Box::new(|s| s.message(PlaceId(3)).map(drop))),
        ("body", Box::new(|s| s.body(MessageId(3), "").map(drop))),
        ("sections", Box::new(|s| s.sections(MessageId(3)).map(drop))),
        ("place_by_uid", Box::new(move |s| s.place_by_uid(inbox, uid(7)).map(drop))),
        ("places_of", Box::new(|s| s.places_of(MessageId(3)).map(drop))),
        ("known_uids", Box::new(move |s| s.known_uids(inbox, uid(1), uid(99)).map(drop))),
        ("body_wanted", Box::new(move |s| s.body_wanted(inbox, &BodySelection::default(), after, 50).map(drop))),
        ("unindexed", Box::new(|s| s.unindexed(50, 1000).map(drop))),
        ("mailbox", Box::new(|s| s.mailbox(MailboxId(1)).map(drop))),
    ];
    for (name, closure) in asked {
        let all = statements_of(&conn, closure);
        assert!(!all.is_empty(), "{name} asks nothing");
        // The queue of what waits to be indexed is read from its beginning, by its key.
        all.iter().for_each(|sql| assert_straight(&conn, sql, &["SCAN unindexed"]));
    }
    // A conversation is sorted, for it is short; but it is found by its index.
    let thread = statements_of(&conn, |s| s.thread(ThreadId(3)).map(drop));
    assert_straight(&conn, &thread[0], &["TEMP B-TREE FOR ORDER BY", "SCAN merged", "SCAN CONSTANT ROW"]);
    let plan = plan_of(&conn, &thread[0]).join("\n");
    assert!(plan.contains("INDEX places_thread"), "{plan}");
}

#[test]
fn hard_problem_19_a_search_walks_indexes_and_sorts_only_what_it_found() {
    let fixture = Fixture::new();
    fixture.insert((1..=300).map(message).collect());
    fixture.index_all();
    wait(fixture.store.close()).unwrap();
    let conn = crate::store::connection::open_reader(fixture.dir.path()).unwrap();
    let words = [None, Some("subject"), Some("\"s\"*"), Some("\"su\"*"), Some("subject AND 77")];
    for word in words {
        let search = Search { matcher: word.map(str::to_owned), ..Search::default() };
        let unread = Search { without: vec![SystemFlag::Seen], ..search.clone() };
        let flagged = Search { with: vec![SystemFlag::Flagged], larger: Some(10), ..search.clone() };
        let dated = Search { since: Some(Timestamp(1_000_050)), before: Some(Timestamp(1_000_070)), ..search.clone() };
        let here = Search { account: Some(AccountId(1)), mailboxes: vec![MailboxId(1)], ..search.clone() };
        for search in [search, unread, flagged, dated, here] {
            let all = statements_of(&conn, |s| s.search(&search, None, 50).map(drop));
            assert!(!all.is_empty());
            // The places of one mail are sorted: there are few. Mailboxes are few too.
            let few = |sql: &str| sql.contains("WHERE p.message = ?1");
            for sql in &all {
                let exempt: &[&str] = if few(sql) { &["TEMP B-TREE FOR ORDER BY"] } else { &["SCAN mailboxes"] };
                assert_straight(&conn, sql, exempt);
            }
            let lists = all.iter().filter(|sql| sql.contains("WHERE p.mailbox = ?1"));
            for sql in lists {
                let step = plan_of(&conn, sql).remove(0);
                let index = match () {
                    () if sql.contains("p.flags & 1 = 0") => "INDEX places_unread",
                    () if sql.contains("p.flags & 4 = 4") => "INDEX places_flagged",
                    () => "INDEX places_date",
                };
                assert!(step.contains(index), "{step}\n{sql}");
            }
        }
    }
}
