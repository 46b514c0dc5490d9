//! What a private Dovecot reads at its start.

use std::fmt::Write as _;
use std::path::Path;

use super::{DovecotOptions, Ports, Storage};
use crate::servers::runner::Runner;

/// The whole configuration. `mark` is in the greeting, so that the launcher knows its own server.
pub(super) fn text(dir: &Path, mark: &str, ports: Ports, options: &DovecotOptions, runner: &Runner) -> String {
    let dir = dir.display();
    let location = match options.storage {
        Storage::Maildir => "maildir:~/Maildir",
        Storage::Mdbox => "mdbox:~/mdbox",
    };
    let protocols = if options.pop3 { "imap pop3" } else { "imap" };
    let mut text = format!(
        "base_dir = {dir}/run
state_dir = {dir}/run
log_path = {dir}/dovecot.log
instance_name = {mark}
login_greeting = {mark}
listen = 127.0.0.1
protocols = {protocols}
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
first_valid_uid = 1
mail_fsync = never
mail_location = {location}
mail_max_userip_connections = 100
mail_plugins = quota notify
mail_attribute_dict = file:%h/dovecot-attributes
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {dir}/users
}}
plugin {{
  quota = count:User quota
  quota_vsizes = yes
  quota_rule = *:storage={quota}K
}}
protocol imap {{
  mail_plugins = quota notify imap_quota imap_zlib
  imap_metadata = yes
}}
",
        quota = options.quota
    );
    namespace(&mut text, options);
    listeners(&mut text, ports, options, runner);
    identity(&mut text, &format!("{dir}/mail/%u"), runner);
    if options.tls {
        let _ = writeln!(text, "ssl = yes\nssl_cert = <{dir}/cert.pem\nssl_key = <{dir}/key.pem");
    } else {
        text.push_str("ssl = no\n");
    }
    if let Some(capability) = &options.capability {
        let _ = writeln!(text, "imap_capability = {capability}");
    }
    text
}

fn namespace(text: &mut String, options: &DovecotOptions) {
    let _ = write!(
        text,
        "namespace inbox {{\n  inbox = yes\n  separator = {}\n  prefix = {}\n",
        options.delimiter, options.prefix
    );
    for (name, special_use) in &options.special_use {
        let _ = writeln!(text, "  mailbox {name} {{\n    special_use = {special_use}\n    auto = subscribe\n  }}");
    }
    text.push_str("}\n");
}

fn listeners(text: &mut String, ports: Ports, options: &DovecotOptions, runner: &Runner) {
    // Only root may lock a process up in a folder.
    let chroot = if runner.root { "" } else { "  chroot =\n" };
    let mut service = |protocol: &str, plain: u16, tls: u16| {
        let tls = if options.tls { tls } else { 0 };
        let _ = write!(
            text,
            "service {protocol}-login {{
  process_min_avail = 1
{chroot}  inet_listener {protocol} {{
    port = {plain}
  }}
  inet_listener {protocol}s {{
    port = {tls}
    ssl = yes
  }}
}}
"
        );
    };
    service("imap", ports.imap, ports.imaps);
    if options.pop3 {
        service("pop3", ports.pop3, ports.pop3s);
    }
    if !runner.root {
        text.push_str("service anvil {\n  chroot =\n}\nservice stats {\n  chroot =\n}\n");
    }
}

fn identity(text: &mut String, home: &str, runner: &Runner) {
    let Runner { root, user, group } = runner;
    let ids = if *root {
        format!(" uid={user} gid={group}")
    } else {
        let _ = write!(
            text,
            "default_internal_user = {user}\ndefault_internal_group = {group}\ndefault_login_user = {user}\n"
        );
        String::new()
    };
    let _ = writeln!(text, "userdb {{\n  driver = static\n  args ={ids} home={home}\n}}");
    if !root {
        // The worker runs as who started the server and cannot change it.
        let _ = writeln!(text, "mail_uid = {user}\nmail_gid = {group}");
    }
}
