//! The demo's database: the file that the dashboard reads too, in memory from here on.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::SystemTime;

use serde::Deserialize;

pub(crate) struct Database {
    pub(crate) users: Vec<UserRow>,
    /// By user id.
    pub(crate) invoices: HashMap<String, Account>,
    /// What the times of invoices count from.
    pub(crate) started: SystemTime,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserRow {
    pub(crate) id: String,
    pub(crate) user_name: String,
    /// scrypt, base64url.
    pub(crate) salt: String,
    pub(crate) hash: String,
}

#[derive(Deserialize)]
pub(crate) struct Account {
    pub(crate) currency: String,
    pub(crate) rows: Vec<InvoiceRow>,
}

/// Id, customer, amount in hundredths of the currency, due in days, paid days ago.
#[derive(Deserialize)]
pub(crate) struct InvoiceRow(
    pub(crate) String,
    pub(crate) String,
    pub(crate) u64,
    pub(crate) i32,
    pub(crate) Option<i32>,
);

#[derive(Deserialize)]
struct File {
    users: Vec<UserRow>,
    invoices: HashMap<String, Account>,
}

pub(crate) static DB: LazyLock<Database> = LazyLock::new(|| {
    let file: File = serde_json::from_str(include_str!("../../dashboard/data-access/demo-data.json"))
        .expect("the file is part of the program");
    Database { users: file.users, invoices: file.invoices, started: SystemTime::now() }
});
