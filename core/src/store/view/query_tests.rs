//! The search language held against the real index.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::Search;
use crate::model::{Address, Digest, MessageId};
use crate::search::{Query, matching};
use crate::store::testing::{Fixture, message};
use crate::store::{StoreError, ToIndex};

const TEXTS: &[(&str, &str, &str)] = &[
    ("Tea tomorrow", "Ann Müller", "Grüße aus dem Café, naïve idea"),
    ("日本語のメール", "山田", "東京タワー・ロック と か\u{3099}く"),
    ("Re: invoice 2026", "Bob", "see report.pdf and well-known things, price 5€"),
    ("Привет", "Иван", "안녕하세요 세계 ẞtraße İstanbul"),
];

fn fixture() -> Fixture {
    let fixture = Fixture::new();
    let mails = TEXTS.iter().zip(1..).map(|((subject, name, _), uid)| {
        let mut mail = message(uid);
        mail.envelope.subject = (*subject).to_owned();
        mail.envelope.from = vec![Address { name: (*name).to_owned(), email: format!("a{uid}@x.example") }];
        mail
    });
    fixture.insert(mails.collect());
    fixture.mirror(|tx| {
        let waiting = tx.unindexed(u32::MAX, u64::MAX)?;
        let digests = waiting.iter().zip(TEXTS).map(|(mail, (_, _, text))| {
            let digest = Digest { text: (*text).to_owned(), ..Digest::default() };
            ToIndex { message: mail.message, had_body: true, digest: Some(digest) }
        });
        tx.index(&digests.collect::<Vec<_>>())
    });
    fixture
}

/// The numbers of the mails that a query finds, from 1.
fn find(fixture: &Fixture, query: &str) -> Result<Vec<i64>, StoreError> {
    let query = Query::parse(query).expect("a query that makes sense");
    let mut found: Vec<MessageId> = Vec::new();
    for terms in &query.alternatives {
        let matching = matching(terms);
        let search = Search { matcher: matching.wanted, unmatched: matching.unwanted, ..Search::default() };
        found.extend(fixture.store.read_blocking(|view| view.search(&search, None, 99))?.iter().map(|row| row.message));
    }
    let mut found: Vec<i64> = found.into_iter().map(|message| message.0).collect();
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

#[test]
fn what_people_type_finds_what_they_mean() {
    let fixture = fixture();
    for (query, expected) in [
        ("tea", &[1][..]),
        ("TEA", &[1]),
        ("tom", &[1]),
        ("from:muller", &[1]),
        ("from:Müller", &[1]),
        ("cafe", &[1]),
        ("cafe\u{301}", &[1]),
        ("naive", &[1]),
        ("subject:cafe", &[]),
        ("body:cafe", &[1]),
        ("\"dem café\"", &[1]),
        ("\"café dem\"", &[]),
        ("日本", &[2]),
        ("日本語のメール", &[2]),
        ("本語", &[2]),
        ("日", &[2]),
        ("日語", &[]),
        ("山田", &[2]),
        ("タワー・ロック", &[2]),
        ("か\u{3099}く", &[2]),
        ("안녕하세요", &[4]),
        ("하세", &[4]),
        ("привет", &[4]),
        ("istanbul", &[4]),
        ("report.pdf", &[3]),
        ("well-known", &[3]),
        ("\"see report\"", &[3]),
        ("a1@x.example", &[1]),
        ("tea OR invoice", &[1, 3]),
        ("from:ann OR subject:invoice", &[1, 3]),
        ("-tea", &[2, 3, 4]),
        ("-tea -invoice", &[2, 4]),
        ("x.example -(tea OR invoice)", &[2, 4]),
        ("-(tea from:ann)", &[2, 3, 4]),
        ("(tea from:ann) OR (invoice from:bob) OR (tea from:bob)", &[1, 3]),
        ("subject:(tea OR invoice) from:bob", &[3]),
        ("2026 & 5€", &[3]),
        ("\"AND\" \"NEAR\"", &[]),
    ] {
        assert_eq!(find(&fixture, query).unwrap(), expected, "{query}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_query_whatever_is_an_error_of_the_index(queries in prop::collection::vec(
        prop_oneof![
            any::<String>(),
            "[ -~]{0,40}",
            "((from:|subject:|-|NOT |\\(|\\)|OR |AND |NEAR|\"|\\*|\\^|:|\\{|\\}|\\+|'|;|a|\u{e9}|\u{65e5}|\u{301}|\u{1f389}|\u{24d0}| ){1,3}){0,12}",
        ],
        1..20,
    )) {
        thread_local! { static FIXTURE: Fixture = fixture(); }
        for text in queries {
            if Query::parse(&text).is_ok() {
                let found = FIXTURE.with(|fixture| find(fixture, &text));
                prop_assert!(found.is_ok(), "{text:?}: {found:?}");
            }
        }
    }
}
