//! Side by side: in every round each contestant takes one sample, in shuffled order. The rules are those of
//! benches/lib/interleave.mjs.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_gettime};
use serde::Serialize;

/// A key, and what does so many operations.
pub type Run = (&'static str, Box<dyn Fn(usize)>);

/// Nanoseconds per operation, one entry a round: the time that passed, and what the process used of it.
#[derive(Default, Serialize)]
pub struct Samples {
    wall: Vec<f64>,
    cpu: Vec<f64>,
}

pub fn interleave(runs: &[Run], rounds: usize, sample_time: Duration) -> BTreeMap<&'static str, Samples> {
    let counts: Vec<usize> = runs.iter().map(|(_, run)| warm_up(run, sample_time)).collect();
    let mut samples: BTreeMap<_, _> = runs.iter().map(|(key, _)| (*key, Samples::default())).collect();
    let mut order: Vec<usize> = (0..runs.len()).collect();
    let mut state = 0x7467_u64;
    for _ in 0..rounds {
        shuffle(&mut order, &mut state);
        for &index in &order {
            let (key, run) = &runs[index];
            let (wall, cpu) = sample(run, counts[index]);
            let samples = samples.entry(key).or_default();
            samples.wall.push(wall.as_nanos() as f64 / counts[index] as f64);
            samples.cpu.push(cpu.as_nanos() as f64 / counts[index] as f64);
        }
    }
    samples
}

/// How many operations fill a sample.
fn warm_up(run: &dyn Fn(usize), sample_time: Duration) -> usize {
    let mut count = 1;
    while sample(run, count).0 < sample_time {
        count *= 2;
    }
    count
}

fn sample(run: &dyn Fn(usize), count: usize) -> (Duration, Duration) {
    let (before, cpu_before) = (Instant::now(), cpu_time());
    run(count);
    (before.elapsed(), cpu_time() - cpu_before)
}

fn cpu_time() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).expect("every Unix has this clock").into()
}

/// Every run takes the same orders: a linear congruential generator (Knuth's MMIX) with a fixed seed.
fn shuffle(order: &mut [usize], state: &mut u64) {
    for last in (1..order.len()).rev() {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        order.swap(last, (*state >> 33) as usize % (last + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::{Run, interleave};
    use std::cell::RefCell;
    use std::collections::BTreeSet;
    use std::rc::Rc;
    use std::time::Duration;

    #[test]
    fn each_contestant_takes_one_sample_a_round_and_no_order_stays() {
        let order = Rc::new(RefCell::new(Vec::new()));
        let runs: Vec<Run> = ["a", "b", "c"]
            .map(|key| {
                let order = Rc::clone(&order);
                (key, Box::new(move |_: usize| order.borrow_mut().push(key)) as Box<dyn Fn(usize)>)
            })
            .into();
        let samples = interleave(&runs, 12, Duration::ZERO);
        assert_eq!(samples.keys().copied().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert!(samples.values().all(|samples| samples.wall.len() == 12 && samples.cpu.len() == 12));
        // Each contestant ran once to warm up.
        let order = order.borrow();
        let rounds: BTreeSet<_> = order[3..].chunks(3).collect();
        assert!(rounds.iter().all(|round| round.iter().collect::<BTreeSet<_>>().len() == 3));
        assert!(rounds.len() > 2);
    }
}
