//! ENVELOPE (RFC 9051 section 7.5.2).

use crate::imap::write::nstring;
use crate::mime::{Address, Headers, addresses};
use crate::profile::StringForm;

/// How strings are written: form, and whether UTF-8 may stand in quotes.
pub(super) type Forms = (StringForm, bool);

pub(super) fn put_envelope(out: &mut Vec<u8>, headers: &Headers<'_>, forms: Forms) {
    let put = |out: &mut Vec<u8>, name: &str| nstring(out, headers.value(name).as_deref(), forms.0, forms.1);
    out.push(b'(');
    put(out, "Date");
    out.push(b' ');
    put(out, "Subject");
    let from = list(headers, "From");
    for name in ["From", "Sender", "Reply-To", "To", "Cc", "Bcc"] {
        out.push(b' ');
        let own = list(headers, name);
        let standing_in = own.is_empty() && matches!(name, "Sender" | "Reply-To");
        put_addresses(out, if standing_in { &from } else { &own }, forms);
    }
    out.push(b' ');
    put(out, "In-Reply-To");
    out.push(b' ');
    put(out, "Message-ID");
    out.push(b')');
}

fn list(headers: &Headers<'_>, name: &str) -> Vec<Address> {
    headers.values(name).flat_map(|value| addresses(&value)).collect()
}

fn put_addresses(out: &mut Vec<u8>, list: &[Address], forms: Forms) {
    if list.is_empty() {
        out.extend_from_slice(b"NIL");
        return;
    }
    out.push(b'(');
    for address in list {
        out.push(b'(');
        nstring(out, address.name.as_deref(), forms.0, forms.1);
        out.extend_from_slice(b" NIL ");
        nstring(out, address.mailbox.as_deref(), forms.0, forms.1);
        out.push(b' ');
        nstring(out, address.host.as_deref(), forms.0, forms.1);
        out.push(b')');
    }
    out.push(b')');
}
