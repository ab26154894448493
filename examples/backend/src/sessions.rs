//! The second check, configured as the dashboard configures it. Sessions are kept in Redis, or in memory without `REDIS_URL`.

use core::error::Error;

use twogate_session::{
    ClientAddress, ForwardedFor, MemoryStore, RedisOptions, RedisStore, SessionConfig, Sessions,
};

pub(crate) fn open() -> Result<Sessions, Box<dyn Error>> {
    let config = SessionConfig {
        client_address: ClientAddress::ForwardedFor(ForwardedFor::Hops(1)),
        ..SessionConfig::default()
    };
    let builder = match std::env::var("REDIS_URL") {
        Ok(url) => Sessions::builder(RedisStore::open(&url, RedisOptions::default())?),
        Err(_) => Sessions::builder(MemoryStore::new()),
    };
    Ok(builder.config(config).build()?)
}
