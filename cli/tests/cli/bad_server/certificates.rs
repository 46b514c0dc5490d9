//! Servers that are not who they claim to be.

use std::path::PathBuf;
use std::sync::Arc;

use postrider_model::profile::Profile;
use postrider_model::world::World;
use postrider_model::{ModelServer, Security};
use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::bad_server::reach::{add, not_added, not_synced};
use crate::common::{Machine, PASSWORD, USER};

/// An authority of the test's own, and where its certificate lies as a file.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
    _folder: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, params.self_signed(&key).unwrap().pem()).unwrap();
        Self { issuer: Issuer::new(params, key), file, _folder: folder }
    }

    /// A server's certificate for `localhost`, changed as the test wants it.
    fn issue(&self, change: impl FnOnce(&mut CertificateParams)) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_011_a_certificate_that_is_not_believed_needs_the_user() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let expired = |params: &mut CertificateParams| {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    };
    let for_another = |params: &mut CertificateParams| {
        *params = CertificateParams::new(vec!["other.example".to_owned()]).unwrap();
    };
    let kinds = [ours.issue(expired), ours.issue(for_another), theirs.issue(|_| ())];
    let ca = ours.file.to_str().unwrap();
    for config in kinds {
        for (scheme, security) in [("imaps", Security::Tls(config.clone())), ("imap", Security::StartTls(config))] {
            let world = World::new();
            Profile::full().layout.furnish(&world, USER, PASSWORD).unwrap();
            let model = ModelServer::new(world, Profile::full());
            let listening = model.listen("127.0.0.1:0", security).await.unwrap();
            let url = format!("{scheme}://localhost:{}", listening.address().port());
            not_added(&Machine::new(), &url, &["--ca", ca], 4, "certificate");
            not_synced(&url, &["--ca", ca], 4, "certificate");
            // A pinned key is another's.
            let pin = format!("sha256:{}", "ab".repeat(32));
            not_added(&Machine::new(), &url, &["--pin", &pin], 4, "certificate");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_a_trusted_authority_is_believed() {
    let ours = Authority::new();
    let world = World::new();
    Profile::full().layout.furnish(&world, USER, PASSWORD).unwrap();
    let model = ModelServer::new(world, Profile::full());
    let config = ours.issue(|_| ());
    for (scheme, security) in [("imaps", Security::Tls(config.clone())), ("imap", Security::StartTls(config))] {
        let listening = model.listen("127.0.0.1:0", security).await.unwrap();
        let machine = Machine::new();
        let url = format!("{scheme}://localhost:{}", listening.address().port());
        let added = add(&machine, &url, &["--ca", ours.file.to_str().unwrap()]);
        assert_eq!(added.code(), 0, "{}", added.err());
        assert_eq!(machine.run(&["sync"]).code(), 0);
    }
}
