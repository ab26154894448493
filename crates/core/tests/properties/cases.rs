//! How many cases are tried, and from which seed.

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// The seed is fixed: a failure fails again.
pub(crate) fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 512,
        rng_seed: RngSeed::Fixed(0x7477_6f67_6174_6531),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
