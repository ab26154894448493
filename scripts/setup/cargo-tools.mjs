// Tools of the Rust world that only soaks need: installed by cargo and rustup into target/tools, at exact versions.
import { existsSync } from 'node:fs'
import { onPath } from '../lib/on-path.mjs'
import { at } from '../lib/paths.mjs'
import { attempt } from '../lib/run.mjs'

const TOOLS = at('target/tools')

/** The full path of a cargo subcommand at this version; undefined where it cannot be installed. */
export async function cargoTool(name, version, { verbose = false } = {}) {
  const program = `${TOOLS}/bin/${name}`
  if (existsSync(program) && (await isVersion(program, version))) return program
  console.log(`set-up: cargo install ${name} ${version}, once (minutes)`)
  const { code } = await attempt(
    'cargo',
    ['install', name, '--version', version, '--locked', '--root', TOOLS],
    {
      verbose,
    },
  )
  return code === 0 && (await isVersion(program, version)) ? program : undefined
}

/** Whether the nightly toolchain is there with these components; asks rustup for what is missing, once. */
export async function hasNightly(...components) {
  if (!onPath('rustup')) return false
  const env = { ...process.env, RUSTUP_MAX_RETRIES: '0' }
  const rustup = (...args) => attempt('rustup', args, { env, timeout: 300_000 })
  if ((await attempt('cargo', ['+nightly', '--version'])).code !== 0) {
    await rustup('toolchain', 'install', 'nightly', '--profile', 'minimal')
  }
  const installed = await rustup('component', 'list', '--installed', '--toolchain', 'nightly')
  const missing = components.filter((name) => !installed.output.includes(name))
  if (missing.length > 0) await rustup('component', 'add', '--toolchain', 'nightly', ...missing)
  const now = await rustup('component', 'list', '--installed', '--toolchain', 'nightly')
  return now.code === 0 && components.every((name) => now.output.includes(name))
}

async function isVersion(program, version) {
  // `cargo-fuzz 0.13.2`; cargo-mutants answers to its name as a subcommand only.
  const subcommand = program.slice(program.lastIndexOf('cargo-') + 'cargo-'.length)
  const said = await attempt(program, [subcommand, '--version'])
  return said.output.trim().endsWith(` ${version}`)
}
