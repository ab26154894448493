//! TLS with an authority of our own: what it did not sign, or not for this name, is refused; nothing falls back (S6).

use std::fs;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use twogate_session::{Answer, RedisOptions, RedisStore, RedisStoreError, Sessions, Unavailable};

use crate::browser::{SECRET, active, sign_in};
use crate::server::{Server, free_port};

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A server with a certificate for this name: the port of TLS, and the plain one beside it.
    fn serve(&self, name: &str) -> (Server, u16) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_string()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let tls_port = free_port();
        let server = Server::start_with(free_port(), |directory| {
            let file = |name: &str, text: String| {
                let path = directory.join(name);
                fs::write(&path, text).unwrap();
                path.to_str().unwrap().to_string()
            };
            let certificate = file("server.pem", certificate.pem());
            let key = file("server.key", key.serialize_pem());
            let authority = file("authority.pem", self.pem());
            [
                ["--tls-port", &tls_port.to_string()],
                ["--tls-cert-file", &certificate],
                ["--tls-key-file", &key],
                ["--tls-ca-cert-file", &authority],
                ["--tls-auth-clients", "no"],
            ]
            .concat()
            .into_iter()
            .map(ToString::to_string)
            .collect()
        });
        (server, tls_port)
    }
}

fn trusting(authority: &Authority, host: &str, port: u16) -> Result<RedisStore, RedisStoreError> {
    let url = format!("rediss://{host}:{port}");
    RedisStore::open_with_authority(&url, authority.pem().as_bytes(), RedisOptions::default())
}

fn sessions(store: RedisStore) -> Sessions {
    Sessions::builder(store).secret(SECRET).build().unwrap()
}

/// A plain server may wait for the end of a line that never comes.
async fn assert_refused(store: RedisStore) {
    let answer = sessions(store).revoke_all("ada").await;
    assert!(
        matches!(answer, Answer::Unavailable(Unavailable::Connection | Unavailable::Timeout)),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_certificate_of_our_own_authority_for_this_name_is_accepted() {
    let authority = Authority::new();
    let (_server, port) = authority.serve("localhost");
    let sessions = sessions(trusting(&authority, "localhost", port).unwrap());
    let headers = sign_in(&sessions, "ada").await;
    assert_eq!(active(&sessions, &headers).await.user_id, "ada");
}

#[tokio::test]
async fn another_authority_or_another_name_is_refused() {
    let (ours, other) = (Authority::new(), Authority::new());
    let (_server, port) = ours.serve("localhost");
    assert_refused(trusting(&other, "localhost", port).unwrap()).await;
    // The name is not in the certificate, though it leads to the same server.
    assert_refused(trusting(&ours, "127.0.0.1", port).unwrap()).await;
    let (_server, port) = ours.serve("redis.example");
    assert_refused(trusting(&ours, "localhost", port).unwrap()).await;
}

#[tokio::test]
async fn the_roots_of_the_system_do_not_vouch_for_our_own_authority() {
    let (_server, port) = Authority::new().serve("localhost");
    let url = format!("rediss://localhost:{port}");
    assert_refused(RedisStore::open(&url, RedisOptions::default()).unwrap()).await;
}

#[tokio::test]
async fn a_plain_port_is_refused_and_a_plain_client_does_not_get_in() {
    let authority = Authority::new();
    let (server, port) = authority.serve("localhost");
    assert_refused(trusting(&authority, "localhost", server.port).unwrap()).await;
    assert_refused(RedisStore::open(&format!("redis://localhost:{port}"), RedisOptions::default()).unwrap())
        .await;
    let plain =
        RedisStore::open_with_authority(&server.url(), authority.pem().as_bytes(), RedisOptions::default());
    assert!(plain.unwrap_err().to_string().contains("rediss://"));
}
