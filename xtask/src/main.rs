//! Build steps that need Rust libraries: `xtask bindgen <in.wasm> <out-dir> <name> [--no-externref]`.

use core::error::Error;
use std::{env, ffi::OsString, fs, path::Path, process::ExitCode};

use wasm_bindgen_cli_support::Bindgen;

const USAGE: &str = "usage: xtask bindgen <in.wasm> <out-dir> <name> [--no-externref]
  writes <name>_bg.wasm, <name>_bg.js and <name>.d.ts (wasm-bindgen, target bundler) into <out-dir>
  --no-externref  for a module that exchanges numbers only: no table of JavaScript values, no import that fills it";

fn main() -> ExitCode {
    let args: Vec<OsString> = env::args_os().skip(1).collect();
    let (command, input, out_dir, name, externref) = match args.as_slice() {
        [command, input, out_dir, name] => (command, input, out_dir, name, true),
        [command, input, out_dir, name, flag] if flag == "--no-externref" => {
            (command, input, out_dir, name, false)
        }
        _ => return usage(),
    };
    let Some(name) = name.to_str().filter(|_| command == "bindgen") else {
        return usage();
    };
    match bindgen(Path::new(input), Path::new(out_dir), name, externref) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask bindgen: {}: {error}", Path::new(input).display());
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

fn bindgen(input: &Path, out_dir: &Path, name: &str, externref: bool) -> Result<(), Box<dyn Error>> {
    let mut wasm = fs::read(input)?;
    if !externref {
        disable_feature(&mut wasm, "reference-types");
    }
    Bindgen::new()
        .input_bytes(name, wasm)
        .bundler(true)
        .and_then(|bindgen| {
            bindgen
                .typescript(true)
                // Names of functions and compilers: nothing reads them, every visitor of the edge would load them.
                .remove_name_section(true)
                .remove_producers_section(true)
                .generate(out_dir)
        })
        // `:#` prints the whole chain of causes in one line.
        .map_err(|error| format!("{error:#}").into())
}

/// Turns `+feature` into `-feature` in the `target_features` section, where wasm-bindgen looks. The compiler cannot do
/// it: the section is the union over all crates linked, and the standard library comes with `+`.
fn disable_feature(wasm: &mut [u8], feature: &str) {
    let length = u8::try_from(feature.len()).expect("a feature's name is short");
    let entry = [&[b'+', length], feature.as_bytes()].concat();
    let found = wasm.windows(entry.len()).rposition(|window| window == entry.as_slice());
    if let Some(prefix) = found.and_then(|at| wasm.get_mut(at)) {
        *prefix = b'-';
    }
}
