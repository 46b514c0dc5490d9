//! What a private Cyrus reads at its start.

use std::fmt::Write as _;
use std::path::Path;

use super::CyrusOptions;
use super::programs::Programs;
use crate::servers::runner::Runner;

/// The file that its programs read. `mark` is the server's name, which is in the greeting.
pub(super) fn imapd(dir: &Path, mark: &str, options: &CyrusOptions, runner: &Runner) -> String {
    let dir = dir.display();
    let domain =
        options.users.iter().find_map(|user| user.name.split_once('@')).map_or("localhost", |(_, domain)| domain);
    let switch = |on: bool| if on { "yes" } else { "no" };
    let mut text = format!(
        "configdirectory: {dir}/state
defaultpartition: default
partition-default: {dir}/spool
cyrus_user: {user}
servername: {mark}
admins: cyrus
virtdomains: userid
defaultdomain: {domain}
altnamespace: {altnamespace}
unixhierarchysep: {unixhierarchysep}
allowplaintext: yes
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: {dir}/passwords/mux
sasl_mech_list: PLAIN
autocreate_quota: 0
failedloginpause: 0
imapidlepoll: 1
conversations: yes
delete_mode: immediate
expunge_mode: immediate
skiplist_unsafe: yes
",
        user = runner.user,
        altnamespace = switch(options.altnamespace),
        unixhierarchysep = switch(options.unixhierarchysep),
    );
    if !options.special_use.is_empty() {
        let names: Vec<&str> = options.special_use.iter().map(|(name, _)| name.as_str()).collect();
        let _ = writeln!(text, "autocreate_inbox_folders: {0}\nautocreate_subscribe_folders: {0}", names.join(" | "));
    }
    for (name, special_use) in &options.special_use {
        let use_name = special_use.trim_start_matches('\\').to_ascii_lowercase();
        let _ = writeln!(text, "xlist-{use_name}: {name}");
    }
    if !options.suppressed.is_empty() {
        let _ = writeln!(text, "suppress_capabilities: {}", options.suppressed.join(" "));
    }
    if options.tls {
        let _ = writeln!(text, "tls_server_cert: {dir}/cert.pem\ntls_server_key: {dir}/key.pem");
    }
    text
}

/// The file that its master reads.
pub(super) fn services(config: &Path, programs: &Programs, imap: u16, imaps: Option<u16>) -> String {
    let config = config.display();
    let program = |name: &str| format!("{} -C {config}", programs.file(name).display());
    let mut text = format!(
        "START {{\n  recover cmd=\"{} -r\"\n}}\nDAEMON {{\n  idled cmd=\"{}\"\n}}\nEVENTS {{\n}}\nSERVICES {{\n",
        program("ctl_cyrusdb"),
        program("idled")
    );
    let _ = writeln!(text, "  imap cmd=\"{}\" listen=\"127.0.0.1:{imap}\" prefork=1", program("imapd"));
    if let Some(imaps) = imaps {
        let _ = writeln!(text, "  imaps cmd=\"{} -s\" listen=\"127.0.0.1:{imaps}\" prefork=0", program("imapd"));
    }
    text.push_str("}\n");
    text
}
