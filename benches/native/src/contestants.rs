//! Who is measured: for each crate a way to mint and a way to verify, all of the same claims under a key of 32 bytes.

use std::error::Error;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use jwt_simple::prelude::{HS256Key, JWTClaims, MACLike, UnixTimeStamp};
use serde::{Deserialize, Serialize};
use twogate_core::claims::{Claims as CoreClaims, SessionId, UserId};
use twogate_core::keys::KeyRing;
use twogate_core::token::{Freshness, Limits, MAX_TOKEN_LEN, PayloadBuffer, mint, verify};

type Failed = Box<dyn Error>;
type Mint = Box<dyn Fn(&Claims) -> Result<String, Failed>>;
/// Whether a token holds, and is this user's.
type Verify = Box<dyn Fn(&str, &str) -> bool>;

pub struct Contestant {
    pub key: &'static str,
    pub mint: Mint,
    pub verify: Verify,
}

#[derive(Clone, Serialize, Deserialize)]
pub struct Claims {
    pub sid: String,
    pub sub: String,
    pub iat: u64,
    pub exp: u64,
}

impl Claims {
    /// The claims of session `n`, issued now for an hour: the longest life of a token.
    pub fn now(n: usize, sub: String) -> Self {
        let iat = now();
        // 22 characters that stand for 16 bytes.
        Self { sid: format!("{n:021x}A"), sub, iat, exp: iat + 3600 }
    }
}

pub fn contestants(key: &[u8; 32]) -> Result<Vec<Contestant>, Failed> {
    Ok(vec![twogate(key)?, jsonwebtoken(key), jwt_simple(key)])
}

fn twogate(key: &[u8; 32]) -> Result<Contestant, Failed> {
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let ring = || KeyRing::from_secrets(&hex, "").map_err(|error| error.to_string());
    let (signing, verifying) = (ring()?, ring()?);
    let limits = Limits { skew: 30, absolute_timeout: 43_200 };
    Ok(Contestant {
        key: "twogate",
        mint: Box::new(move |claims| {
            let claims = CoreClaims {
                session_id: SessionId::parse(claims.sid.as_bytes()).ok_or("no session id")?,
                user_id: UserId::parse(claims.sub.as_bytes()).ok_or("no user id")?,
                scope: None,
                user_agent: None,
                issued_at: claims.iat,
                expires_at: claims.exp,
            };
            Ok(mint(&claims, &signing, &mut [0; MAX_TOKEN_LEN]).ok_or("cannot be minted")?.to_owned())
        }),
        verify: Box::new(move |token, user_id| {
            let mut buffer = PayloadBuffer::new();
            matches!(
                verify(token.as_bytes(), &verifying, &limits, now(), &mut buffer),
                Ok((Freshness::Fresh, claims)) if claims.user_id.as_str() == user_id
            )
        }),
    })
}

fn jsonwebtoken(key: &[u8; 32]) -> Contestant {
    let (signing, verifying) = (EncodingKey::from_secret(key), DecodingKey::from_secret(key));
    let validation = Validation::new(Algorithm::HS256);
    Contestant {
        key: "jsonwebtoken",
        mint: Box::new(move |claims| {
            Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &signing)?)
        }),
        verify: Box::new(move |token, user_id| {
            jsonwebtoken::decode::<Claims>(token, &verifying, &validation)
                .is_ok_and(|data| data.claims.sub == user_id)
        }),
    }
}

/// What jwt-simple does not know by itself.
#[derive(Serialize, Deserialize)]
struct Custom {
    sid: String,
}

fn jwt_simple(key: &[u8; 32]) -> Contestant {
    let (signing, verifying) = (HS256Key::from_bytes(key), HS256Key::from_bytes(key));
    Contestant {
        key: "jwt_simple",
        mint: Box::new(move |Claims { sid, sub, iat, exp }| {
            let claims = JWTClaims {
                issued_at: Some(UnixTimeStamp::from_secs(*iat)),
                expires_at: Some(UnixTimeStamp::from_secs(*exp)),
                invalid_before: None,
                issuer: None,
                subject: Some(sub.clone()),
                audiences: None,
                jwt_id: None,
                nonce: None,
                custom: Custom { sid: sid.clone() },
            };
            Ok(signing.authenticate(claims)?)
        }),
        verify: Box::new(move |token, user_id| {
            verifying
                .verify_token::<Custom>(token, None)
                .is_ok_and(|claims| claims.subject.as_deref() == Some(user_id))
        }),
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_secs()
}
