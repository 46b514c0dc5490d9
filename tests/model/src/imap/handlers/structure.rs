//! BODY and BODYSTRUCTURE (RFC 9051 section 7.5.2).

use super::envelope::{Forms, put_envelope};
use crate::imap::write::{nstring, string};
use crate::mime::{Body, Headers, Parameters, Part};

pub(super) fn put_structure(out: &mut Vec<u8>, bytes: &[u8], part: &Part, extended: bool, forms: Forms) {
    out.push(b'(');
    match &part.inner {
        Body::Multipart(parts) => {
            for inner in parts {
                put_structure(out, bytes, inner, extended, forms);
            }
            out.push(b' ');
            string(out, &part.content_type.subtype, forms.0, forms.1);
            if extended {
                out.push(b' ');
                put_parameters(out, &part.content_type.parameters, forms);
            }
        }
        Body::Leaf | Body::Message(_) => put_single(out, bytes, part, extended, forms),
    }
    if extended {
        put_extension(out, part, forms);
    }
    out.push(b')');
}

fn put_single(out: &mut Vec<u8>, bytes: &[u8], part: &Part, extended: bool, forms: Forms) {
    let body = bytes.get(part.body.clone()).unwrap_or_default();
    string(out, &part.content_type.kind, forms.0, forms.1);
    out.push(b' ');
    string(out, &part.content_type.subtype, forms.0, forms.1);
    out.push(b' ');
    put_parameters(out, &part.content_type.parameters, forms);
    for value in [part.id.as_deref(), part.description.as_deref(), Some(part.encoding.as_slice())] {
        out.push(b' ');
        nstring(out, value, forms.0, forms.1);
    }
    out.extend_from_slice(format!(" {}", body.len()).as_bytes());
    let lines = || format!(" {}", body.iter().filter(|byte| **byte == b'\n').count());
    if let Body::Message(inner) = &part.inner {
        out.push(b' ');
        let header = bytes.get(inner.header.start..).unwrap_or_default();
        put_envelope(out, &Headers::parse(header), forms);
        out.push(b' ');
        put_structure(out, bytes, inner, extended, forms);
        out.extend_from_slice(lines().as_bytes());
    } else if part.content_type.kind.eq_ignore_ascii_case(b"text") {
        out.extend_from_slice(lines().as_bytes());
    }
    if extended {
        out.push(b' ');
        nstring(out, part.md5.as_deref(), forms.0, forms.1);
    }
}

/// Disposition, language and location.
fn put_extension(out: &mut Vec<u8>, part: &Part, forms: Forms) {
    out.push(b' ');
    match &part.disposition {
        Some((kind, parameters)) => {
            out.push(b'(');
            string(out, kind, forms.0, forms.1);
            out.push(b' ');
            put_parameters(out, parameters, forms);
            out.push(b')');
        }
        None => out.extend_from_slice(b"NIL"),
    }
    for value in [part.language.as_deref(), part.location.as_deref()] {
        out.push(b' ');
        nstring(out, value, forms.0, forms.1);
    }
}

fn put_parameters(out: &mut Vec<u8>, parameters: &Parameters, forms: Forms) {
    if parameters.is_empty() {
        out.extend_from_slice(b"NIL");
        return;
    }
    out.push(b'(');
    for (index, (name, value)) in parameters.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        string(out, name, forms.0, forms.1);
        out.push(b' ');
        string(out, value, forms.0, forms.1);
    }
    out.push(b')');
}
