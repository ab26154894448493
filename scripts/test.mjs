// `npm test [-- --only NAME,NAME] [--all] [--list] [--verbose]`: set-up, then the stages of stages.mjs.
import { parseArgs } from 'node:util'
import { countTests, emptyFiles } from './lib/count.mjs'
import { attempt } from './lib/run.mjs'
import { main, Stop } from './lib/stop.mjs'
import { setUp } from './setup/index.mjs'
import { npm } from './setup/npm.mjs'
import { stages } from './stages.mjs'

const OPTIONS = {
  only: { type: 'string' },
  all: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
}

await main(async () => {
  const { values } = parseArgs({ options: OPTIONS })
  if (values.list) {
    for (const { name, does } of stages) console.log(`${name.padEnd(10)} ${does}`)
    return 0
  }
  const chosen = choose(values.only)
  const parts = new Set([npm, ...chosen.flatMap((stage) => stage.needs ?? [])])
  // Colours would stand between the counts and the patterns that read them.
  const env = {
    ...process.env,
    ...(await setUp([...parts], values)),
    NO_COLOR: '1',
    CARGO_TERM_COLOR: 'never',
  }
  delete env.FORCE_COLOR

  const results = []
  for (const stage of chosen) {
    const result = await runStage(stage, env, values)
    results.push(result)
    if (result.failed > 0 && !values.all) break
  }
  return summary(results, chosen)
})

/** The stages named by `--only`, and those that have to run before them; all without it. */
function choose(only) {
  if (only === undefined) return stages
  const names = only.split(',').filter(Boolean)
  const unknown = names.filter((name) => !stages.some((stage) => stage.name === name))
  if (names.length === 0 || unknown.length > 0) {
    throw new Stop(
      `no such stage: ${unknown.join(', ')}. There are: ${stages.map(({ name }) => name).join(', ')}`,
      2,
    )
  }
  const wanted = new Set(
    stages.filter(({ name }) => names.includes(name)).flatMap(({ name, after = [] }) => [name, ...after]),
  )
  return stages.filter(({ name }) => wanted.has(name))
}

async function runStage(stage, env, { verbose }) {
  console.log(`${stage.name}: ${stage.does}`)
  const begin = performance.now()
  const { counts, trouble, output } = await work(stage, env, verbose)
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  if (trouble.length > 0) {
    if (!verbose && output) process.stdout.write(`${output.trimEnd()}\n`)
    for (const line of trouble) console.log(`  ${line}`)
  }
  const passed = trouble.length > 0 && !stage.counts ? 0 : counts.passed
  // A stage that broke without naming a failed test still counts.
  const failed = trouble.length > 0 ? Math.max(counts.failed, 1) : 0
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
  const tests = stage.counts ? `, ${passed} passed, ${failed} failed${skipped}` : ''
  console.log(`${stage.name}: ${failed > 0 ? 'FAILED' : 'ok'}, ${seconds} s${tests}`)
  return { name: stage.name, passed, failed, seconds }
}

/** Runs the steps until one fails; `trouble` says what is wrong, empty when all is well. */
async function work(stage, env, verbose) {
  let output = ''
  let hollow = 0
  const trouble = []
  try {
    for (const step of await stage.steps()) {
      const { command, args, timeout } = step
      const result = await attempt(command, args, { env: { ...env, ...step.env }, timeout, verbose })
      output += result.output
      const empty = emptyFiles(result.output, step.files ?? [])
      hollow += empty.length
      if (empty.length > 0) trouble.push(`no test in ${empty.join(', ')}`)
      if (result.code !== 0)
        trouble.push(`${[command, ...args].join(' ')} ended with ${result.code ?? 'no exit status'}`)
      if (trouble.length > 0) break
    }
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    trouble.push(error.message)
  }
  const counts = stage.counts ? countTests[stage.counts](output) : { passed: 1, failed: 0, skipped: 0 }
  counts.passed -= hollow
  if (trouble.length === 0 && counts.passed + counts.failed === 0) trouble.push('no test ran')
  return { counts, trouble, output }
}

/** The last line is for programs that read along: nothing may follow it. */
function summary(results, chosen) {
  const total = (key) => results.reduce((sum, result) => sum + result[key], 0)
  const notRun = chosen.slice(results.length).map(({ name }) => name)
  console.log('')
  for (const { name, seconds, passed, failed } of results) {
    console.log(
      `${failed > 0 ? 'FAILED' : 'ok    '} ${name.padEnd(10)} ${`${seconds} s`.padStart(9)} ${String(passed).padStart(6)}`,
    )
  }
  if (notRun.length > 0) console.log(`not run: ${notRun.join(', ')} (--all goes on after a failure)`)
  console.log(`${total('passed')} passed, ${total('failed')} failed`)
  return total('failed') > 0 ? 1 : 0
}
