//! A redis-server of the test's own: an empty one on a free port of 127.0.0.1, stopped by its pid.

use core::time::Duration;
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Instant;

/// A running server and its directory; both end with this value.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) directory: PathBuf,
    process: Child,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(free_port(), |_| Vec::new())
    }

    /// Starts on a port, with further arguments made from the directory.
    pub(crate) fn start_with(port: u16, arguments: impl FnOnce(&PathBuf) -> Vec<String>) -> Self {
        let directory = std::env::temp_dir().join(format!("twogate-redis-{}-{port}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let more = arguments(&directory);
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning"])
            .args(["--port", &port.to_string(), "--dir", directory.to_str().unwrap()])
            .args(more)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed: npm test sets it up");
        let server = Self { port, directory, process };
        let deadline = Instant::now() + Duration::from_secs(15);
        while !server.answers() {
            assert!(Instant::now() < deadline, "redis-server does not answer on port {port}");
            sleep(Duration::from_millis(10));
        }
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Runs one command as the default user.
    pub(crate) fn command(&self, words: &str) -> redis::RedisResult<redis::Value> {
        command_at(&self.url(), words)
    }

    fn answers(&self) -> bool {
        self.command("PING").is_ok()
    }
}

/// Runs one command over a connection of its own.
pub(crate) fn command_at(url: &str, words: &str) -> redis::RedisResult<redis::Value> {
    let mut connection = redis::Client::open(url)?.get_connection_with_timeout(Duration::from_secs(5))?;
    let mut words = words.split(' ');
    let mut command = redis::cmd(words.next().unwrap());
    for word in words {
        command.arg(word);
    }
    command.query(&mut connection)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A port that nobody listened on a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
