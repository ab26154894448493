//! Every interleaving: breadth first through all states, and the way back from one that breaks a promise.

use core::fmt::Write;
use std::collections::BTreeSet;

use rustc_hash::FxHashSet as HashSet;
use twogate_core::session::SessionConfig;

use crate::acts::{Outcome, Routine};
use crate::clock::CLOCK;
use crate::server::Fault;
use crate::steps::{Mishaps, Move, State, Steps};
use crate::truth::Broken;

/// How far an exploration goes; within these bounds it leaves nothing out.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Whether the clock stands on both sides of each boundary, or on one.
    pub both_sides: bool,
    /// What goes wrong on the way.
    pub mishaps: Mishaps,
}

/// What an exploration covered, to the last state.
#[derive(Clone, Debug, Default)]
pub struct Explored {
    /// Distinct states.
    pub states: usize,
    /// Steps between them.
    pub steps: usize,
}

/// A way to a broken promise: no other is shorter.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The promise.
    pub broken: Broken,
    /// What happened, step by step.
    pub trace: String,
}

/// An explorer of one configuration.
pub struct Explorer(Steps);

impl Explorer {
    /// An explorer of this configuration, with these mistakes in the scripts.
    #[must_use]
    pub fn new(config: SessionConfig, faults: &[Fault]) -> Self {
        Self(Steps::new(config, faults))
    }

    /// What operations came to on the way, so that a test can tell that the exploration came by.
    #[must_use]
    pub const fn seen(&self) -> &BTreeSet<(&'static str, Outcome)> {
        &self.0.seen
    }

    /// Goes through every state that these routines can lead to.
    ///
    /// # Errors
    /// The shortest way to a broken promise.
    pub fn explore(&mut self, routines: [Routine; 3], bounds: Bounds) -> Result<Explored, Counterexample> {
        let first = self.0.begin(routines, bounds.mishaps);
        let mut known = HashSet::from_iter([first]);
        // States in the order they were found, each with the way to it.
        let mut found = vec![(first, 0, Move::Clock(0))];
        let mut explored = Explored::default();
        let mut at = 0;
        while let Some((state, ..)) = found.get(at).copied() {
            for step in self.0.moves(&state, bounds.both_sides) {
                explored.steps += 1;
                let next = self.0.apply(&state, step).and_then(|next| {
                    let is_new = known.insert(next);
                    if is_new { self.0.judge(&next).map(|()| Some(next)) } else { Ok(None) }
                });
                match next {
                    Ok(None) => {}
                    Ok(Some(next)) => found.push((next, at, step)),
                    Err(broken) => {
                        let mut way = vec![step];
                        while at != 0 {
                            way.push(found[at].2);
                            at = found[at].1;
                        }
                        way.reverse();
                        return Err(Counterexample { broken, trace: self.tell(&first, &way) });
                    }
                }
            }
            at += 1;
        }
        explored.states = found.len();
        Ok(explored)
    }

    /// Tells what happened, step by step.
    fn tell(&mut self, first: &State, way: &[Move]) -> String {
        let mut story = String::new();
        let mut state = *first;
        for step in way {
            let at = CLOCK[usize::from(state.clock)].second;
            let _ = write!(story, "  {at:>3} s  {}", self.0.describe(&state, *step));
            match self.0.apply(&state, *step) {
                Ok(next) => state = next,
                Err(broken) => story.push_str(&format!(": {broken}")),
            }
            story.push('\n');
        }
        let _ = writeln!(story, "  active now: {:?}", self.0.alive_in(&state));
        story
    }
}
