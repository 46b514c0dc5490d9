//! File names out of mails, made safe to create in a folder.

use std::collections::{BTreeMap, BTreeSet};

use super::envelope::is_unseen;
use crate::model::Part;

/// The longest name given, in bytes: most file systems take 255.
const MAX_LEN: usize = 200;
const RESERVED: &[&str] = &["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];

/// A name that is safe in any folder of any platform: one component, no control or direction-changing characters, not
/// hidden, not a device, never empty. The extension is kept.
pub fn safe_file_name(name: Option<&str>, media_type: &str) -> String {
    let name = name.unwrap_or_default();
    // The subject of a mail is no path.
    let is_mail = media_type == "message/rfc822";
    let last = if is_mail { name } else { name.rsplit(['/', '\\']).next().unwrap_or_default() };
    let mut safe: String = last
        .chars()
        .filter(|c| !c.is_control() && !is_format(*c))
        .map(|c| if matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|' | '/' | '\\') { '_' } else { c })
        .collect();
    safe = safe.trim_matches(|c: char| c.is_whitespace() || c == '.').to_owned();
    if is_mail && !safe.is_empty() && !safe.to_ascii_lowercase().ends_with(".eml") {
        safe = format!("{}.eml", &safe[..safe.floor_char_boundary(MAX_LEN)]);
    }
    if safe.is_empty() {
        safe = nameless(media_type);
    }
    let stem = safe.split('.').next().unwrap_or_default().trim().to_ascii_lowercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix)
            .is_some_and(|n| matches!(n, "¹" | "²" | "³") || n.len() == 1 && n.as_bytes()[0].is_ascii_digit())
    };
    if RESERVED.contains(&stem.as_str()) || numbered("com") || numbered("lpt") {
        safe.insert(0, '_');
    }
    shorten(&safe)
}

/// The names under which the attachments of one mail are shown and saved, in their order: each safe, and no two alike where
/// a file system does not tell capitals.
pub fn attachment_names(attachments: &[&Part]) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut names = Vec::with_capacity(attachments.len());
    // Where to go on counting, so that a thousand of one name do not cost a million looks.
    let mut counts = BTreeMap::new();
    for part in attachments {
        let safe = safe_file_name(part.name.as_deref(), &part.media_type);
        let mut name = safe.clone();
        let count = counts.entry(safe.to_lowercase()).or_insert(1_usize);
        while !taken.insert(name.to_lowercase()) {
            *count += 1;
            let (stem, extension) = cut(&safe);
            name = format!("{stem} ({count}){extension}");
        }
        names.push(name);
    }
    names
}

/// Marks that change the direction of what is shown, or are not seen at all: `exe.txt` could be made of `txt.exe`.
fn is_format(c: char) -> bool {
    is_unseen(c) || matches!(c, '\u{200c}' | '\u{200d}')
}

fn cut(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= 17 => name.split_at(dot),
        _ => (name, ""),
    }
}

fn shorten(name: &str) -> String {
    if name.len() <= MAX_LEN {
        return name.to_owned();
    }
    let (stem, extension) = cut(name);
    let stem = &stem[..stem.floor_char_boundary(MAX_LEN - extension.len())];
    format!("{}{extension}", stem.trim_end())
}

/// The name of a part that has none.
fn nameless(media_type: &str) -> String {
    match media_type.strip_prefix("message/") {
        Some(report @ ("delivery-status" | "disposition-notification" | "feedback-report")) => format!("{report}.txt"),
        _ if media_type == "text/rfc822-headers" => "headers.txt".to_owned(),
        _ => format!("attachment.{}", extension(media_type)),
    }
}

fn extension(media_type: &str) -> &'static str {
    match media_type {
        "text/html" => "html",
        "text/calendar" => "ics",
        "text/csv" => "csv",
        "message/rfc822" => "eml",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        other if other.starts_with("text/") => "txt",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_116_no_name_leaves_its_folder_or_hides() {
        for (name, safe) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\a.exe", "a.exe"),
            ("..", "attachment.bin"),
            (".bashrc", "bashrc"),
            ("a\u{202e}txt.exe", "atxt.exe"),
            ("a.pdf\u{202e}exe", "a.pdfexe"),
            ("NUL.txt", "_NUL.txt"),
            ("nul", "_nul"),
            ("CON .txt", "_CON .txt"),
            ("com1", "_com1"),
            ("LPT².log", "_LPT².log"),
            ("a:b?.txt", "a_b_.txt"),
            ("a\0.txt", "a.txt"),
            (" x\r\ny.txt ", "xy.txt"),
            ("x.txt. .", "x.txt"),
            ("/", "attachment.bin"),
            ("\u{200b}\u{feff}", "attachment.bin"),
            ("Füße.pdf", "Füße.pdf"),
            ("日本語.txt", "日本語.txt"),
        ] {
            assert_eq!(safe_file_name(Some(name), "application/x"), safe);
        }
        assert_eq!(safe_file_name(None, "message/rfc822"), "attachment.eml");
        assert_eq!(safe_file_name(Some("Re: 1/2 \\ done"), "message/rfc822"), "Re_ 1_2 _ done.eml");
        assert_eq!(safe_file_name(Some("kept.EML"), "message/rfc822"), "kept.EML");
        let long = safe_file_name(Some(&format!("{}.pdf", "ü".repeat(5_000))), "application/pdf");
        assert!(long.len() <= 200 && long.ends_with(".pdf"));
        let long = safe_file_name(Some(&"ü".repeat(5_000)), "message/rfc822");
        assert!(long.len() <= 200 && long.ends_with(".eml"));
    }

    #[test]
    fn case_116_names_of_one_mail_differ() {
        let named = |name: Option<&str>| Part {
            name: name.map(str::to_owned),
            media_type: "image/png".into(),
            ..Part::default()
        };
        let parts = [
            named(Some("a.png")),
            named(Some("A.png")),
            named(Some("a (2).png")),
            named(None),
            named(None),
            named(Some("a.png")),
        ];
        let names = attachment_names(&parts.iter().collect::<Vec<_>>());
        assert_eq!(names, ["a.png", "A (2).png", "a (2) (2).png", "attachment.png", "attachment (2).png", "a (3).png"]);
        let many: Vec<Part> = (0..20_000).map(|_| named(Some("same.png"))).collect();
        let names = attachment_names(&many.iter().collect::<Vec<_>>());
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), many.len());
    }
}
