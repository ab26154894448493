//! `blind TARGET SECONDS SEED` fuzzes one target without coverage, for compilers that cannot build libFuzzer's programs.

use std::env;
use std::error::Error;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use twogate_fuzz::{TARGETS, blind};

/// Edits between two looks at the clock.
const BATCH: u64 = 1000;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [name, seconds, seed] = &args[..] else { return Err("usage: blind TARGET SECONDS SEED".into()) };
    let (_, target) = TARGETS.into_iter().find(|(known, _)| known == name).ok_or("no such target")?;
    let (seconds, mut seed) = (seconds.parse().map(Duration::from_secs)?, seed.parse::<u64>()?);
    let inputs = blind::corpus(&blind::folder("corpus").join(name))?;
    let words = blind::dictionary(&blind::folder("dictionaries").join(format!("{name}.dict")))?;

    let begin = Instant::now();
    let mut executed = 0;
    while begin.elapsed() < seconds {
        if let Some(input) = blind::run(target, &inputs, &words, seed, BATCH) {
            println!("{name} fails on \"{}\" (seed {seed})", input.escape_ascii());
            return Ok(ExitCode::FAILURE);
        }
        executed += BATCH;
        seed = seed.wrapping_add(1);
    }
    println!("executed {executed}");
    Ok(ExitCode::SUCCESS)
}
