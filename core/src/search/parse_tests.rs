use super::*;

fn alternatives(text: &str) -> Vec<Terms> {
    Query::parse(text).map(|query| query.alternatives).unwrap_or_default()
}

fn terms(text: &str) -> Terms {
    let mut found = alternatives(text);
    assert_eq!(found.len(), 1, "{text}");
    found.remove(0)
}

fn text(field: Field, value: &str) -> Term {
    Term::Text(vec![(field, value.to_owned())])
}

fn day(year: i16, month: i8, day: i8) -> jiff::civil::Date {
    jiff::civil::date(year, month, day)
}

#[test]
fn every_key_is_read() {
    assert_eq!(
        terms("from:ann subject:\"two words\" is:unread before:2026-01-01 has:attachment in:inbox -draft"),
        [
            (false, text(Field::From, "ann")),
            (false, text(Field::Subject, "two words")),
            (true, Term::Flag(SystemFlag::Seen)),
            (false, Term::Before(day(2026, 1, 1))),
            (false, Term::HasAttachment),
            (false, Term::In("inbox".into())),
            (true, text(Field::Any, "draft")),
        ]
    );
    for (query, expected) in [
        ("To:ann", text(Field::To, "ann")),
        ("cc:ann", text(Field::Cc, "ann")),
        ("bcc:ann", text(Field::Bcc, "ann")),
        ("body:word", text(Field::Body, "word")),
        ("FILENAME:a.pdf", text(Field::FileName, "a.pdf")),
        ("is:Flagged", Term::Flag(SystemFlag::Flagged)),
        ("is:answered", Term::Flag(SystemFlag::Answered)),
        ("is:draft", Term::Flag(SystemFlag::Draft)),
        ("is:read", Term::Flag(SystemFlag::Seen)),
        ("in:\"My Folder/Sub\"", Term::In("My Folder/Sub".into())),
        ("after:2026-01-31", Term::Since(day(2026, 1, 31))),
        ("since:2026/1", Term::Since(day(2026, 1, 1))),
        ("before:2026", Term::Before(day(2026, 1, 1))),
        ("larger:1.5M", Term::Larger(1_500_000)),
        ("smaller:20kb", Term::Smaller(20_000)),
        ("larger:500", Term::Larger(500)),
    ] {
        assert_eq!(terms(query), [(false, expected)], "{query}");
    }
    assert_eq!(terms("-larger:20k -smaller:5M"), [(false, Term::Smaller(20_001)), (false, Term::Larger(4_999_999))]);
    assert_eq!(terms("-in:trash -keyword:x").iter().filter(|(negated, _)| *negated).count(), 2);
    assert!(
        matches!(&terms("is:forwarded")[..], [(false, Term::Keyword(keyword))] if keyword.as_str() == "$Forwarded")
    );
}

#[test]
fn a_day_a_month_or_a_year_is_a_range() {
    for (value, first, after) in [
        ("2026-01-31", day(2026, 1, 31), day(2026, 2, 1)),
        ("2026-12", day(2026, 12, 1), day(2027, 1, 1)),
        ("2024", day(2024, 1, 1), day(2025, 1, 1)),
    ] {
        assert_eq!(terms(&format!("on:{value}")), [(false, Term::Since(first)), (false, Term::Before(after))]);
        let outside = [vec![(false, Term::Before(first))], vec![(false, Term::Since(after))]];
        assert_eq!(alternatives(&format!("-on:{value}")), outside);
    }
}

