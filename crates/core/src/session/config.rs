//! The configuration of sessions: the names and ranges that every host shares.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use super::client_address;
pub use super::client_address::{ClientAddress, ForwardedFor};
use super::policy::{Binding, Policy, UserAgentMatch};
use super::record::{IpMatch, Prefixes};
use crate::cookie::{CookieSpec, MAX_MAX_AGE, Transport};
use crate::cross_site::{self, CrossSite, CrossSiteRequest, is_origin};
use crate::redirect::is_path;
use crate::token::{Limits, MAX_TOKEN_LIFE};

/// Everything that can be configured. Durations in seconds.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase", default, deny_unknown_fields))]
pub struct SessionConfig {
    /// Separates applications that share a root secret. At most 64 bytes.
    pub audience: String,
    /// The cookie.
    pub cookie: CookieConfig,
    /// Path of the login page.
    pub login: String,
    /// Base path of the session routes.
    pub routes: String,
    /// Other origins whose pages may send what writes, such as `https://admin.example`. At most 16.
    pub trusted_origins: Vec<String>,
    /// Where the timeouts come from that are not set here.
    pub preset: Preset,
    /// Idle timeout, 60 s to 400 days. By default that of the preset.
    pub idle_timeout: Option<u64>,
    /// Absolute timeout, from the idle timeout to 400 days. By default that of the preset.
    pub absolute_timeout: Option<u64>,
    /// How long a token is fresh at the edge, 1 s to 1 h.
    pub token_life: u64,
    /// How far in the future a token may have been issued, at most 300 s.
    pub clock_skew: u64,
    /// Most sessions of one user, 1 to 100.
    pub sessions_per_user: u32,
    /// What happens at that limit.
    pub at_limit: AtLimit,
    /// Binding of a session to its browser and its network.
    pub binding: BindingConfig,
    /// Where the client address comes from.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "client_address::deserialize"))]
    pub client_address: ClientAddress,
    /// Prefix of every key in the store: separates applications that share a database.
    pub key_prefix: String,
    /// Sessions created at or before this time are revoked, in milliseconds since 1970: after a restore from backup.
    pub not_before: u64,
}

/// Timeouts by name: our own, or what NIST SP 800-63B-4 says of an authenticator assurance level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum Preset {
    /// For an application that people work in by day: idle 30 minutes, absolute 12 hours.
    #[default]
    Default,
    /// AAL1 (2.1.3): absolute 30 days. It asks for no idle timeout, so that is no shorter.
    Aal1,
    /// AAL2 (2.2.3): absolute 24 hours, idle 1 hour.
    Aal2,
    /// AAL3 (2.3.3): absolute 12 hours, idle 15 minutes.
    Aal3,
}

impl Preset {
    /// Idle and absolute timeout in seconds.
    #[must_use]
    pub const fn timeouts(self) -> (u64, u64) {
        match self {
            Self::Default => (30 * 60, 12 * 3600),
            Self::Aal1 => (30 * 86_400, 30 * 86_400),
            Self::Aal2 => (3600, 24 * 3600),
            Self::Aal3 => (15 * 60, 12 * 3600),
        }
    }
}

/// The cookie: a base name, and how it travels.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase", default, deny_unknown_fields))]
pub struct CookieConfig {
    /// Base name, without prefix.
    pub name: String,
    /// Development over plain http: another name, no prefix, no `Secure`.
    pub dangerously_insecure_http: bool,
}

/// What happens when a user at the limit signs in once more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
pub enum AtLimit {
    /// The session that was used least recently ends.
    #[default]
    Evict,
    /// The new session is refused.
    Refuse,
}

/// Binding of each attribute, and how much of an address counts.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase", default, deny_unknown_fields))]
pub struct BindingConfig {
    /// User agent.
    pub user_agent: Binding,
    /// By class, or the whole of it.
    pub user_agent_match: UserAgentMatch,
    /// Client address. By default `report` where the address is declared, `off` where it is not.
    pub ip: Option<Binding>,
    /// By prefix, or the whole of it.
    pub ip_match: IpMatch,
    /// Bits of an IPv4 address that count, 8 to 32.
    pub ipv4_prefix: u8,
    /// Bits of an IPv6 address that count, 16 to 64.
    pub ipv6_prefix: u8,
}

