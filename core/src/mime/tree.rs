//! A mail taken apart into its parts (RFC 2046), by one look for each boundary: nothing is copied or decoded, and depth and
//! number of parts are bounded, so that its cost is linear in its length.

use memchr::memmem::Finder;

use super::fields::{self, Field};
use super::params::{self, Structured};
use super::{content, envelope};
use crate::model::{Disposition, Part};

/// How deep mails and multiparts within each other are looked into, and how many parts of one mail are kept.
const MAX_DEPTH: usize = 50;
const MAX_PARTS: usize = 1_000;
/// The longest boundary: RFC 2046 ends them at 70 characters.
const MAX_BOUNDARY: usize = 1_000;
/// How much of an encoded mail within a mail is decoded for its subject, in bytes.
const MAX_INNER_HEADER: usize = 64 * 1024;
/// The longest name of a charset kept, in bytes.
const MAX_CHARSET: usize = 100;
/// The longest media type: RFC 6838 section 4.2 ends each half at 127.
const MAX_TYPE: usize = 255;

/// One part, and where its content stands.
pub(super) struct Entity<'a> {
    pub(super) part: Part,
    /// Its content, encoded.
    pub(super) body: &'a [u8],
    /// Whether the text is `format=flowed` (RFC 3676), and then whether the blanks at line ends go.
    pub(super) flowed: Option<bool>,
    pub(super) children: Vec<Entity<'a>>,
}

/// A mail taken apart.
pub(super) struct Tree<'a> {
    pub(super) root: Entity<'a>,
    pub(super) ambiguous: bool,
}

impl<'a> Entity<'a> {
    /// This part and all within it.
    pub(super) fn walk<'t>(&'t self) -> impl Iterator<Item = &'t Entity<'a>> {
        let mut pending = vec![self];
        std::iter::from_fn(move || {
            let entity = pending.pop()?;
            pending.extend(entity.children.iter().rev());
            Some(entity)
        })
    }

    pub(super) fn into_part(self) -> Part {
        Part { children: self.children.into_iter().map(Entity::into_part).collect(), ..self.part }
    }
}

/// Takes a mail apart.
pub(super) fn read(mail: &[u8]) -> Tree<'_> {
    let mut reader = Reader { count: 0, ambiguous: false };
    let root = reader.mail(mail, "", 0);
    Tree { root, ambiguous: reader.ambiguous }
}

/// The structure of a mail that nothing is known of.
pub(super) fn opaque(mail: &[u8]) -> Part {
    Part {
        section: "1".to_owned(),
        media_type: "text/plain".to_owned(),
        encoding: "7bit".to_owned(),
        octets: mail.len() as u64,
        ..Part::default()
    }
}

struct Reader {
    count: usize,
    ambiguous: bool,
}

