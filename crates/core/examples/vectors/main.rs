//! Writes tests/vectors: what every language that reads our tokens and records is tested against.
//!
//! `npm run vectors`, or `cargo run -p twogate-core --example vectors --features serde -- <folder>`. No clock and no
//! randomness is in it: the same source writes the same bytes, and `npm test` compares them.
//!
//! `-- --tokens <count> <seed>` writes tokens without end and their verdicts to the standard output instead.

mod config;
mod denied;
mod differential;
mod record;
mod token;

use core::error::Error;
use std::path::Path;
use std::{env, fs};

use serde::Serialize;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let folder = match &args[..] {
        [option, count, seed] if option == "--tokens" => {
            return differential::write(count.parse()?, seed.parse()?);
        }
        [folder] => Path::new(folder),
        _ => return Err("name the folder to write to, or --tokens, their count and a seed".into()),
    };
    fs::create_dir_all(folder)?;
    write(folder, "token.json", &token::vectors()?)?;
    write(folder, "record.json", &record::vectors()?)?;
    write(folder, "config.json", &config::vectors())?;
    write(folder, "denied.json", &denied::vectors())
}

fn write(folder: &Path, name: &str, vectors: &impl Serialize) -> Result<(), Box<dyn Error>> {
    let mut text = serde_json::to_string_pretty(vectors)?;
    text.push('\n');
    Ok(fs::write(folder.join(name), text)?)
}
