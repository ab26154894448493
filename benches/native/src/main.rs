//! Measures twogate-core's first check against other crates: `twogate-bench-native <rounds> <milliseconds a sample>`
//! prints samples by user id and crate as JSON, in the form of benches/lib/interleave.mjs.

mod contestants;
mod interleave;

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use contestants::{Claims, contestants};
use interleave::{Run, interleave};

/// Sessions in a sample: a server never sees one token over and over.
const SESSIONS: usize = 64;
const KEY: [u8; 32] = *b"a key of 32 bytes for each crate";

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let mut number = || args.next().and_then(|text| text.parse().ok()).filter(|number| *number > 0);
    let (Some(rounds), Some(sample_ms)) = (number(), number()) else {
        return Err("usage: twogate-bench-native <rounds> <milliseconds a sample>".into());
    };
    let mut samples = BTreeMap::new();
    for (name, user_id) in [("short", short as fn(usize) -> String), ("uuid", uuid)] {
        let mut runs: Vec<Run> = Vec::new();
        for contestant in contestants(&KEY)? {
            let claims: Vec<Claims> = (0..SESSIONS).map(|n| Claims::now(n, user_id(n))).collect();
            let tokens = claims.iter().map(|it| (contestant.mint)(it)).collect::<Result<Vec<_>, _>>()?;
            let sessions: Vec<_> = tokens.into_iter().zip(claims).collect();
            let run = move |count: usize| {
                for (token, claims) in sessions.iter().cycle().take(count) {
                    // A single wrong answer ends the measurement: it would be of something else.
                    assert!(
                        (contestant.verify)(token, &claims.sub),
                        "{} refuses its own token",
                        contestant.key
                    );
                }
            };
            runs.push((contestant.key, Box::new(run)));
        }
        samples.insert(name, interleave(&runs, rounds, Duration::from_millis(sample_ms as u64)));
    }
    println!("{}", serde_json::to_string(&samples)?);
    Ok(())
}

/// 13 characters, as in a token of 226.
fn short(n: usize) -> String {
    format!("user_{:08x}", 0x41f2_c9a7_usize.wrapping_mul(n + 1) & 0xffff_ffff)
}

/// 36 characters, as in a token of 256.
fn uuid(n: usize) -> String {
    format!("{:08x}-5b1e-4c3a-9d2f-{:012x}", 0x41f2_c9a7_usize.wrapping_mul(n + 1) & 0xffff_ffff, n)
}

#[cfg(test)]
mod tests {
    use super::{KEY, SESSIONS, short, uuid};
    use crate::contestants::{Claims, contestants};

    #[test]
    fn every_crate_verifies_what_it_minted() {
        for contestant in contestants(&KEY).unwrap() {
            for n in 0..SESSIONS {
                let claims = Claims::now(n, short(n));
                let token = (contestant.mint)(&claims).unwrap();
                assert!((contestant.verify)(&token, &claims.sub), "{}", contestant.key);
                assert!(!(contestant.verify)(&token, "somebody"), "{} does not look", contestant.key);
            }
        }
    }

    #[test]
    fn every_crate_refuses_any_changed_character() {
        for contestant in contestants(&KEY).unwrap() {
            let claims = Claims::now(1, uuid(1));
            let token = (contestant.mint)(&claims).unwrap();
            for at in 0..token.len() {
                let mut bad = token.clone().into_bytes();
                bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
                let bad = String::from_utf8(bad).unwrap();
                assert!(!(contestant.verify)(&bad, &claims.sub), "{}: {bad}", contestant.key);
            }
        }
    }

    #[test]
    fn every_crate_refuses_a_token_under_another_key_and_one_that_has_expired() {
        let others = contestants(b"another key of 32 bytes for each").unwrap();
        for (contestant, other) in contestants(&KEY).unwrap().into_iter().zip(others) {
            let claims = Claims::now(1, short(1));
            let foreign = (other.mint)(&claims).unwrap();
            assert!(!(contestant.verify)(&foreign, &claims.sub), "{}: another key", contestant.key);
            let old = Claims { iat: claims.iat - 7200, exp: claims.exp - 7200, ..claims };
            let expired = (contestant.mint)(&old).unwrap();
            assert!(!(contestant.verify)(&expired, &old.sub), "{}: expired", contestant.key);
        }
    }
}