impl Reader {
    /// A mail, whole or within another whose part has this specifier.
    fn mail<'a>(&mut self, mail: &'a [u8], section: &str, depth: usize) -> Entity<'a> {
        let (header, body) = mail.split_at(fields::body_start(mail));
        let header = Header::read(header, &mut self.ambiguous);
        // A multipart has the number of the mail that it is (RFC 3501 section 6.4.5).
        let section = if header.boundary(body).is_some() { section.to_owned() } else { below(section, 1) };
        self.entity(header, body, section, "text/plain", depth)
    }

    fn entity<'a>(
        &mut self,
        header: Header,
        body: &'a [u8],
        section: String,
        default: &str,
        depth: usize,
    ) -> Entity<'a> {
        self.count += 1;
        let mut entity = header.entity(body, section, default);
        let may_open = depth < MAX_DEPTH && self.count < MAX_PARTS;
        if entity.part.is_multipart() {
            match header.boundary(body).filter(|_| may_open) {
                Some(boundary) => self.children(&mut entity, &boundary, depth),
                None => {
                    // It cannot be taken apart: all of it is shown.
                    self.ambiguous = true;
                    entity.part.media_type = "text/plain".to_owned();
                    if entity.part.section.is_empty() {
                        entity.part.section = "1".to_owned();
                    }
                }
            }
        } else if is_mail(&entity.part) {
            self.attached_mail(&mut entity, depth, may_open);
        }
        entity
    }

    fn children<'a>(&mut self, parent: &mut Entity<'a>, boundary: &str, depth: usize) {
        let default = if parent.part.media_type == "multipart/digest" { "message/rfc822" } else { "text/plain" };
        let delimiter = format!("--{boundary}");
        let finder = Finder::new(&delimiter);
        let mut rest = parent.body;
        let Some((_, Delimiter { after, last: false })) = next(rest, &finder) else { return };
        rest = &rest[after..];
        loop {
            if self.count >= MAX_PARTS {
                self.ambiguous = true;
                return;
            }
            let (end, delimiter) =
                next(rest, &finder).map_or((None, None), |(end, delimiter)| (Some(end), Some(delimiter)));
            let piece = &rest[..end.unwrap_or(rest.len())];
            let (header, body) = piece.split_at(part_start(piece));
            let header = Header::read(header, &mut self.ambiguous);
            let section = below(&parent.part.section, parent.children.len() + 1);
            let child = self.entity(header, body, section, default, depth + 1);
            parent.children.push(child);
            match delimiter {
                Some(Delimiter { after, last: false }) => rest = &rest[after..],
                Some(_) => return,
                None => {
                    self.ambiguous = true;
                    return;
                }
            }
        }
    }

    fn attached_mail<'a>(&mut self, entity: &mut Entity<'a>, depth: usize, may_open: bool) {
        let encoded = matches!(entity.part.encoding.as_str(), "base64" | "quoted-printable");
        if entity.part.name.is_none() {
            let start = &entity.body[..entity.body.len().min(MAX_INNER_HEADER)];
            entity.part.name = match encoded {
                // No mail may be encoded whole (RFC 2046 section 5.2.1); some are.
                true => envelope::subject_of(&content::decode(start, &entity.part.encoding)),
                false => envelope::subject_of(start),
            };
        }
        if may_open && !encoded {
            let child = self.mail(entity.body, &entity.part.section, depth + 1);
            entity.children.push(child);
        }
    }
}

fn is_mail(part: &Part) -> bool {
    matches!(part.media_type.as_str(), "message/rfc822" | "message/global")
}

fn below(section: &str, number: usize) -> String {
    if section.is_empty() { number.to_string() } else { format!("{section}.{number}") }
}

/// Where the content of a part begins: one that begins with neither a field nor an empty line is all content.
fn part_start(piece: &[u8]) -> usize {
    fields::body_start(piece)
}

struct Delimiter {
    /// Where the next line begins.
    after: usize,
    last: bool,
}

/// Whether a body has parts with this boundary.
fn starts(body: &[u8], boundary: &str) -> bool {
    next(body, &Finder::new(&format!("--{boundary}"))).is_some_and(|(_, delimiter)| !delimiter.last)
}

/// The next delimiter line, and where the content before it ends: its line break is not content (RFC 2046 section 5.1.1).
fn next(body: &[u8], finder: &Finder<'_>) -> Option<(usize, Delimiter)> {
    let len = finder.needle().len();
    let mut from = 0;
    while let Some(found) = finder.find(&body[from..]) {
        let start = from + found;
        from = start + len;
        if start > 0 && body[start - 1] != b'\n' {
            continue;
        }
        let line_end = memchr::memchr(b'\n', &body[from..]).map_or(body.len(), |at| from + at + 1);
        let line = &body[from..line_end];
        let last = line.starts_with(b"--");
        let line = if last { &line[2..] } else { line };
        // `--ab` is not a delimiter of the boundary `a`.
        if !line.trim_ascii().is_empty() {
            continue;
        }
        let before = &body[..start];
        let end = before.strip_suffix(b"\r\n").or_else(|| before.strip_suffix(b"\n")).map_or(start, <[u8]>::len);
        return Some((end, Delimiter { after: line_end, last }));
    }
    None
}

/// The fields that say what a part is. Of those that repeat, the first counts.
#[derive(Default)]
struct Header {
    content_type: Option<Structured>,
    disposition: Option<Structured>,
    encoding: Option<String>,
    content_id: Option<String>,
}

