//! GETQUOTA and GETQUOTAROOT (RFC 9208).

use crate::imap::reply::{Outcome, no, ok};
use crate::imap::session::Session;

impl Session {
    pub(crate) fn quota(&mut self, root: &[u8]) -> Outcome {
        if !root.is_empty() {
            return no("[NONEXISTENT] no such quota root");
        }
        self.say_quota();
        ok("done")
    }

    pub(crate) fn quota_root(&mut self, mailbox: &[u8]) -> Outcome {
        let raw = self.raw_name(mailbox);
        if self.with_account(|account| account.mailbox(&raw).is_some()) != Some(true) {
            return no("[NONEXISTENT] no such mailbox");
        }
        self.io.put("* QUOTAROOT ");
        self.put_name(&raw);
        self.io.put(" \"\"");
        self.io.end();
        self.say_quota();
        ok("done")
    }

    fn say_quota(&mut self) {
        let usage = self.with_account(|account| account.quota.map(|quota| (account.used(), quota))).flatten();
        let resources =
            usage.map_or_else(String::new, |(used, quota)| format!("STORAGE {} {}", used.div_ceil(1024), quota / 1024));
        self.io.say(format!("* QUOTA \"\" ({resources})"));
    }
}
