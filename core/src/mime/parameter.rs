//! Parameters of Content-Type and Content-Disposition as BODYSTRUCTURE hands them on: continuations and charsets of
//! RFC 2231, and the encoded words that RFC 2047 forbids there and many send.

use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::MessageParser;

use super::envelope::text;

/// The decoded value of a parameter, its name in lower case. `None` where there is none, or it is empty.
pub fn parameter(parameters: &[(String, String)], name: &str) -> Option<String> {
    let simple = parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let extended = parameters.iter().any(|(key, _)| key.starts_with(name) && key[name.len()..].starts_with('*'));
    if let (Some(value), false) = (simple, extended) {
        if !value.contains("=?") {
            return Some(text(value)).filter(|value| !value.is_empty());
        }
        let header = format!("Subject: {}\r\n\r\n", value.replace(['\r', '\n'], " "));
        let decoded = decoded(&header, |message| message.subject().map(text));
        return decoded.filter(|value| !value.is_empty());
    }
    if !extended {
        return None;
    }
    // mail-parser knows RFC 2231; it is given back the header that the server took apart.
    let mut header = "Content-Disposition: attachment".to_owned();
    for (key, value) in parameters.iter().filter(|(key, _)| key.starts_with(name)) {
        let token = key.replace(name, "filename");
        let quoted: String = value.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect();
        if token.ends_with('*') {
            header.push_str(&format!("; {token}={quoted}"));
        } else {
            header.push_str(&format!("; {token}=\"{quoted}\""));
        }
    }
    header.push_str("\r\n\r\n");
    decoded(&header, |message| {
        use mail_parser::MimeHeaders;
        message.parts.first().and_then(MimeHeaders::attachment_name).map(text)
    })
    .filter(|value| !value.is_empty())
}

fn decoded(header: &str, read: impl Fn(&mail_parser::Message<'_>) -> Option<String>) -> Option<String> {
    let parse = || MessageParser::default().parse_headers(header.as_bytes()).and_then(|message| read(&message));
    catch_unwind(AssertUnwindSafe(parse)).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(pairs: &[(&str, &str)]) -> Option<String> {
        let pairs: Vec<(String, String)> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        parameter(&pairs, "filename")
    }

    #[test]
    fn names_in_every_encoding_are_read() {
        assert_eq!(name(&[("filename", "a b.txt")]).as_deref(), Some("a b.txt"));
        assert_eq!(name(&[("filename", "=?utf-8?B?w7xiZXIucGRm?=")]).as_deref(), Some("über.pdf"));
        assert_eq!(name(&[("filename*", "utf-8''%C3%BCber.pdf")]).as_deref(), Some("über.pdf"));
        assert_eq!(name(&[("filename*0*", "utf-8''%C3%BC"), ("filename*1", "ber.pdf")]).as_deref(), Some("über.pdf"));
        assert_eq!(name(&[("filename", "")]), None);
        assert_eq!(name(&[]), None);
    }
}
