//! The configuration of the model and its clock, which stands to each side of each of its boundaries.

use twogate_core::session::SessionConfig;

/// When the first two sessions were created, in milliseconds since 1970.
const START: u64 = 1_767_225_600_123;
/// A moment that the clock can stand at.
pub(crate) struct Moment {
    /// Seconds after the start.
    pub(crate) second: u64,
    /// Where the clock may go from here, by number.
    pub(crate) next: &'static [u8],
    /// Whether it is kept where only one side of each boundary is looked at.
    pub(crate) kept: bool,
}

/// To each side of each boundary of [`config`].
pub(crate) const CLOCK: [Moment; 13] = [
    moment(0, &[1, 2, 3, 4], true),
    // A touch is due. Seen here, the idle timeout is at 67.
    moment(7, &[5, 6, 7], true),
    // The idle timeout of those that were not seen since the start is at 60. The grace of a rotation here ends at 69.
    moment(59, &[8, 9, 10, 11, 12], true),
    moment(60, &[], true),
    moment(61, &[], false),
    moment(66, &[], false),
    moment(67, &[], true),
    moment(68, &[], false),
    moment(69, &[], true),
    moment(70, &[], false),
    // The absolute timeout of those from the start is at 100.
    moment(99, &[], false),
    moment(100, &[], true),
    moment(101, &[], false),
];

const fn moment(second: u64, next: &'static [u8], kept: bool) -> Moment {
    Moment { second, next, kept }
}

/// The configuration that `CLOCK` is made for: idle timeout 60 s, absolute timeout 100 s, three sessions a user.
#[must_use]
pub fn config() -> SessionConfig {
    SessionConfig {
        idle_timeout: Some(60),
        absolute_timeout: Some(100),
        token_life: 60,
        sessions_per_user: 3,
        ..SessionConfig::default()
    }
}

/// The time in milliseconds since 1970.
pub(crate) fn now(clock: u8) -> u64 {
    START + CLOCK[usize::from(clock)].second * 1000
}
