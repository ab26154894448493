//! The kept corpora, and edits of them from a fixed seed, through every target: what fuzzing found once stays found.

use std::time::{SystemTime, UNIX_EPOCH};

use twogate_fuzz::{TARGETS, blind};

/// Edits for each target, a second or two in all.
const EDITS: u64 = 20_000;

#[test]
fn every_target_holds_on_its_corpus() {
    for (name, target) in TARGETS {
        let inputs = blind::corpus(&blind::folder("corpus").join(name)).unwrap();
        assert!(inputs.len() >= 5, "the corpus of {name} is empty");
        for input in &inputs {
            println!("{name}: {}", input.escape_ascii());
            target(input);
        }
    }
}

#[test]
fn every_target_holds_on_edits_of_its_corpus() {
    // Another seed each day would make a failure hard to show again: `TWOGATE_FUZZ_SEED=clock` asks for that.
    let seed = match std::env::var("TWOGATE_FUZZ_SEED").as_deref() {
        Ok("clock") => SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs(),
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => 1,
    };
    println!("seed {seed}");
    for (name, target) in TARGETS {
        let inputs = blind::corpus(&blind::folder("corpus").join(name)).unwrap();
        let words = blind::dictionary(&blind::folder("dictionaries").join(format!("{name}.dict"))).unwrap();
        assert!(!words.is_empty(), "the dictionary of {name} is empty");
        let failed = blind::run(target, &inputs, &words, seed, EDITS);
        assert!(failed.is_none(), "{name} fails on {}", failed.unwrap_or_default().escape_ascii());
    }
}

#[test]
fn a_broken_promise_is_found() {
    let breaks: twogate_fuzz::Target = |data| assert!(!data.windows(2).any(|pair| pair == b"xy"), "found");
    let found = blind::run(breaks, &[b"abcx".to_vec()], &[b"y".to_vec()], 1, 100_000);
    assert!(found.is_some_and(|input| input.windows(2).any(|pair| pair == b"xy")));
}
