//! Every three routines under every interleaving, to the last state.

use twogate_core::session::SessionConfig;
use twogate_core::session::config::AtLimit;
use twogate_model::acts::Outcome::{self, Active, Done, Refused, Unavailable, Version};
use twogate_model::acts::Routine;
use twogate_model::clock::config;
use twogate_model::explore::{Bounds, Explored, Explorer};
use twogate_model::steps::Mishaps;

/// What every exploration comes by; one that does not proves little.
const ALWAYS: [(&str, Outcome); 21] = [
    ("check", Active { touch_due: false }),
    ("check", Active { touch_due: true }),
    ("check", Refused),
    ("create", Done),
    ("create", Refused),
    ("end all", Done),
    ("end by handle", Done),
    ("end by handle", Refused),
    ("end others", Done),
    ("end others", Refused),
    ("end this", Done),
    ("list", Done),
    ("list", Refused),
    ("read", Version(0)),
    ("read", Version(2)),
    ("read", Refused),
    ("rotate", Done),
    ("rotate", Refused),
    ("touch", Done),
    ("touch", Refused),
    ("write", Refused),
];

/// Every three of the routines, each as often as you like: which host does which makes no difference.
fn threes() -> Vec<[Routine; 3]> {
    let mut threes = Vec::new();
    for (first, one) in Routine::ALL.into_iter().enumerate() {
        for (second, two) in Routine::ALL.into_iter().enumerate().skip(first) {
            threes.extend(Routine::ALL.into_iter().skip(second).map(|three| [one, two, three]));
        }
    }
    threes
}

/// Explores every three routines, and says what was covered.
fn assert_no_promise_breaks(config: SessionConfig, bounds: Bounds) -> Explorer {
    let mut explorer = Explorer::new(config, &[]);
    let threes = threes();
    let mut all = Explored::default();
    for routines in &threes {
        match explorer.explore(*routines, bounds) {
            Ok(explored) => {
                all.states += explored.states;
                all.steps += explored.steps;
            }
            Err(found) => panic!("{routines:?}: {}\n{}", found.broken, found.trace),
        }
    }
    let (sets, Explored { states, steps }) = (threes.len(), all);
    println!("figures: {{\"sets of routines\":{sets},\"states\":{states},\"steps\":{steps}}}");
    for seen in ALWAYS {
        assert!(explorer.seen().contains(&seen), "{seen:?} was not come by");
    }
    explorer
}

#[test]
fn no_promise_breaks_on_either_side_of_any_boundary() {
    assert_no_promise_breaks(config(), Bounds { both_sides: true, mishaps: Mishaps::default() });
}

#[test]
fn no_promise_breaks_where_the_limit_refuses() {
    let config = SessionConfig { at_limit: AtLimit::Refuse, ..config() };
    assert_no_promise_breaks(config, Bounds { both_sides: true, mishaps: Mishaps::default() });
}

#[test]
fn no_promise_breaks_where_a_reply_is_lost_and_its_command_comes_late_or_never() {
    let mishaps = Mishaps { lost_replies: 1, lost_scripts: 0 };
    let explorer = assert_no_promise_breaks(config(), Bounds { both_sides: false, mishaps });
    for act in ["check", "touch", "create", "rotate", "write", "end this", "end all"] {
        assert!(explorer.seen().contains(&(act, Unavailable)), "{act}");
    }
}

#[test]
fn no_promise_breaks_where_the_store_forgets_its_scripts() {
    let mishaps = Mishaps { lost_replies: 0, lost_scripts: 1 };
    let explorer = assert_no_promise_breaks(config(), Bounds { both_sides: false, mishaps });
    assert!(explorer.seen().contains(&("script", Unavailable)));
}

/// Part of `npm run soak -- races`: some hundred million states.
#[test]
#[ignore = "takes minutes"]
fn no_promise_breaks_where_all_of_it_comes_together() {
    let mishaps = Mishaps { lost_replies: 1, lost_scripts: 1 };
    assert_no_promise_breaks(config(), Bounds { both_sides: true, mishaps });
}
