//! Invoices: whoever reads them shows a session, and sees only its user's rows.

use core::time::Duration;
use std::time::SystemTime;

use humantime::format_rfc3339_millis;
use serde::Serialize;
use twogate_session::Session;

use crate::data::{DB, InvoiceRow};

/// One invoice, as the dashboard's own API shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InvoiceDto {
    id: &'static str,
    customer: &'static str,
    /// In hundredths of the currency.
    amount: u64,
    currency: &'static str,
    status: &'static str,
    /// ISO 8601.
    due_at: String,
    paid_at: Option<String>,
}

pub(crate) fn list(session: &Session) -> Vec<InvoiceDto> {
    let Some(account) = DB.invoices.get(&session.user_id) else { return Vec::new() };
    account.rows.iter().map(|row| dto(&account.currency, row)).collect()
}

fn dto(
    currency: &'static str,
    InvoiceRow(id, customer, amount, due_in, paid_ago): &'static InvoiceRow,
) -> InvoiceDto {
    let due_at = days_from_start(*due_in);
    let paid_at = paid_ago.map(|days| days_from_start(-days));
    let status = match paid_at {
        Some(_) => "paid",
        None if due_at < SystemTime::now() => "overdue",
        None => "open",
    };
    InvoiceDto {
        id,
        customer,
        amount: *amount,
        currency,
        status,
        due_at: format_rfc3339_millis(due_at).to_string(),
        paid_at: paid_at.map(|time| format_rfc3339_millis(time).to_string()),
    }
}

fn days_from_start(days: i32) -> SystemTime {
    let distance = Duration::from_secs(86_400) * days.unsigned_abs();
    if days < 0 { DB.started - distance } else { DB.started + distance }
}
