// WASM without rustup: Debian's compiler, and a standard library for WASM built once from Debian's source of it.
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { at, cache, cargoHome } from '../lib/paths.mjs'
import { run } from '../lib/run.mjs'

// By full path: a rustup shim of the same name may come first on the PATH.
const RUSTC = '/usr/bin/rustc'
const CARGO = '/usr/bin/cargo'
const LINKER = '/usr/bin/wasm-ld-19'
const SOURCE = '/usr/lib/rustlib/src/rust/library'
const TARGET = 'wasm32-unknown-unknown'
// Counted up when the recipe below changes, so that an old result is not taken for a new one.
const RECIPE = 1
const SYSROOTS = path.join(cache, 'wasm-debian')

export const debianNeed = {
  tool: `Rust for ${TARGET}`,
  packages: ['rustc-web', 'cargo-web', 'rust-web-src', 'lld-19'],
  elsewhere: `install Rust with rustup (https://rustup.rs), then run \`rustup target add ${TARGET}\``,
}

export const debianIsInstalled = () => [RUSTC, CARGO, LINKER, SOURCE].every((file) => existsSync(file))

export const debianWasUsed = () => debianIsInstalled() && existsSync(SYSROOTS)

export async function debianToolchain({ verbose = false } = {}) {
  const version = await run(RUSTC, ['-vV'])
  const id = createHash('sha256').update(`${RECIPE} ${version}`).digest('hex')
  const home = path.join(SYSROOTS, id.slice(0, 16))
  if (!existsSync(home)) await buildSysroot(home, { verbose })
  return {
    way: 'debian',
    cargo: CARGO,
    env: { RUSTC: path.join(home, 'rustc'), CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: LINKER },
    targetDir: at('target-wasm-debian'),
    sysroot: path.join(home, 'sysroot'),
    id,
  }
}

async function buildSysroot(home, { verbose }) {
  console.log("set-up: building the standard library for WASM with Debian's Rust, once (about a minute)")
  const work = `${home}.${process.pid}`
  mkdirSync(path.join(work, 'crate/src'), { recursive: true })
  // A workspace of its own, or cargo would look for it in ours.
  writeFileSync(
    path.join(work, 'crate/Cargo.toml'),
    '[workspace]\n[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n',
  )
  writeFileSync(path.join(work, 'crate/src/lib.rs'), '#![no_std]\n')
  await run(CARGO, ['build', '-Z', 'build-std=std,panic_abort', '--release', '--target', TARGET], {
    cwd: path.join(work, 'crate'),
    verbose,
    env: {
      ...process.env,
      RUSTC,
      // build-std is an unstable option; only this build uses one.
      RUSTC_BOOTSTRAP: '1',
      // embed-bitcode: our own builds link the standard library with LTO.
      CARGO_ENCODED_RUSTFLAGS: [
        '-Cembed-bitcode=yes',
        '-Ctarget-feature=+simd128',
        // The paths end up in our modules, in panic messages.
        `--remap-path-prefix=${path.dirname(SOURCE)}=/rustc`,
        `--remap-path-prefix=${path.join(cargoHome, 'registry/src')}=/crates`,
      ].join('\x1f'),
      CARGO_TARGET_DIR: path.join(work, 'target'),
    },
  })
  const built = path.join(work, 'target', TARGET, 'release/deps')
  const libraries = path.join(work, 'sysroot/lib/rustlib', TARGET, 'lib')
  mkdirSync(libraries, { recursive: true })
  for (const name of readdirSync(built)) {
    if (/^lib(?!empty-).*\.(rlib|rmeta)$/.test(name))
      copyFileSync(path.join(built, name), path.join(libraries, name))
  }
  writeFileSync(path.join(work, 'rustc'), WRAPPER, { mode: 0o755 })
  for (const name of ['crate', 'target']) rmSync(path.join(work, name), { recursive: true })
  // Renamed when it is whole: a build that was stopped half-way is not taken for done.
  if (!existsSync(home)) renameSync(work, home)
}

// Only the WASM target has our libraries; proc macros and build scripts take Debian's own.
const WRAPPER = `#!/bin/sh
case " $* " in
  *${TARGET}*) exec ${RUSTC} --sysroot="$(dirname "$0")/sysroot" "$@" ;;
esac
exec ${RUSTC} "$@"
`
