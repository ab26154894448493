//! Connections that are refused, break or were never there: unavailable for as long as that lasts, and not longer.

use core::time::Duration;

use twogate_session::{Answer, Denied, RedisOptions, RedisStore, Unavailable};

use crate::browser::{active, sessions_at, sessions_over, sign_in, trouble};
use crate::proxy::{Cut, Proxy};
use crate::server::{Server, free_port};

#[tokio::test]
async fn a_server_that_is_not_there_yet_is_unavailable_and_then_it_is_there() {
    let port = free_port();
    let sessions = sessions_at(&format!("redis://127.0.0.1:{port}"));
    let home = Server::start();
    let headers = sign_in(&sessions_at(&home.url()), "ada").await;
    assert_eq!(trouble(&sessions, &headers).await, Err(Unavailable::Connection));
    let _server = Server::start_with(port, |_| Vec::new());
    assert_eq!(trouble(&sessions, &headers).await, Ok(Denied::NotFound));
}

// S15: one retry for reads
#[tokio::test]
async fn a_read_whose_connection_broke_is_sent_once_more() {
    let server = Server::start();
    let proxy = Proxy::start(server.port).await;
    let sessions = sessions_at(&format!("redis://127.0.0.1:{}", proxy.port));
    let headers = sign_in(&sessions, "ada").await;
    for cut in [Cut::Before, Cut::After] {
        proxy.cut("HMGET", cut);
        assert_eq!(active(&sessions, &headers).await.user_id, "ada");
    }
}

// S15: none for writes
#[tokio::test]
async fn a_write_whose_connection_broke_is_not_sent_again() {
    let server = Server::start();
    let proxy = Proxy::start(server.port).await;
    let sessions = sessions_at(&format!("redis://127.0.0.1:{}", proxy.port));
    // Once before, so that the server knows the script.
    let first = sign_in(&sessions, "ada").await;
    assert_eq!(sessions.revoke_current(&first).await, Answer::Done(1));
    for (cut, is_alive) in [(Cut::Before, true), (Cut::After, false)] {
        let headers = sign_in(&sessions, "ada").await;
        proxy.cut("EVALSHA", cut);
        assert_eq!(sessions.revoke_current(&headers).await, Answer::Unavailable(Unavailable::Connection));
        assert_eq!(proxy.seen(), 1);
        let checked = sessions.check(&headers).await;
        assert_eq!(matches!(checked, twogate_session::Checked::Active(_)), is_alive, "{checked:?}");
    }
}

#[tokio::test]
async fn a_server_that_has_no_room_for_another_client_is_asked_again_later() {
    let server = Server::start();
    let sessions = sessions_at(&server.url());
    let mut keeper = redis::Client::open(server.url()).unwrap().get_connection().unwrap();
    let mut limit = |clients: u32| {
        let mut config = redis::cmd("CONFIG");
        config.arg("SET").arg("maxclients").arg(clients).exec(&mut keeper).unwrap();
    };
    let headers = sign_in(&sessions_at(&server.url()), "ada").await;
    limit(1);
    assert!(trouble(&sessions, &headers).await.is_err());
    limit(1000);
    assert_eq!(active(&sessions, &headers).await.user_id, "ada");
}

#[tokio::test]
async fn a_password_that_is_wrong_is_access_denied_until_it_is_right() {
    let server = Server::start();
    let sessions = sessions_at(&format!("redis://twogate:right@127.0.0.1:{}", server.port));
    let headers = sign_in(&sessions_at(&server.url()), "ada").await;
    assert_eq!(trouble(&sessions, &headers).await, Err(Unavailable::AccessDenied));
    server.command("ACL SETUSER twogate on >right ~* +@all").unwrap();
    assert_eq!(active(&sessions, &headers).await.user_id, "ada");
}

// S15: the queue is bounded, and so is the wait in it
#[tokio::test]
async fn more_commands_than_may_be_under_way_wait_their_turn() {
    let server = Server::start();
    let options = RedisOptions { concurrency_limit: 2, ..RedisOptions::default() };
    let sessions = sessions_over(RedisStore::open(&server.url(), options).unwrap());
    let headers = sign_in(&sessions, "ada").await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (sessions, headers) = (sessions.clone(), headers.clone());
        tasks.spawn(async move { active(&sessions, &headers).await.user_id });
    }
    assert_eq!(tasks.join_all().await, vec!["ada"; 200]);
}

#[tokio::test]
async fn a_server_that_hangs_is_a_timeout_in_time() {
    let server = Server::start();
    let options = RedisOptions { response_timeout: Duration::from_millis(200), ..RedisOptions::default() };
    let sessions = sessions_over(RedisStore::open(&server.url(), options).unwrap());
    let headers = sign_in(&sessions, "ada").await;
    server.command("CLIENT PAUSE 1000 ALL").unwrap();
    let begin = std::time::Instant::now();
    assert_eq!(trouble(&sessions, &headers).await, Err(Unavailable::Timeout));
    assert!(begin.elapsed() < Duration::from_millis(800), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn an_address_that_is_none_is_an_error_without_the_password() {
    for url in
        ["", "127.0.0.1", "http://127.0.0.1", "redis://u:hunter2@[::1", "redis://u:hunter2@127.0.0.1/x"]
    {
        let error = RedisStore::open(url, RedisOptions::default()).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    let store = RedisStore::open("redis://u:hunter2@127.0.0.1:1", RedisOptions::default()).unwrap();
    assert_eq!(format!("{store:?}"), "RedisStore(127.0.0.1:1)");
}
