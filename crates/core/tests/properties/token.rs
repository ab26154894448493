//! Tokens: what is minted is accepted, and whatever is accepted is what would be minted.

use proptest::prelude::*;
use twogate_core::keys::KeyRing;
use twogate_core::token::{Limits, PayloadBuffer, verify};

const SECRET: &str = "Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ";
const LIMITS: Limits = Limits { skew: 30, absolute_timeout: 43_200 };

proptest! {
    // T1, T17
    #[test]
    fn arbitrary_bytes_are_denied(bytes in proptest::collection::vec(any::<u8>(), 0..1200), now: u64) {
        let ring = KeyRing::from_secrets(SECRET, "").unwrap();
        prop_assert!(verify(&bytes, &ring, &LIMITS, now, &mut PayloadBuffer::new()).is_err());
    }
}
