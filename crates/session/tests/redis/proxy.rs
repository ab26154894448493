//! A TCP proxy in front of a server that counts commands and cuts connections where it is told to.

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Where a connection is cut when the named command comes by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The server never sees the command.
    Before,
    /// The server runs it; its reply is lost.
    After,
}

#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    seen: Arc<AtomicUsize>,
    plan: Arc<Mutex<Option<(&'static str, Cut)>>>,
}

impl Proxy {
    pub(crate) async fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Self { port, seen: Arc::default(), plan: Arc::default() };
        let serving = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.carry(client, to).await });
            }
        });
        proxy
    }

    /// Cuts the connection of the next such command, once, and counts from here.
    pub(crate) fn cut(&self, command: &'static str, cut: Cut) {
        self.seen.store(0, Relaxed);
        *self.plan.lock().unwrap() = Some((command, cut));
    }

    /// How often that command came by since `cut`.
    pub(crate) fn seen(&self) -> usize {
        self.seen.load(Relaxed)
    }

    async fn carry(&self, mut client: TcpStream, to: u16) {
        let mut server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
        let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
        let mut watched = None;
        loop {
            tokio::select! {
                Ok(len) = client.read(&mut asked) => {
                    let plan = self.plan.lock().unwrap().take();
                    let text = String::from_utf8_lossy(&asked[..len]).into_owned();
                    watched = watched.or(plan.map(|(command, _)| command));
                    self.seen.fetch_add(watched.map_or(0, |command| text.matches(command).count()), Relaxed);
                    match plan {
                        Some((command, Cut::Before)) if text.contains(command) => return,
                        Some((command, Cut::After)) if text.contains(command) => {
                            server.write_all(&asked[..len]).await.unwrap();
                            let _ = server.read(&mut answered).await;
                            return;
                        }
                        other => *self.plan.lock().unwrap() = other,
                    }
                    if len == 0 || server.write_all(&asked[..len]).await.is_err() { return }
                }
                Ok(len) = server.read(&mut answered) => {
                    if len == 0 || client.write_all(&answered[..len]).await.is_err() { return }
                }
                else => return,
            }
        }
    }
}
