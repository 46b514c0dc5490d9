//! A journal of which a column is damaged: what cannot be read is set aside and told, and everything else goes on.
#![allow(clippy::unwrap_used)]

use postrider::api::{OperationId, OperationState, ProblemKind};
use postrider_model::profile::Profile;
use postrider_tests::desk::Desk;
use rusqlite::Connection;

/// What the damage leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It is carried out all the same.
    Done,
    /// It is set aside.
    Parked,
    /// Only the user can tell.
    Asks,
    /// Nobody knows of it any more.
    Lost,
}

/// Damages one operation on disk.
fn damage(desk: &Desk, operation: OperationId, sql: &str) {
    let database = Connection::open(desk.scene.phone.folder().join("postrider.db")).unwrap();
    database.pragma_update(None, "foreign_keys", false).unwrap();
    assert_eq!(database.execute(sql, [operation.0]).unwrap(), 1, "{sql}");
}

const DAMAGES: [(&str, End); 19] = [
    ("UPDATE operations SET action = 'no JSON' WHERE id = ?1", End::Parked),
    ("UPDATE operations SET action = '{\"action\":\"fly\"}' WHERE id = ?1", End::Parked),
    ("UPDATE operations SET action = '' WHERE id = ?1", End::Parked),
    ("UPDATE operations SET action = CAST(x'fffe00' AS TEXT) WHERE id = ?1", End::Parked),
    ("UPDATE operations SET kind = CAST(x'ff' AS TEXT) WHERE id = ?1", End::Done),
    ("UPDATE steps SET state = 42 WHERE operation = ?1", End::Parked),
    ("UPDATE steps SET state = -1 WHERE operation = ?1", End::Parked),
    ("UPDATE steps SET state = 9223372036854775807 WHERE operation = ?1", End::Parked),
    ("UPDATE steps SET attempts = -5 WHERE operation = ?1", End::Done),
    ("UPDATE steps SET attempts = 9223372036854775807 WHERE operation = ?1", End::Done),
    ("UPDATE steps SET suspected = -5, breaks = -9 WHERE operation = ?1", End::Done),
    ("UPDATE steps SET suspected = 9223372036854775807, breaks = 9223372036854775807 WHERE operation = ?1", End::Done),
    ("UPDATE steps SET evidence = 'nothing' WHERE operation = ?1", End::Done),
    ("UPDATE steps SET evidence = '\"copied\":{' WHERE operation = ?1", End::Asks),
    ("UPDATE steps SET state = 2, evidence = CAST(x'ff' AS TEXT) WHERE operation = ?1", End::Asks),
    ("UPDATE steps SET state = 4, reason = '{}' WHERE operation = ?1", End::Done),
    ("UPDATE steps SET state = 4, reason = CAST(x'ff' AS TEXT) WHERE operation = ?1", End::Done),
    ("DELETE FROM operations WHERE id = ?1", End::Lost),
    ("DELETE FROM steps WHERE operation = ?1", End::Lost),
];

#[tokio::test]
async fn a_damaged_operation_is_told_and_hinders_no_other() {
    for (sql, end) in DAMAGES {
        for repaired_first in [false, true] {
            let desk = Desk::new(Profile::preset("dovecot").unwrap(), 4).await;
            let core = &desk.scene.phone.core;
            let first = desk.id("INBOX", 0).await;
            let damaged = desk.move_to(&[first], "Work").await;
            let others = [
                desk.flag(desk.id("INBOX", 1).await, &["seen"], &[]).await,
                desk.copy_to(desk.id("INBOX", 2).await, "Aside").await.0,
            ];
            damage(&desk, damaged, sql);
            let problems = core.check(repaired_first).await.unwrap();
            let told = |kind| problems.problems.iter().chain(&problems.repaired).any(|problem| problem.kind == kind);
            let harmless = sql.contains("kind =");
            let expected = told(ProblemKind::DamagedOperations) || told(ProblemKind::BrokenReferences) || harmless;
            assert!(expected, "{sql}: {problems:?}");
            for _ in 0..2 {
                desk.scene.phone.sync().await.unwrap_or_else(|error| panic!("{sql}: {error}"));
                desk.scene.phone.clock.forward(16 * 60);
            }
            for other in others {
                assert_eq!(desk.operation(other).await.state, OperationState::Done, "{sql}");
            }
            // The message itself can be worked with, whatever became of the operation.
            let mut rows = desk.rows("INBOX").await;
            rows.extend(desk.rows("Work").await);
            let place = rows.iter().find(|row| row.subject == "Mail 0").unwrap_or_else(|| panic!("{sql}")).id;
            let next = desk.flag(place, &["flagged"], &[]).await;
            let blocked = matches!(end, End::Asks);
            desk.scene.phone.sync().await.unwrap();
            if !blocked {
                assert_eq!(desk.operation(next).await.state, OperationState::Done, "{sql}");
            }
            match end {
                End::Done => assert_eq!(desk.operation(damaged).await.state, OperationState::Done, "{sql}"),
                End::Parked | End::Asks => {
                    let left = desk.operation(damaged).await;
                    let waits = if end == End::Parked { OperationState::Parked } else { OperationState::NeedsUser };
                    // What a repair forgot may go out as if it were new.
                    let repaired = repaired_first && end == End::Asks && left.state == OperationState::Done;
                    assert!(
                        left.state == waits && left.reason_code.as_deref() == Some("damaged") || repaired,
                        "{sql}: {left:?}"
                    );
                    if !repaired {
                        core.cancel_operation(damaged).await.unwrap();
                    }
                }
                End::Lost => {}
            }
            let health = core.check(true).await.unwrap();
            assert_eq!(health.problems, [], "{sql}");
            desk.settles(sql).await;
        }
    }
}