#[test]
fn or_not_and_parentheses_combine() {
    let any = |words: &[&str]| Term::Text(words.iter().map(|word| (Field::Any, (*word).to_owned())).collect());
    let (a, b, c) = (text(Field::Any, "a"), text(Field::Any, "b"), text(Field::Any, "c"));
    assert_eq!(terms("a OR b c"), [(false, any(&["a", "b"])), (false, c.clone())], "OR binds closer");
    assert_eq!(terms("a AND b"), [(false, a.clone()), (false, b.clone())]);
    assert_eq!(terms("NOT a"), [(true, a.clone())]);
    assert_eq!(terms("--a").len(), 1);
    assert_eq!(terms("-(a OR b)"), [(true, any(&["a", "b"]))]);
    assert_eq!(terms("NOT -a"), [(false, a.clone())]);
    assert_eq!(alternatives("-(a b)"), [vec![(true, a.clone())], vec![(true, b.clone())]]);
    assert_eq!(
        alternatives("(a is:read) OR (b c)"),
        [vec![(false, a.clone()), (false, Term::Flag(SystemFlag::Seen))], vec![(false, b), (false, c)]]
    );
    assert_eq!(alternatives("a (is:unread OR is:flagged)").len(), 2);
    assert_eq!(
        terms("subject:(a OR b from:x)"),
        [
            (false, Term::Text(vec![(Field::Subject, "a".into()), (Field::Subject, "b".into())])),
            (false, text(Field::From, "x"))
        ]
    );
    assert_eq!(terms("is:(read answered)").len(), 2);
    assert_eq!(alternatives("((((a))))"), [vec![(false, a)]]);
}

#[test]
fn what_is_no_syntax_is_text() {
    for (query, expected) in [
        ("http://x.example/y", "http://x.example/y"),
        ("std::fmt", "std::fmt"),
        ("Re:hello", "Re:hello"),
        ("12:30", "12:30"),
        ("f(x)", "f(x)"),
        ("well-known", "well-known"),
        ("invo*", "invo"),
        ("or", "or"),
        ("\"from:ann\"", "from:ann"),
        ("“curly marks”", "curly marks"),
        ("\"a\u{0}b\"", "a b"),
    ] {
        assert_eq!(terms(query), [(false, text(Field::Any, expected))], "{query}");
    }
    assert_eq!(terms("salt & pepper - \u{2013}").len(), 2);
    assert_eq!(terms("Note: this").len(), 2);
    assert_eq!(terms("(f(x) y)").len(), 2);
}

#[test]
fn what_makes_no_sense_is_told_in_words() {
    for (query, words) in [
        ("", "the query is empty"),
        (" \t", "the query is empty"),
        ("?!", "there is no word to look for"),
        ("a ()", "there is no word to look for"),
        ("\"open", "a quotation mark is not closed"),
        ("(a", "a parenthesis is not closed"),
        ("subject:\"...\"", "subject: must be followed by a word"),
        (
            "is:odd",
            "is: must be followed by unread, read, flagged, unflagged, answered, unanswered, forwarded, draft or deleted",
        ),
        ("has:fun", "has: must be followed by attachment"),
        ("before:yesterday", "before: must be followed by a day, month or year such as 2026-01-31, 2026-01 or 2026"),
        ("on:2026-02-30", "on: must be followed by a day, month or year such as 2026-01-31, 2026-01 or 2026"),
        ("larger:big", "larger: must be followed by a size such as 500, 20k or 5M"),
        ("from:", "from: must be followed by a word"),
        ("in:\" \"", "in: must be followed by the name of a mailbox"),
        ("OR x", "OR must stand between two words, and NOT before one"),
        ("x OR", "OR must stand between two words, and NOT before one"),
        ("x NOT", "OR must stand between two words, and NOT before one"),
        (
            "form:ann",
            "form: is not known. Known are from:, to:, cc:, bcc:, subject:, body:, filename:, is:, has:, keyword:, before:, \
             after:, since:, on:, larger:, smaller:, in:. In quotation marks it is looked for as text",
        ),
    ] {
        assert_eq!(Query::parse(query).map_err(|error| error.to_string()), Err(words.to_owned()), "{query}");
    }
    assert_eq!(Query::parse(&"(".repeat(500)), Err(InvalidQuery::TooComplex));
    assert_eq!(Query::parse(&"-(".repeat(500)), Err(InvalidQuery::TooComplex));
    assert_eq!(Query::parse(&"a ".repeat(65)), Err(InvalidQuery::TooLong));
    assert_eq!(Query::parse(&"a".repeat(2_001)), Err(InvalidQuery::TooLong));
    assert_eq!(Query::parse(&"(is:read OR x) ".repeat(6)), Err(InvalidQuery::TooComplex));
}
