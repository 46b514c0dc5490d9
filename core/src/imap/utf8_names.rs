//! Names of mailboxes on a connection that speaks UTF-8 (RFC 6855), brought into the form they have on any other: the key of a
//! mailbox must not depend on what a server happens to offer today.

use super::{Untagged, utf7};

/// Brings the names in a response from UTF-8 into modified UTF-7. What is not UTF-8 stays as it is.
pub(super) fn to_utf7(data: &mut Untagged) {
    match data {
        Untagged::List(entry) => {
            convert(&mut entry.name);
            entry.old_name.iter_mut().for_each(convert);
        }
        Untagged::Status(status) => convert(&mut status.name),
        Untagged::Namespace(namespaces) => {
            let all = [&mut namespaces.personal, &mut namespaces.other_users, &mut namespaces.shared];
            all.into_iter().flatten().for_each(|namespace| convert(&mut namespace.prefix));
        }
        _ => {}
    }
}

fn convert(name: &mut Vec<u8>) {
    if let Ok(text) = std::str::from_utf8(name) {
        *name = utf7::encode(text);
    }
}