/// Which setting is out of its range, and what the range is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Name of the setting.
    pub setting: &'static str,
    /// What it must be.
    pub rule: &'static str,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be {}", self.setting, self.rule)
    }
}

impl core::error::Error for ConfigError {}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            audience: String::new(),
            cookie: CookieConfig::default(),
            login: "/login".to_string(),
            routes: "/session".to_string(),
            trusted_origins: Vec::new(),
            preset: Preset::default(),
            idle_timeout: None,
            absolute_timeout: None,
            token_life: 5 * 60,
            clock_skew: 30,
            sessions_per_user: 10,
            at_limit: AtLimit::Evict,
            binding: BindingConfig::default(),
            client_address: ClientAddress::Unknown,
            key_prefix: "tg:".to_string(),
            not_before: 0,
        }
    }
}

impl Default for CookieConfig {
    fn default() -> Self {
        Self { name: "session".to_string(), dangerously_insecure_http: false }
    }
}

impl Default for BindingConfig {
    fn default() -> Self {
        Self {
            user_agent: Binding::Strict,
            user_agent_match: UserAgentMatch::Class,
            ip: None,
            ip_match: IpMatch::Prefix,
            ipv4_prefix: 24,
            ipv6_prefix: 64,
        }
    }
}

impl BindingConfig {
    /// Whether the whole user agent is compared.
    pub(crate) fn is_user_agent_exact(&self) -> bool {
        self.user_agent_match == UserAgentMatch::Exact && self.user_agent != Binding::Off
    }
}

