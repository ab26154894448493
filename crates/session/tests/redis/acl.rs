//! The ACL file that the crate ships: enough for every operation, and for nothing else (S5, ASVS 13.2.2).

use std::fs;

use twogate_session::{Answer, Privileges, RedisOptions, RedisStore, SessionConfig, Sessions, Write};

use crate::browser::{SECRET, active, sessions_at, sign_in};
use crate::server::{Server, command_at, free_port};

const SHIPPED: &str = include_str!("../../redis.acl");

fn start() -> (Server, String) {
    let server = Server::start_with(free_port(), |directory| {
        let file = directory.join("users.acl");
        fs::write(&file, SHIPPED.replace("PASSWORD", "hunter2")).unwrap();
        vec!["--aclfile".into(), file.to_str().unwrap().into()]
    });
    let url = format!("redis://twogate:hunter2@127.0.0.1:{}", server.port);
    (server, url)
}

#[tokio::test]
async fn every_operation_is_allowed_by_hash_and_by_text() {
    let (server, url) = start();
    let sessions = sessions_at(&url);
    for _ in 0..2 {
        server.command("SCRIPT FLUSH").unwrap();
        let (first, second) = (sign_in(&sessions, "ada").await, sign_in(&sessions, "ada").await);
        assert_eq!(sessions.touch(&first).await, Answer::Done(true));
        let rotated = sessions.rotate(&second, Privileges::default()).await.unwrap();
        assert!(matches!(rotated, Answer::Done(_)), "{rotated:?}");
        let written = sessions.write_data(&first, "{}", 0).await.unwrap();
        assert_eq!(written, Answer::Done(Write::Done(1)));
        let Answer::Done(data) = sessions.read_data(&first).await else { panic!("no data") };
        assert_eq!(data.text, "{}");
        let Answer::Done(devices) = sessions.list(&first).await else { panic!("no list") };
        assert_eq!(devices.len(), 2);
        assert_eq!(sessions.revoke_others(&first).await, Answer::Done(1));
        assert_eq!(active(&sessions, &first).await.user_id, "ada");
        let third = sign_in(&sessions, "ada").await;
        let handle = active(&sessions, &third).await.handle;
        assert_eq!(sessions.revoke_by_handle(&first, &handle).await, Answer::Done(1));
        assert_eq!(sessions.revoke_current(&first).await, Answer::Done(1));
        assert_eq!(sessions.revoke_current(&second).await, Answer::Done(0));
        assert_eq!(sessions.revoke_all("ada").await, Answer::Done(0));
    }
}

#[tokio::test]
async fn nothing_else_is_allowed() {
    let (_server, url) = start();
    for words in [
        "KEYS *",
        "SCAN 0",
        "FLUSHALL",
        "FLUSHDB",
        "CONFIG GET *",
        "ACL LIST",
        "CLIENT LIST",
        "MONITOR",
        "SCRIPT FLUSH",
        "SCRIPT KILL",
        "SHUTDOWN",
        "SAVE",
        "INFO",
        "DBSIZE",
        "RANDOMKEY",
        "PUBLISH a b",
        "SUBSCRIBE a",
        "GET tg:x",
        "SET tg:x y",
        "DEL tg:x",
        "UNLINK tg:x",
        "RENAME tg:x tg:y",
        "DUMP tg:x",
        "PERSIST tg:x",
        "HSCAN tg:x 0",
        "HGETALL other",
        "HGET atg:x e",
        "HDEL TG:x e",
        "EVALSHA 0000000000000000000000000000000000000000 1 other",
        "FCALL f 1 tg:x",
        "WAIT 0 0",
    ] {
        let error = command_at(&url, words).unwrap_err();
        assert_eq!(error.code(), Some("NOPERM"), "{words}: {error}");
    }
    let script = command_at(&url, "EVAL return(redis.call('HGETALL','other')) 0").unwrap_err();
    assert!(script.to_string().contains("can't access at least one of the keys"), "{script}");
}

#[tokio::test]
async fn keys_of_another_prefix_are_out_of_reach() {
    let (_server, url) = start();
    let config = SessionConfig { key_prefix: "other:".to_string(), ..SessionConfig::default() };
    let store = RedisStore::open(&url, RedisOptions::default()).unwrap();
    let sessions = Sessions::builder(store).secret(SECRET).config(config).build().unwrap();
    let cause = twogate_session::Unavailable::AccessDenied;
    assert_eq!(sessions.revoke_all("ada").await, Answer::Unavailable(cause));
}
