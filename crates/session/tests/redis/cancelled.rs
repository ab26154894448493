//! Futures that are dropped half-way, as a client that goes away drops them: no reply ever goes to another
//! (R12: redis-py CVE-2023-28858, ChatGPT 2023-03-20).

use core::future::Future;
use core::pin::pin;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use core::task::Poll;
use std::sync::Arc;

use axum::http::HeaderMap;
use twogate_session::Sessions;

use crate::browser::{active, sessions_at, sign_in};
use crate::server::Server;

/// How many; `TWOGATE_DROPPED_FUTURES` asks for more.
const DROPPED: usize = 10_000;
const USERS: usize = 16;

/// Polls at most so often, then drops.
async fn drop_after<T>(polls: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut left = polls;
    core::future::poll_fn(move |context| match future.as_mut().poll(context) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

async fn is_own(sessions: &Sessions, users: &[(String, HeaderMap)], which: usize) {
    let (user_id, headers) = &users[which % users.len()];
    assert_eq!(active(sessions, headers).await.user_id, *user_id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_reply_is_its_own_while_ten_thousand_futures_are_dropped() {
    let server = Server::start();
    let sessions = sessions_at(&server.url());
    let mut users = Vec::new();
    for number in 0..USERS {
        let user_id = format!("user-{number}");
        let headers = sign_in(&sessions, &user_id).await;
        users.push((user_id, headers));
    }
    let users = Arc::new(users);
    let (is_over, patient) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = tokio::task::JoinSet::new();
    for first in 0..4 {
        let (sessions, users) = (sessions.clone(), Arc::clone(&users));
        let (is_over, patient) = (Arc::clone(&is_over), Arc::clone(&patient));
        tasks.spawn(async move {
            let mut which = first;
            while !is_over.load(Relaxed) {
                is_own(&sessions, &users, which).await;
                patient.fetch_add(1, Relaxed);
                which += 5;
            }
        });
    }
    // Polls, user and operation of each follow from its number alone.
    let enough = std::env::var("TWOGATE_DROPPED_FUTURES").map_or(DROPPED, |count| count.parse().unwrap());
    let mut dropped = 0;
    let mut number = 0;
    while dropped < enough {
        number += 1;
        let (user_id, headers) = &users[number % USERS];
        let polls = number * 7 % 13;
        let was_dropped = match number % 3 {
            0 => match drop_after(polls, sessions.list(headers)).await {
                Some(twogate_session::Answer::Done(devices)) => {
                    assert!(devices.len() == 1 && devices[0].current, "{devices:?}");
                    false
                }
                Some(other) => panic!("{other:?}"),
                None => true,
            },
            1 => drop_after(polls, sessions.touch(headers)).await.is_none(),
            _ => match drop_after(polls, active(&sessions, headers)).await {
                Some(session) => {
                    assert_eq!(session.user_id, *user_id);
                    false
                }
                None => true,
            },
        };
        dropped += usize::from(was_dropped);
        if number % 16 == 0 {
            is_own(&sessions, &users, number / 16).await;
        }
    }
    is_over.store(true, Relaxed);
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let whole = patient.load(Relaxed);
    println!("figures: {{\"dropped\":{dropped},\"whole checks beside them\":{whole}}}");
    assert!(whole > 100, "{whole} whole checks beside {dropped} dropped ones");
    for which in 0..USERS {
        is_own(&sessions, &users, which).await;
    }
}
