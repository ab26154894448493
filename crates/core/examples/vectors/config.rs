//! config.json: defaults and presets, which the other language needs where core's configuration is not.

use serde::Serialize;
use twogate_core::session::SessionConfig;
use twogate_core::session::config::Preset;

#[derive(Serialize)]
pub(crate) struct Vectors {
    source: &'static str,
    defaults: Defaults,
    presets: Vec<Timeouts>,
}

/// Durations in seconds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Defaults {
    login: String,
    routes: String,
    idle_timeout: u64,
    absolute_timeout: u64,
    token_life: u64,
    clock_skew: u64,
    sessions_per_user: u32,
    audience: String,
    key_prefix: String,
    not_before: u64,
}

/// In seconds.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Timeouts {
    preset: &'static str,
    idle_timeout: u64,
    absolute_timeout: u64,
}

pub(crate) fn vectors() -> Vectors {
    let config = SessionConfig::default();
    Vectors {
        source: "crates/core/src/session/config.rs; written by the example `vectors` of twogate-core",
        defaults: Defaults {
            idle_timeout: config.idle_timeout(),
            absolute_timeout: config.absolute_timeout(),
            login: config.login,
            routes: config.routes,
            token_life: config.token_life,
            clock_skew: config.clock_skew,
            sessions_per_user: config.sessions_per_user,
            audience: config.audience,
            key_prefix: config.key_prefix,
            not_before: config.not_before,
        },
        presets: [
            ("default", Preset::Default),
            ("aal1", Preset::Aal1),
            ("aal2", Preset::Aal2),
            ("aal3", Preset::Aal3),
        ]
        .map(|(preset, values)| {
            let (idle_timeout, absolute_timeout) = values.timeouts();
            Timeouts { preset, idle_timeout, absolute_timeout }
        })
        .into(),
    }
}
