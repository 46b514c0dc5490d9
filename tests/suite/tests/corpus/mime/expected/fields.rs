//! `mail-parser-fields`: values of single fields, with what mail-parser reads in them.

use postrider::mime;
use postrider::model::Envelope;
use serde_json::Value;

use super::json;
use crate::mime::compare::line;

/// Where we read otherwise: the kind of field, the beginning of the value, and why.
const EXPLAINED: &[(&str, &str, &str)] = &[
    ("address", "Pete(A nice", "comments are no part of a name to us"),
    ("address", "A Group(Some people)", "comments are no part of a name to us"),
    ("address", "John Doe <jdoe@machine(comment)", "comments are no part of a name to us, nor blanks of a domain"),
    ("address", "Nathaniel Borenstein", "comments are no part of a name to us"),
    ("address", "Name (comment)", "comments are no part of a name to us"),
    ("address", "Mary Smith <@node.test", "a route and blanks are no part of an address (RFC 5322 section 4.4)"),
    ("content_type", "/ ; name=value", "no type, but a name: a file to us; mail-parser passes over the name"),
    ("content_type", "image/jpeg;\n   name=", "blanks between encoded words are not shown (RFC 2047 section 6.2)"),
    ("date", "Tue, 30 Dec 1969", "a date before 1970, which no mail has: none to us"),
    ("date", "Thu, 13 Feb 1969", "a date before 1970, which no mail has: none to us"),
    ("date", "Thu,\n   13", "a date before 1970, which no mail has: none to us"),
    ("date", "20 11 (some", "months and years by numbers in a row are no date to us"),
    ("date", "4 8 15 16 23 42", "numbers in a row are no date to us"),
    ("date", "by 2002:aa7", "the date of a Received field, which we do not read"),
    ("date", "Thu, 10 Jul 1997 14:53:31 EST5EDT", "a zone by the name of its rules: none to us"),
    ("id", "<1234   @   local(blah)", "blanks in an id mean nothing to us"),
];

fn envelope(field: &str, value: &str) -> Envelope {
    mime::envelope(format!("{field}: {value}\r\n\r\n").as_bytes())
}

fn addresses(value: &Value, found: &mut Vec<(String, String)>) {
    for one in value.as_array().into_iter().flatten() {
        let text = |name: &str| line(one[name].as_str().unwrap_or_default());
        match one.get("addresses") {
            Some(members) => addresses(members, found),
            None => found.push((text("name"), text("address"))),
        }
    }
}

/// What we read in a value, and what mail-parser reads, in words.
fn read(kind: &str, value: &str, expected: &Value) -> (String, String) {
    match kind {
        "address" => {
            let ours = envelope("To", value).to.into_iter().map(|one| (line(&one.name), one.email)).collect::<Vec<_>>();
            let mut theirs = Vec::new();
            addresses(expected.get("List").or_else(|| expected.get("Group")).unwrap_or(expected), &mut theirs);
            (format!("{ours:?}"), format!("{theirs:?}"))
        }
        "id" => {
            let ids = expected.as_array().into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>();
            (format!("{:?}", envelope("References", value).references), format!("{ids:?}"))
        }
        "date" => {
            let number = |name: &str| expected[name].as_i64().unwrap_or_default();
            let theirs = expected.is_object().then(|| {
                let days = days(number("year"), number("month"), number("day"));
                let zone = (number("tz_hour") * 60 + number("tz_minute")) * 60;
                let local = days * 86_400 + number("hour") * 3_600 + number("minute") * 60 + number("second");
                if expected["tz_before_gmt"] == true { local + zone } else { local - zone }
            });
            (format!("{:?}", envelope("Date", value).date.map(|date| date.0)), format!("{theirs:?}"))
        }
        _ => {
            let part = mime::parse(format!("Content-Type: {value}\r\n\r\n").as_bytes()).structure;
            let attribute = |name: &str| {
                let all = expected["attributes"].as_array()?;
                all.iter().find(|one| one[0] == name)?[1].as_str().map(line).filter(|name| !name.is_empty())
            };
            let name = attribute("name");
            // What is no type, or a multipart without parts, we show as text, and a file as one (RFC 2045 section 5.2).
            let media_type = match (expected["c_type"].as_str(), expected["c_subtype"].as_str()) {
                (Some(kind), Some(subtype)) if kind != "multipart" && !kind.is_empty() => format!("{kind}/{subtype}"),
                _ if name.is_some() => "application/octet-stream".to_owned(),
                _ => "text/plain".to_owned(),
            };
            (format!("{:?}", (part.media_type, part.name)), format!("{:?}", (media_type, name)))
        }
    }
}

/// Days from 1970-01-01, by the rule of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day
        - 719_469
}

#[test]
fn every_field_is_read_as_the_result_beside_it_says_or_the_difference_is_explained() {
    let Some(corpus) = crate::mime::corpus() else { return };
    let (mut count, mut unexplained, mut used) = (0, Vec::new(), Vec::new());
    for kind in ["address", "content_type", "date", "id"] {
        let all = json(&corpus, &format!("mime/mail-parser-fields/{kind}.json"));
        for one in all.as_array().unwrap() {
            let value = one["header"].as_str().unwrap();
            let (ours, theirs) = read(kind, value, &one["expected"]);
            count += 1;
            if ours == theirs {
                continue;
            }
            match EXPLAINED.iter().position(|(of, start, _)| *of == kind && value.trim_start().starts_with(start)) {
                Some(reason) => used.push(reason),
                None => unexplained.push(format!("{kind} {value:?}: {ours} for {theirs}")),
            }
        }
    }
    assert!(count >= 200, "only {count} fields");
    assert!(unexplained.is_empty(), "{} differences have no reason:\n{}", unexplained.len(), unexplained.join("\n"));
    let useless: Vec<_> = EXPLAINED.iter().enumerate().filter(|(number, _)| !used.contains(number)).collect();
    assert!(useless.is_empty(), "reasons for what does not differ: {useless:?}");
}