impl Header {
    fn read(header: &[u8], ambiguous: &mut bool) -> Self {
        let mut found = Self::default();
        for field in fields::fields(header).filter(|field| field.name.len() > 9 && field.name[0] | 0x20 == b'c') {
            if field.is("Content-Type") {
                *ambiguous |= found.content_type.is_some();
                found.content_type.get_or_insert_with(|| params::parse(&field.text()));
            } else if field.is("Content-Disposition") {
                *ambiguous |= found.disposition.is_some();
                found.disposition.get_or_insert_with(|| params::parse(&field.text()));
            } else if field.is("Content-Transfer-Encoding") {
                *ambiguous |= found.encoding.is_some();
                found.encoding.get_or_insert_with(|| encoding(&field));
            } else if field.is("Content-ID") {
                found.content_id.get_or_insert_with(|| content_id(&field));
            }
        }
        found
    }

    /// The boundary with which parts begin in this body.
    fn boundary(&self, body: &[u8]) -> Option<String> {
        let content_type = self.content_type.as_ref().filter(|found| found.value.starts_with("multipart/"))?;
        let boundary = content_type.get("boundary")?;
        let boundary = boundary.trim_end();
        // Single quotes are part of it, but not meant so by those who write them.
        let bare = boundary.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        let fits = |boundary: &&str| (1..=MAX_BOUNDARY).contains(&boundary.len()) && starts(body, boundary);
        [Some(boundary), bare].into_iter().flatten().find(fits).map(str::to_owned)
    }

    fn entity<'a>(&self, body: &'a [u8], section: String, default: &str) -> Entity<'a> {
        let content_type = self.content_type.as_ref();
        let parameter = |name| content_type.and_then(|found| found.get(name));
        let name = self.disposition.as_ref().and_then(|found| found.get("filename")).or_else(|| parameter("name"));
        let media_type = content_type.map_or(default, |found| media_type(&found.value, default, name.is_some()));
        let media_type: String = media_type.chars().take(MAX_TYPE).collect();
        let is_plain = media_type == "text/plain";
        let is_flowed = is_plain && parameter("format").is_some_and(|format| format.eq_ignore_ascii_case("flowed"));
        let del_sp = || parameter("delsp").is_some_and(|del_sp| del_sp.eq_ignore_ascii_case("yes"));
        Entity {
            body,
            flowed: is_flowed.then(del_sp),
            children: Vec::new(),
            part: Part {
                section,
                charset: parameter("charset")
                    .map(|charset| charset.trim().to_ascii_lowercase())
                    .filter(|charset| !charset.is_empty() && charset.len() <= MAX_CHARSET),
                media_type,
                name: name.map(|name| envelope::text(&name)).filter(|name| !name.is_empty()),
                content_id: self.content_id.clone().filter(|id| !id.is_empty()),
                disposition: match self.disposition.as_ref().map(|found| found.value.as_str()) {
                    None | Some("") => Disposition::Unspecified,
                    Some("inline") => Disposition::Inline,
                    Some(_) => Disposition::Attachment,
                },
                encoding: self.encoding.clone().unwrap_or_else(|| "7bit".to_owned()),
                octets: body.len() as u64,
                children: Vec::new(),
            },
        }
    }
}

/// A media type that is whole; else what RFC 2045 section 5.2 says of none, but a file stays a file.
fn media_type<'a>(value: &'a str, default: &'a str, is_file: bool) -> &'a str {
    match value.split_once('/') {
        Some(("plain", "text")) => "text/plain",
        Some((kind, subtype)) if !kind.is_empty() && !subtype.is_empty() => value,
        _ if value == "multipart" => "multipart/mixed",
        _ if is_file => "application/octet-stream",
        _ => default,
    }
}

fn encoding(field: &Field<'_>) -> String {
    let value = params::parse(&field.text()).value;
    let known = match value.trim_matches('"') {
        "8bit" => "8bit",
        "binary" => "binary",
        "quoted-printable" => "quoted-printable",
        "base64" => "base64",
        "x-uuencode" | "uuencode" | "x-uue" => "x-uuencode",
        _ => "7bit",
    };
    known.to_owned()
}

fn content_id(field: &Field<'_>) -> String {
    envelope::text(&field.text()).trim_matches(['<', '>', ' ']).to_owned()
}