impl SessionConfig {
    /// Checks every range.
    ///
    /// # Errors
    /// [`ConfigError`] naming the first setting that is out of its range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let path = |text: &str| text.len() <= 512 && is_path(text.as_bytes());
        let prefix =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'_' | b'.' | b'/');
        let (idle, absolute) = (self.idle_timeout(), self.absolute_timeout());
        let rules = [
            (
                self.cookie_spec().is_some(),
                "cookie.name",
                "1 to 64 letters, digits, - or _, without a prefix of its own",
            ),
            (path(&self.login), "login", "a path such as /login"),
            (path(&self.routes) && self.routes.len() > 1, "routes", "a path such as /session"),
            (
                self.trusted_origins.len() <= 16
                    && self
                        .trusted_origins
                        .iter()
                        .all(|origin| is_origin(origin.as_bytes(), self.transport())),
                "trustedOrigins",
                "at most 16 origins such as https://admin.example, without path, wildcard or default port",
            ),
            (idle >= 60, "idleTimeout", "at least 60 seconds"),
            (absolute >= idle, "absoluteTimeout", "at least the idle timeout"),
            (absolute <= MAX_MAX_AGE, "absoluteTimeout", "at most 400 days"),
            ((1..=MAX_TOKEN_LIFE).contains(&self.token_life), "tokenLife", "1 second to 1 hour"),
            (self.token_life <= absolute, "tokenLife", "at most the absolute timeout"),
            (self.clock_skew <= 300, "clockSkew", "at most 300 seconds"),
            ((1..=100).contains(&self.sessions_per_user), "sessionsPerUser", "1 to 100"),
            ((8..=32).contains(&self.binding.ipv4_prefix), "binding.ipv4Prefix", "8 to 32 bits"),
            ((16..=64).contains(&self.binding.ipv6_prefix), "binding.ipv6Prefix", "16 to 64 bits"),
            (self.client_address.is_sound(), "clientAddress", client_address::FORMS),
            (
                self.ip_binding() == Binding::Off || self.client_address != ClientAddress::Unknown,
                "clientAddress",
                "set when binding.ip is not 'off': { forwardedFor: { hops: 1 } } behind one proxy, { header: 'cf-connecting-ip' } behind Cloudflare; or set binding.ip to 'off'",
            ),
            (
                self.key_prefix.len() <= 64 && self.key_prefix.bytes().all(prefix),
                "keyPrefix",
                "at most 64 letters, digits or : - _ . /",
            ),
            (self.audience.len() <= crate::keys::MAX_AUDIENCE_LEN, "audience", "at most 64 bytes"),
        ];
        match rules.into_iter().find(|(holds, ..)| !holds) {
            Some((_, setting, rule)) => Err(ConfigError { setting, rule }),
            None => Ok(()),
        }
    }

    /// Idle timeout in seconds.
    #[must_use]
    pub fn idle_timeout(&self) -> u64 {
        self.idle_timeout.unwrap_or(self.preset.timeouts().0)
    }

    /// Absolute timeout in seconds.
    #[must_use]
    pub fn absolute_timeout(&self) -> u64 {
        self.absolute_timeout.unwrap_or(self.preset.timeouts().1)
    }

    /// The cookie's description; nothing where its name is not allowed.
    #[must_use]
    pub fn cookie_spec(&self) -> Option<CookieSpec<'_>> {
        CookieSpec::new(self.cookie.name.as_bytes(), self.transport())
    }

    const fn transport(&self) -> Transport {
        if self.cookie.dangerously_insecure_http { Transport::InsecureHttp } else { Transport::Https }
    }

    /// Whether a request was sent by this application, or by an origin that it trusts, as far as it may write.
    ///
    /// # Errors
    /// As [`cross_site::judge`].
    pub fn judge_cross_site(&self, request: &CrossSiteRequest<'_>) -> Result<(), CrossSite> {
        cross_site::judge(request, self.transport(), &self.trusted_origins)
    }

    /// What the first check allows.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits { skew: self.clock_skew, absolute_timeout: self.absolute_timeout() }
    }

    /// What the full check judges by.
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy {
            idle_timeout: self.idle_timeout(),
            absolute_timeout: self.absolute_timeout(),
            user_agent: self.binding.user_agent,
            user_agent_match: self.binding.user_agent_match,
            ip: self.ip_binding(),
            ip_match: self.binding.ip_match,
            prefixes: Prefixes { ipv4: self.binding.ipv4_prefix, ipv6: self.binding.ipv6_prefix },
        }
    }

    fn ip_binding(&self) -> Binding {
        let default =
            if self.client_address == ClientAddress::Unknown { Binding::Off } else { Binding::Report };
        self.binding.ip.unwrap_or(default)
    }

    /// The request header that the client address is read from, if any.
    #[must_use]
    pub fn address_header(&self) -> Option<&str> {
        self.client_address.header()
    }
}

#[cfg(test)]
mod tests {
    use super::{ClientAddress, ForwardedFor, Preset, SessionConfig};
    use crate::session::policy::Binding;
    #[cfg(feature = "serde")]
    use crate::session::{policy::UserAgentMatch, record::IpMatch};
    use std::string::ToString;
    use std::vec;

    fn sound() -> SessionConfig {
        SessionConfig {
            client_address: ClientAddress::ForwardedFor(ForwardedFor::Hops(1)),
            ..SessionConfig::default()
        }
    }

    #[test]
    fn the_defaults_are_sound_and_a_declared_address_is_reported() {
        assert_eq!(sound().validate(), Ok(()));
        assert_eq!(sound().policy().ip, Binding::Report);
    }

