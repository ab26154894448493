// `npm run soak -- races`: a million operations of races, a hundred thousand dropped futures, and the model with all that
// can go wrong at once.
import { buildPackage } from '../build/index.mjs'
import { at } from '../lib/paths.mjs'
import { attempt, run } from '../lib/run.mjs'
import { setUp } from '../setup/index.mjs'
import { npm } from '../setup/npm.mjs'
import { redis } from '../setup/redis.mjs'
import { wasm } from '../setup/wasm.mjs'

const OPERATIONS = 1_000_000
const DROPPED = 100_000

/** The workspace with all features, as `npm test` builds it: nothing is compiled twice. */
const ALL = ['--workspace', '--all-features']

/** `TWOGATE_RACES` and `TWOGATE_DROPPED_FUTURES` make it shorter, to try it out. */
export const races = {
  name: 'races',
  does: 'a million operations of several processes: nothing comes back, no limit is passed',
  run: async ({ verbose }) => {
    await setUp([npm, wasm, redis], { verbose })
    await buildPackage({ verbose })
    await run('cargo', ['build', ...ALL, '--example', 'driver'], { verbose })
    const operations = process.env.TWOGATE_RACES ?? `${OPERATIONS}`
    const soak = ['--import', 'tsx', at('tests/races/soak.ts'), operations]
    // It tells how far it is.
    return counted(await attempt(process.execPath, soak, { verbose: true }))
  },
}

export const dropped = {
  name: 'dropped',
  does: 'a hundred thousand futures dropped half-way: every reply is its own',
  run: async ({ verbose }) => {
    await setUp([redis], { verbose })
    const env = {
      ...process.env,
      TWOGATE_DROPPED_FUTURES: process.env.TWOGATE_DROPPED_FUTURES ?? `${DROPPED}`,
    }
    const test = ['test', ...ALL, '--test', 'redis', 'futures_are_dropped', '--', '--nocapture']
    return counted(await attempt('cargo', test, { env, verbose }))
  },
}

export const model = {
  name: 'model',
  does: 'every interleaving of three hosts, lost replies and forgotten scripts at once',
  run: async ({ verbose }) => {
    const test = ['test', ...ALL, '--test', 'protocol', '--', '--ignored', '--nocapture']
    return counted(await attempt('cargo', test, { verbose }))
  },
}

/** What a part told: its figures as JSON on one line, what it found on a line each. */
function counted({ code, output }) {
  const figures = /figures: (\{.*\})/.exec(output)?.[1]
  const findings = [...output.matchAll(/^finding: (.*)$/gm)].map(([, line]) => line)
  if (findings.length === 0 && (code !== 0 || figures === undefined)) findings.push(output.slice(-3000))
  return { figures: JSON.parse(figures ?? '{}'), findings }
}
