//! By what a message is known again where its UID says nothing.

use super::Timestamp;

/// By what a message is known again: ids that some servers give, else what no copy or move changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// EMAILID (RFC 8474).
    pub email_id: Option<String>,
    /// X-GM-MSGID.
    pub gm_msgid: Option<u64>,
    /// Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// Size in octets.
    pub size: Option<u64>,
    /// When the server got it. Not every server keeps it for a copy.
    pub internal_date: Option<Timestamp>,
}

impl Identity {
    /// Whether the server says that the two are one.
    pub fn is_same(&self, other: &Self) -> bool {
        let equal = |one: bool, both: bool| one && both;
        equal(self.email_id.is_some(), self.email_id == other.email_id)
            || equal(self.gm_msgid.is_some(), self.gm_msgid == other.gm_msgid)
    }

    /// Whether all that is known of both is the same, and enough is known: the size, and the Message-ID or the date.
    pub fn looks_same(&self, other: &Self) -> bool {
        let contradict = self.email_id.is_some() && other.email_id.is_some() && self.email_id != other.email_id
            || self.gm_msgid.is_some() && other.gm_msgid.is_some() && self.gm_msgid != other.gm_msgid;
        let named = match (&self.message_id, &other.message_id) {
            (Some(one), Some(other)) => one == other,
            (None, None) => self.internal_date.is_some() && self.internal_date == other.internal_date,
            _ => false,
        };
        !contradict && named && self.size.is_some() && self.size == other.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(message_id: Option<&str>, size: u64) -> Identity {
        Identity { message_id: message_id.map(str::to_owned), size: Some(size), ..Identity::default() }
    }

    #[test]
    fn looks_are_the_message_id_and_the_size_and_never_against_the_servers_word() {
        let one = identity(Some("a@b"), 10);
        assert!(one.looks_same(&one));
        assert!(!one.looks_same(&identity(Some("a@b"), 11)));
        assert!(!one.looks_same(&identity(Some("x@b"), 10)));
        assert!(!identity(None, 10).looks_same(&identity(None, 10)), "a size alone is nothing");
        let labelled = |id: &str| Identity { email_id: Some(id.to_owned()), ..one.clone() };
        assert!(!labelled("M1").looks_same(&labelled("M2")));
        assert!(labelled("M1").is_same(&Identity { email_id: Some("M1".to_owned()), ..Identity::default() }));
        assert!(!one.is_same(&one));
    }
}