    // L4: NIST SP 800-63B-4 2.1.3, 2.2.3, 2.3.3
    #[test]
    fn presets_are_the_numbers_of_nist_and_what_is_set_beside_them_counts() {
        const DAY: u64 = 86_400;
        for (preset, idle, absolute) in [
            (Preset::Default, 1800, DAY / 2),
            (Preset::Aal1, 30 * DAY, 30 * DAY),
            (Preset::Aal2, 3600, DAY),
            (Preset::Aal3, 900, DAY / 2),
        ] {
            let config = SessionConfig { preset, ..sound() };
            assert_eq!(config.validate(), Ok(()));
            let policy = config.policy();
            assert_eq!((policy.idle_timeout, policy.absolute_timeout), (idle, absolute));
            assert_eq!(config.limits().absolute_timeout, absolute);
            let own = SessionConfig { idle_timeout: Some(600), absolute_timeout: Some(1200), ..config };
            assert_eq!((own.idle_timeout(), own.absolute_timeout()), (600, 1200));
        }
        // Idle of the preset is longer than what was set: said, not mended.
        let odd = SessionConfig { preset: Preset::Aal2, absolute_timeout: Some(1800), ..sound() };
        assert_eq!(odd.validate().unwrap_err().setting, "absoluteTimeout");
    }

    #[cfg(feature = "serde")]
    #[test]
    fn a_configuration_is_read_by_the_names_that_every_host_shares() {
        let config: SessionConfig = serde_json::from_str(
            r#"{ "preset": "aal3", "absoluteTimeout": 3600,
                 "binding": { "userAgentMatch": "exact", "ip": "report", "ipMatch": "exact" } }"#,
        )
        .unwrap();
        assert_eq!((config.idle_timeout(), config.absolute_timeout()), (900, 3600));
        assert!(config.binding.is_user_agent_exact());
        let policy = config.policy();
        assert_eq!((policy.user_agent_match, policy.ip_match), (UserAgentMatch::Exact, IpMatch::Exact));
        for odd in [
            r#"{ "preset": "aal4" }"#,
            r#"{ "preset": null }"#,
            r#"{ "binding": { "ipMatch": "class" } }"#,
            r#"{ "presets": "aal1" }"#,
        ] {
            assert!(serde_json::from_str::<SessionConfig>(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_setting_out_of_range_is_named_with_its_range() {
        let refused = |change: fn(&mut SessionConfig)| {
            let mut config = sound();
            change(&mut config);
            config.validate().unwrap_err().to_string()
        };
        assert_eq!(refused(|c| c.idle_timeout = Some(59)), "idleTimeout must be at least 60 seconds");
        assert_eq!(
            refused(|c| c.absolute_timeout = Some(1799)),
            "absoluteTimeout must be at least the idle timeout"
        );
        assert_eq!(
            refused(|c| c.absolute_timeout = Some(401 * 86_400)),
            "absoluteTimeout must be at most 400 days"
        );
        assert_eq!(refused(|c| c.token_life = 0), "tokenLife must be 1 second to 1 hour");
        assert_eq!(refused(|c| c.token_life = 3601), "tokenLife must be 1 second to 1 hour");
        assert_eq!(refused(|c| c.sessions_per_user = 0), "sessionsPerUser must be 1 to 100");
        assert_eq!(refused(|c| c.login = "login".to_string()), "login must be a path such as /login");
        assert_eq!(refused(|c| c.routes = "/".to_string()), "routes must be a path such as /session");
        assert!(refused(|c| c.cookie.name = "__Host-x".to_string()).starts_with("cookie.name must be"));
        assert!(
            refused(|c| c.client_address = ClientAddress::ForwardedFor(ForwardedFor::Hops(0)))
                .starts_with("clientAddress")
        );
        assert!(refused(|c| c.key_prefix = "a{b}".to_string()).starts_with("keyPrefix"));
        assert!(
            refused(|c| c.trusted_origins = vec!["https://*.example".to_string()])
                .starts_with("trustedOrigins")
        );
        assert!(
            refused(|c| c.trusted_origins = vec!["https://admin.example".to_string(); 17])
                .starts_with("trustedOrigins")
        );
    }

    #[test]
    fn ip_binding_without_a_declared_address_is_refused() {
        let mut config = SessionConfig::default();
        assert_eq!((config.validate(), config.policy().ip), (Ok(()), Binding::Off));
        config.binding.ip = Some(Binding::Report);
        assert!(config.validate().unwrap_err().to_string().contains("binding.ip"));
        config.binding.ip = Some(Binding::Off);
        assert_eq!(config.validate(), Ok(()));
    }
}
