#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;
use crate::search::Query;

fn of(query: &str) -> Vec<Matching> {
    Query::parse(query).unwrap().alternatives.iter().map(|terms| matching(terms)).collect()
}

fn wanted(query: &str) -> String {
    let [Matching { wanted: Some(wanted), unwanted: None }] = &of(query)[..] else { panic!("{query}") };
    wanted.clone()
}

#[test]
fn words_phrases_columns_and_scripts() {
    for (query, expected) in [
        ("ann", "(\"ann\"*)"),
        ("subject:\"two words\"", "(subject : \"two words\"*)"),
        ("a b -c -d", "((\"a\"*) AND (\"b\"*)) NOT ((\"c\"*) OR (\"d\"*))"),
        ("from:ann OR from:bob", "(sender : \"ann\"* OR sender : \"bob\"*)"),
        ("cc:ann", "(recipients : \"ann\"*)"),
        ("filename:report.pdf", "(attachments : \"report pdf\"*)"),
        ("日本語", "(\"日本 本語\")"),
        ("日", "(\"日\"*)"),
        ("日本abc", "(\"日本 abc\"*)"),
        ("アン・リー", "(\"アン リー\")"),
        ("か\u{3099}く", "(\"か\u{3099} \u{3099}く\")"),
        ("e\u{301}t", "(\"e\u{301}t\"*)"),
        ("ann@example.org", "(\"ann example org\"*)"),
        ("\"OR\" \"NEAR(a b)\"", "(\"OR\"*) AND (\"NEAR a b\"*)"),
    ] {
        assert_eq!(wanted(query), expected, "{query}");
    }
    assert_eq!(of("is:unread"), [Matching::default()]);
    assert_eq!(of("-x -y"), [Matching { wanted: None, unwanted: Some("(\"x\"*) OR (\"y\"*)".into()) }]);
}

proptest! {
    #[test]
    fn nothing_typed_is_read_as_syntax(text in "[ -~\u{e9}\u{65e5}]{1,40}") {
        let Ok(query) = Query::parse(&text) else { return Ok(()) };
        for found in query.alternatives.iter().map(|terms| matching(terms)) {
            for expression in [found.wanted, found.unwanted].into_iter().flatten() {
                // Outside of quotes there are only words of ours.
                for piece in expression.split('"').step_by(2) {
                    for word in piece.split([' ', '(', ')', '*', ':']).filter(|word| !word.is_empty()) {
                        let known = ["AND", "OR", "NOT", "subject", "sender", "recipients", "body", "attachments"];
                        prop_assert!(known.contains(&word), "{expression}");
                    }
                }
            }
        }
    }
}
