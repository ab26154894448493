//! What is logged at the finest level while sessions are made, checked, refused and cannot be had: no secret (A1).

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;
use twogate_session::{Denied, MemoryStore, RedisOptions, RedisStore, Sessions};

use crate::browser::{SECRET, active, sign_in, trouble};
use crate::server::{Server, free_port};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn neither_cookie_nor_id_nor_password_nor_user_is_logged() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(log.clone())
        .finish();
    // For all threads: the other tests of this program run beside this one, and are searched too.
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let server = Server::start();
    server.command("ACL SETUSER twogate on >hunter2 ~* +@all").unwrap();
    let url = format!("redis://twogate:hunter2@127.0.0.1:{}", server.port);
    let open = |url: &str| {
        let store = RedisStore::open(url, RedisOptions::default()).unwrap();
        Sessions::builder(store).secret(SECRET).build().unwrap()
    };
    let sessions = open(&url);
    let _in_memory = Sessions::builder(MemoryStore::new()).secret(SECRET).build().unwrap();
    let headers = sign_in(&sessions, "ada-lovelace").await;
    active(&sessions, &headers).await;
    let _ = sessions.touch(&headers).await;
    let _ = sessions.list(&headers).await;
    let _ = sessions.revoke_others(&headers).await;
    let gone = open(&format!("redis://twogate:hunter2@127.0.0.1:{}", free_port()));
    assert!(trouble(&gone, &headers).await.is_err());
    let wrong = open(&url.replace("hunter2", "hunter3"));
    assert!(trouble(&wrong, &headers).await.is_err());
    let _ = sessions.revoke_all("ada-lovelace").await;
    assert_eq!(trouble(&sessions, &headers).await, Ok(Denied::NotFound));

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for expected in [
        "session created",
        "sessions revoked",
        "session denied",
        "cannot answer",
        "kept in memory",
        "operation",
    ] {
        assert!(text.contains(expected), "{expected} is not in {text}");
    }
    let cookie = headers["cookie"].to_str().unwrap();
    let (_, token) = cookie.split_once('=').unwrap();
    let mut hidden = vec![token, "hunter2", "hunter3", SECRET, "ada-lovelace", "a test"];
    hidden.extend(token.split('.').skip(1));
    for hidden in hidden {
        assert!(!text.contains(hidden), "{hidden} is in {text}");
    }
}
