//! The Redis store against a real redis-server: connections that break, are refused, or are encrypted.

mod acl;
mod browser;
mod cancelled;
mod connection;
mod logs;
mod proxy;
mod server;
mod tls;
