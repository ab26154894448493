//! A configuration and its keys, checked once: what every operation is made from.

use alloc::string::String;
use core::net::IpAddr;

use sha2::{Digest, Sha256};

use super::config::{ConfigError, SessionConfig};
use super::owner::Owner;
use super::policy::{Binding, Facts};
use super::record::Record;
use crate::claims::Claims;
use crate::cookie::{CookieSpec, MAX_SET_COOKIE_LEN};
use crate::denied::Denied;
use crate::edge::{FirstCheck, first_check};
use crate::keys::KeyRing;
use crate::token::{Freshness, MAX_TOKEN_LEN, PayloadBuffer, mint};
use crate::user_agent::UserAgentClass;

/// A sound configuration and its key ring.
#[derive(Debug)]
pub struct SessionRules {
    pub(crate) config: SessionConfig,
    ring: KeyRing,
}

impl SessionRules {
    /// Joins a configuration and its keys.
    ///
    /// # Errors
    /// [`ConfigError`] naming the setting that is out of its range.
    pub fn new(config: SessionConfig, ring: KeyRing) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self { config, ring })
    }

    /// Likewise for a host that never sees a socket peer, as in Next.js: refuses to take the address from there, since it
    /// would always be unknown.
    ///
    /// # Errors
    /// [`ConfigError`] naming the setting that is out of its range.
    pub fn without_peer(config: SessionConfig, ring: KeyRing) -> Result<Self, ConfigError> {
        config.client_address.check_without_peer()?;
        Self::new(config, ring)
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &SessionConfig {
        &self.config
    }

    /// What is known of a request: its user agent; the value of the configured address header, all its lines joined in
    /// order with commas; the socket peer, where the host sees it; and the time in milliseconds since 1970.
    #[must_use]
    pub fn facts(
        &self,
        user_agent: &str,
        address_header: Option<&str>,
        peer: Option<IpAddr>,
        now: u64,
    ) -> Facts {
        Facts {
            user_agent: UserAgentClass::of(user_agent.as_bytes()),
            user_agent_digest: self
                .config
                .binding
                .is_user_agent_exact()
                .then(|| Sha256::digest(user_agent).into()),
            address: self.config.client_address.find(address_header, peer),
            now,
            not_before: 0,
        }
    }

    /// The not-before time that counts beside the stored one: the configured one and that of the facts.
    pub(crate) fn not_before(&self, facts: &Facts) -> u64 {
        self.config.not_before.max(facts.not_before)
    }

    /// The first check, as the edge makes it. Nothing is asked of the store for a token that fails it.
    ///
    /// # Errors
    /// The first [`Denied`] that applies.
    pub fn first_check<'b>(
        &self,
        cookie_header: &str,
        facts: &Facts,
        payload: &'b mut PayloadBuffer,
    ) -> Result<(Freshness, Claims<'b>), Denied> {
        let gate = FirstCheck {
            cookie: self.cookie(),
            limits: self.config.limits(),
            strict_user_agent: self.config.binding.user_agent == Binding::Strict,
        };
        first_check(&gate, &self.ring, cookie_header.as_bytes(), facts.user_agent, facts.now / 1000, payload)
    }

    /// The `Set-Cookie` value with a new token for a living session. Neither outlives its absolute deadline.
    pub(crate) fn issue(&self, owner: &Owner, record: &Record, now: u64) -> Option<String> {
        let issued_at = now / 1000;
        let left = record.absolute_deadline.saturating_sub(issued_at);
        let expires_at = issued_at.saturating_add(self.config.token_life.min(left));
        let user_agent = (self.config.binding.user_agent == Binding::Strict).then_some(record.user_agent);
        let claims = Claims { user_agent, issued_at, expires_at, ..owner.claims()? };
        let (mut token, mut buffer) = ([0u8; MAX_TOKEN_LEN], [0u8; MAX_SET_COOKIE_LEN]);
        let token = mint(&claims, &self.ring, &mut token)?;
        self.cookie().write_set(token.as_bytes(), left, &mut buffer).map(text)
    }

    /// The `Set-Cookie` value that removes the cookie.
    #[must_use]
    pub fn removal(&self) -> String {
        let mut buffer = [0u8; MAX_SET_COOKIE_LEN];
        text(self.cookie().write_removal(&mut buffer).unwrap_or_default())
    }

    fn cookie(&self) -> CookieSpec<'_> {
        self.config.cookie_spec().unwrap_or(CookieSpec::DEFAULT)
    }
}

/// What was written is ASCII.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
