// The Rust toolchain for WASM: the ordinary one with its target, else Debian's with a sysroot of our own.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { onPath } from '../lib/on-path.mjs'
import { at } from '../lib/paths.mjs'
import { attempt, run } from '../lib/run.mjs'
import { Stop } from '../lib/stop.mjs'
import { debianIsInstalled, debianNeed, debianToolchain, debianWasUsed } from './wasm-debian.mjs'

export const TARGET = 'wasm32-unknown-unknown'
const FORCED = process.env.TWOGATE_WASM_TOOLCHAIN

export const wasm = {
  needs: async () => {
    if (FORCED && !['rustup', 'debian'].includes(FORCED)) {
      throw new Stop(`TWOGATE_WASM_TOOLCHAIN is ${FORCED}: use rustup or debian, or unset it`, 2)
    }
    return (await way()) === 'debian' && !debianIsInstalled() ? [debianNeed] : []
  },
  ready: async (options) => {
    await wasmToolchain(options)
    return {}
  },
}

let chosen
const way = () => (chosen ??= choose())

let toolchain

/** What builds WASM here: `{ way, cargo, env, targetDir, sysroot, id }`. `id` changes with the compiler. */
export function wasmToolchain(options = {}) {
  toolchain ??= way().then((it) => (it === 'debian' ? debianToolchain(options) : rustupToolchain()))
  return toolchain
}

async function choose() {
  if (FORCED !== 'debian' && (await targetIsThere(TARGET))) return 'rustup'
  // Installed by an earlier run, because rustup could not help: asking it again would only cost time.
  if (FORCED === 'debian' || (FORCED === undefined && debianWasUsed())) return 'debian'
  const trouble = await addTarget(TARGET)
  if (trouble === undefined) return 'rustup'
  if (FORCED === 'rustup') throw new Stop(`${trouble}\nrustup target add ${TARGET} failed (see above)`, 2)
  console.log('set-up: rustup cannot add the target here, taking the Debian packages')
  return 'debian'
}

/** Whether the ordinary compiler has a library for this target. */
export async function targetIsThere(target) {
  const { code, stdout } = await attempt('rustc', ['--print', 'sysroot'])
  if (code !== 0) return false
  const libraries = path.join(stdout.trim(), 'lib/rustlib', target, 'lib')
  return existsSync(libraries) && readdirSync(libraries).some((name) => name.startsWith('libcore-'))
}

/** Asks rustup for a target. Resolves to what went wrong, undefined when nothing did. */
export async function addTarget(target) {
  if (!onPath('rustup')) return 'rustup is not installed'
  console.log(`set-up: rustup target add ${target}`)
  // A closed machine must not wait for it: one try, bounded in time.
  const env = { ...process.env, RUSTUP_MAX_RETRIES: '0' }
  const { code, output } = await attempt('rustup', ['target', 'add', target], { env, timeout: 30_000 })
  return code === 0 ? undefined : output.trimEnd()
}

async function rustupToolchain() {
  const version = await run('rustc', ['-vV'])
  const sysroot = (await run('rustc', ['--print', 'sysroot'])).trim()
  return {
    way: 'rustup',
    cargo: 'cargo',
    env: {},
    targetDir: at('target-wasm'),
    sysroot,
    id: createHash('sha256').update(version).digest('hex'),
  }
}
