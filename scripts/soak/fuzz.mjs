// `--only fuzz`: every target of fuzz/ by libFuzzer on nightly Rust, else without coverage on the ordinary compiler.
import { copyFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { at } from '../lib/paths.mjs'
import { attempt, run } from '../lib/run.mjs'
import { cargoTool, hasNightly } from '../setup/cargo-tools.mjs'

const TARGETS = ['token', 'cookie', 'address', 'next', 'record', 'reply']
const CARGO_FUZZ = '0.13.2'
const LONGEST_INPUT = 4096
// In git: small enough that every run of `npm test` takes them all.
const MOST_KEPT = 190

const kept = (target) => at('fuzz/corpus', target)
const found = (target) => at('target/soak/corpus', target)
const failing = (target) => at('target/soak/findings', target)

export const fuzz = {
  name: 'fuzz',
  does: 'arbitrary bytes against the invariants of fuzz/src, each target for --minutes',
  run: async (options) => {
    const tool = (await hasNightly()) && (await cargoTool('cargo-fuzz', CARGO_FUZZ, options))
    const fuzzer = tool ? await coverageGuided(tool, options) : await blind(options)
    const figures = { fuzzer: fuzzer.name, seconds_each: Math.round(options.minutes * 60) }
    const findings = []
    await inParallel(TARGETS, async (target) => {
      const result = await fuzzer.run(target, figures.seconds_each)
      const { executions, ...more } = result.figures
      figures[target] = { executions, ...more, findings: result.findings.length }
      findings.push(...result.findings)
      options.say(
        `${target}: ${executions?.toLocaleString('en')} executions, ${result.findings.length} findings`,
      )
    })
    if (options.keepCorpus && fuzzer.keep) for (const target of TARGETS) await fuzzer.keep(target)
    return { figures, findings, skipped: fuzzer.skipped }
  },
}

/** Runs two at a time on two cores: a target is one thread. */
async function inParallel(items, work) {
  const waiting = [...items]
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
}

async function coverageGuided(cargoFuzz, { verbose }) {
  const targetDir = at('target/libfuzzer')
  // No sanitizer: core forbids unsafe code, so what one looks for cannot be there, and it would halve the speed.
  const build = [
    'fuzz',
    'build',
    '--features',
    'libfuzzer',
    '--sanitizer',
    'none',
    '--fuzz-dir',
    '.',
    '--target-dir',
    targetDir,
  ]
  const env = { ...process.env, RUSTUP_TOOLCHAIN: 'nightly' }
  await run(cargoFuzz, build, { cwd: at('fuzz'), env, verbose })
  const host = /host: (\S+)/.exec(await run('rustc', ['+nightly', '-vV']))[1]
  const program = (target) => path.join(targetDir, host, 'release', target)

  return {
    name: 'libFuzzer',
    run: async (target, seconds) => {
      for (const folder of [found(target), failing(target)]) mkdirSync(folder, { recursive: true })
      const before = new Set(readdirSync(failing(target)))
      const args = [
        found(target),
        kept(target),
        `-max_total_time=${seconds}`,
        `-max_len=${LONGEST_INPUT}`,
        `-dict=${at('fuzz/dictionaries', `${target}.dict`)}`,
        `-artifact_prefix=${failing(target)}/`,
        '-timeout=10',
        '-print_final_stats=1',
      ]
      const { code, output } = await attempt(program(target), args, { verbose })
      const number = (pattern) => Number(pattern.exec(output)?.[1])
      const inputs = readdirSync(failing(target)).filter((name) => !before.has(name))
      const why = /panicked at .*\n.*/.exec(output)?.[0].replace('\n', ' ') ?? `status ${code}`
      return {
        figures: {
          executions: number(/stat::number_of_executed_units:\s*(\d+)/),
          edges: number(/(?:DONE|pulse|NEW|REDUCE|INITED).*cov: (\d+)(?![\s\S]*cov: )/),
          corpus: readdirSync(found(target)).length,
        },
        findings:
          code === 0
            ? []
            : [`${target}: ${why} (${inputs.map((name) => path.join(failing(target), name)).join(', ')})`],
      }
    },
    keep: (target) => keep(program(target), target),
    skipped: [],
  }
}

/** Adds to the kept corpus what reaches new code, the shortest first, up to a limit. */
async function keep(program, target) {
  const merged = at('target/soak/merged', target)
  rmSync(merged, { recursive: true, force: true })
  mkdirSync(merged, { recursive: true })
  await run(program, ['-set_cover_merge=1', '-use_counters=0', merged, kept(target), found(target)])
  const have = new Set(readdirSync(kept(target)))
  const size = (name) => statSync(path.join(merged, name)).size
  const more = readdirSync(merged).filter((name) => !have.has(name))
  more.sort((a, b) => size(a) - size(b) || (a < b ? -1 : 1))
  for (const name of more.slice(0, Math.max(0, MOST_KEPT - have.size))) {
    copyFileSync(path.join(merged, name), path.join(kept(target), name))
  }
}

async function blind({ verbose }) {
  const manifest = ['--manifest-path', at('fuzz/Cargo.toml'), '--target-dir', at('target/fuzz'), '--locked']
  await run('cargo', ['build', '--release', '--example', 'blind', ...manifest], { verbose })
  return {
    name: 'without coverage',
    run: async (target, seconds) => {
      const seed = Math.floor(Date.now() / 1000)
      const { code, output } = await attempt(at('target/fuzz/release/examples/blind'), [
        target,
        `${seconds}`,
        `${seed}`,
      ])
      return {
        figures: { executions: Number(/executed (\d+)/.exec(output)?.[1] ?? 0), seed },
        findings:
          code === 0 ? [] : [/.* fails on .*/.exec(output)?.[0] ?? `${target}: ${output.slice(-500)}`],
      }
    },
    skipped: ['coverage: nightly Rust or cargo-fuzz could not be installed, inputs were edited blindly'],
  }
}
