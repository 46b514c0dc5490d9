//! File names out of mails, made safe to create in a folder.

/// The longest name given, in bytes: most file systems take 255.
const MAX_LEN: usize = 200;
const RESERVED: &[&str] = &["con", "prn", "aux", "nul"];

/// A name that is safe in any folder of any platform: one component, no control or direction-changing characters, not
/// hidden, not a device, never empty. The extension is kept.
pub fn safe_file_name(name: Option<&str>, media_type: &str) -> String {
    let last = name.unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default();
    let mut safe: String = last
        .chars()
        .filter(|c| !c.is_control() && !is_format(*c))
        .map(|c| if matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|') { '_' } else { c })
        .collect();
    safe = safe.trim_matches(|c: char| c.is_whitespace() || c == '.').to_owned();
    if safe.is_empty() {
        safe = format!("attachment.{}", extension(media_type));
    }
    let stem = safe.split('.').next().unwrap_or_default().trim().to_ascii_lowercase();
    let numbered =
        |prefix: &str| stem.strip_prefix(prefix).is_some_and(|n| n.len() == 1 && n.as_bytes()[0].is_ascii_digit());
    if RESERVED.contains(&stem.as_str()) || numbered("com") || numbered("lpt") {
        safe.insert(0, '_');
    }
    shorten(&safe)
}

/// Marks that change the direction of what is shown, or are not seen at all: `exe.txt` could be made of `txt.exe`.
fn is_format(c: char) -> bool {
    matches!(c, '\u{00ad}' | '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

fn shorten(name: &str) -> String {
    if name.len() <= MAX_LEN {
        return name.to_owned();
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.len() <= 16 => (stem, format!(".{extension}")),
        _ => (name, String::new()),
    };
    let room = MAX_LEN - extension.len();
    let end = (0..=room.min(stem.len())).rev().find(|at| stem.is_char_boundary(*at)).unwrap_or(0);
    format!("{}{extension}", &stem[..end])
}

fn extension(media_type: &str) -> &'static str {
    match media_type {
        "text/plain" => "txt",
        "text/html" => "html",
        "text/calendar" => "ics",
        "text/csv" => "csv",
        "message/rfc822" => "eml",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leaves_its_folder_or_hides() {
        for (name, safe) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\a.exe", "a.exe"),
            ("..", "attachment.bin"),
            (".bashrc", "bashrc"),
            ("a\u{202e}txt.exe", "atxt.exe"),
            ("NUL.txt", "_NUL.txt"),
            ("com1", "_com1"),
            ("a:b?.txt", "a_b_.txt"),
            (" x\r\ny.txt ", "xy.txt"),
            ("/", "attachment.bin"),
            ("Füße.pdf", "Füße.pdf"),
        ] {
            assert_eq!(safe_file_name(Some(name), "application/x"), safe);
        }
        assert_eq!(safe_file_name(None, "message/rfc822"), "attachment.eml");
        let long = safe_file_name(Some(&format!("{}.pdf", "ü".repeat(300))), "application/pdf");
        assert!(long.len() <= 200 && long.ends_with(".pdf"));
    }
}
