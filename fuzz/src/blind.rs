//! A fuzzer without coverage: edits kept inputs at random, from a seed that is printed. For compilers without libFuzzer.

use std::fs;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use fastrand::Rng;

use crate::Target;

/// Longest input that is tried.
const LONGEST: usize = 4096;

/// The folder of everything that is kept for the targets.
pub fn folder(kind: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(kind)
}

/// The inputs in a folder, in the order of their names.
///
/// # Errors
/// Where the folder or a file in it cannot be read.
pub fn corpus(folder: &Path) -> io::Result<Vec<Vec<u8>>> {
    let mut files = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.sort();
    files.iter().map(fs::read).collect()
}

/// The words of a dictionary as libFuzzer reads it: `"word"` in each line, with `\xAB` for other bytes.
///
/// # Errors
/// Where the file cannot be read.
pub fn dictionary(file: &Path) -> io::Result<Vec<Vec<u8>>> {
    let text = fs::read_to_string(file)?;
    let quoted = |line: &str| Some(line.split_once('"')?.1.rsplit_once('"')?.0.to_string());
    Ok(text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(quoted)
        .map(|word| unescaped(&word))
        .collect())
}

/// Runs the target on `count` edits of the inputs. Gives back the input that it failed on, if there was one.
pub fn run(target: Target, inputs: &[Vec<u8>], words: &[Vec<u8>], seed: u64, count: u64) -> Option<Vec<u8>> {
    let mut rng = Rng::with_seed(seed);
    (0..count).find_map(|_| {
        let input = edited(&mut rng, inputs, words);
        panic::catch_unwind(AssertUnwindSafe(|| target(&input))).is_err().then_some(input)
    })
}

fn edited(rng: &mut Rng, inputs: &[Vec<u8>], words: &[Vec<u8>]) -> Vec<u8> {
    let mut input = rng.choice(inputs).cloned().unwrap_or_default();
    for _ in 0..rng.usize(1..=4) {
        let at = rng.usize(0..=input.len());
        let end = rng.usize(at..=input.len().min(at + 16));
        match rng.u8(0..6) {
            0 => drop(input.drain(at..end)),
            1 => input.insert(at, rng.u8(..)),
            2 => input.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << rng.u8(0..8)),
            3 => drop(input.splice(at..end, rng.choice(words).cloned().unwrap_or_default())),
            4 => drop(input.splice(at..at, input[at..end].to_vec())),
            _ => {
                let other = rng.choice(inputs).cloned().unwrap_or_default();
                let from = rng.usize(0..=other.len());
                drop(input.splice(at.., other[from..].iter().copied()));
            }
        }
    }
    input.truncate(LONGEST);
    input
}

fn unescaped(word: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = word.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        let (byte, after) = match (first, after) {
            (b'\\', [b'x', digits @ ..]) if digits.len() >= 2 => {
                (hex(&digits[..2]).unwrap_or(b'x'), &digits[2..])
            }
            (b'\\', [escaped, after @ ..]) => (*escaped, after),
            _ => (*first, after),
        };
        bytes.push(byte);
        rest = after;
    }
    bytes
}
