//! Servers that cannot be reached, or take no login.

use std::net::TcpListener;

use postrider_model::fault::Act;
use postrider_model::profile::{Extension, Profile};
use postrider_model::world::World;
use postrider_model::{ModelServer, Security};

use crate::bad_server::victim::Victim;
use crate::common::{Machine, PASSWORD, Ran, USER};

/// Adds an account of this server, whose login is tried.
pub fn add(machine: &Machine, url: &str, more: &[&str]) -> Ran {
    let line = ["--json", "account", "add", USER, "--name", "home", "--imap", url, "--password-stdin"];
    machine.feed(&[&line[..], more].concat(), &format!("{PASSWORD}\n"))
}

/// The account is not added, for this reason.
pub fn not_added(machine: &Machine, url: &str, more: &[&str], code: i32, kind: &str) {
    let ran = add(machine, url, more);
    assert_eq!(ran.code(), code, "{url}: {} {}", ran.out(), ran.err());
    let error = ran.error();
    assert_eq!((error["error"].as_str(), error["needs_user"].as_bool()), (Some(kind), Some(code == 4)), "{error}");
    assert!(!ran.err().contains(PASSWORD));
    assert_eq!(machine.run(&["account", "list", "--json"]).objects().len(), 0);
}

/// An account of this server that was added without a try cannot be synced, for this reason.
pub fn not_synced(url: &str, more: &[&str], code: i32, kind: &str) {
    let machine = Machine::new();
    assert_eq!(add(&machine, url, &[&["--no-check"], more].concat()).code(), 0);
    let ran = machine.run(&["sync", "--json"]);
    assert_eq!(ran.code(), code, "{url}: {} {}", ran.out(), ran.err());
    assert_eq!(ran.error()["error"], kind);
    assert_eq!(machine.run(&["doctor"]).code(), 0);
    assert_eq!(machine.run(&["mailboxes", "--json"]).objects().len(), 0);
}

/// A port of this machine on which nobody listens.
fn silent_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_host_without_an_address_and_a_port_without_a_server_are_told_apart() {
    let refused = format!("imaps://127.0.0.1:{}", silent_port());
    for (url, kind) in [("imaps://no-such-host.invalid", "unknown_host"), (refused.as_str(), "connection_refused")] {
        not_added(&Machine::new(), url, &[], 3, kind);
        not_synced(url, &[], 3, kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_leaves_all_that_was_here() {
    let victim = Victim::new().await;
    let nowhere = format!("imaps://127.0.0.1:{}", silent_port());
    assert_eq!(victim.machine.run(&["account", "set", "home", "imap.server", &nowhere]).code(), 0);
    victim.sync_fails(3, "connection_refused");
    assert_eq!(
        victim.machine.run(&["account", "set", "home", "imap.server", "imaps://no-such-host.invalid"]).code(),
        0
    );
    victim.sync_fails(3, "unknown_host");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_refused_needs_the_user_and_a_busy_server_does_not() {
    let victim = Victim::new().await;
    for (answer, code, kind) in [
        ("NO [AUTHENTICATIONFAILED] no", 4, "authentication"),
        ("NO wrong", 4, "authentication"),
        ("NO [EXPIRED] renew it", 4, "authentication"),
        ("NO [UNAVAILABLE] later", 3, "server_unavailable"),
        ("NO [ALERT] Too many simultaneous connections", 3, "server_unavailable"),
    ] {
        victim.fails_by("AUTHENTICATE", Act::Refuse(answer.to_owned()), code, kind);
    }
    // With the password changed on this side.
    let set = victim.machine.feed(&["account", "set", "home", "--password-stdin"], "wrong\n");
    assert_eq!(set.code(), 0, "{}", set.err());
    victim.sync_fails(4, "authentication");
    victim.machine.feed(&["account", "set", "home", "--password-stdin"], PASSWORD);
    victim.recovers();
}

#[tokio::test(flavor = "multi_thread")]
async fn case_001_a_server_without_starttls_gets_no_password() {
    let world = World::new();
    let profile = Profile::full();
    profile.layout.furnish(&world, USER, PASSWORD).unwrap();
    for profile in [profile.clone(), profile.without(Extension::SaslIr)] {
        let model = ModelServer::new(world.clone(), profile);
        let listening = model.listen("127.0.0.1:0", Security::Plain).await.unwrap();
        let url = format!("imap://{}", listening.address());
        not_added(&Machine::new(), &url, &[], 4, "tls_unavailable");
        not_synced(&url, &[], 4, "tls_unavailable");
    }
}
