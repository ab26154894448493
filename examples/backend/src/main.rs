//! A back end beside the dashboard: the same cookie, the same Redis, the same two users and their invoices.
//!
//! `TWOGATE_SECRET=... REDIS_URL=redis://127.0.0.1:6379 PORT=3001 cargo run -p twogate-example-backend`

mod data;
mod invoices;
mod routes;
mod sessions;
mod users;

use core::error::Error;
use core::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().init();
    let sessions = sessions::open()?;
    let port = std::env::var("PORT").ok().map_or(Ok(3001), |port| port.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let service = routes::routes(sessions).into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, service).await?)
}
