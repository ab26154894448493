// `--only mutants`: does a test fail when a check is changed? cargo-mutants on the files that decide.
import { mkdirSync, readFileSync } from 'node:fs'
import { at } from '../lib/paths.mjs'
import { attempt } from '../lib/run.mjs'
import { Stop } from '../lib/stop.mjs'
import { cargoTool } from '../setup/cargo-tools.mjs'

const CARGO_MUTANTS = '27.1.0'
const ACCEPTED = 'scripts/soak/mutants-accepted.json'
const FILES = [
  'crates/core/src/token.rs',
  'crates/core/src/claims.rs',
  'crates/core/src/keys.rs',
  'crates/core/src/mac.rs',
  'crates/core/src/base64url.rs',
  'crates/core/src/cookie.rs',
  'crates/core/src/address.rs',
  'crates/core/src/address/trusted.rs',
  'crates/core/src/session/policy.rs',
]

export const mutants = {
  name: 'mutants',
  does: 'no change of a check survives the tests: token, keys, cookie, address, policy',
  run: async (options) => {
    const tool = await cargoTool('cargo-mutants', CARGO_MUTANTS, options)
    if (tool === undefined) return { skipped: ['cargo-mutants could not be installed'] }
    const outcomes = await test(tool, options)
    const by = (summary) =>
      outcomes.filter((it) => it.summary === summary).map((it) => nameOf(it.scenario.Mutant))
    const survivors = by('MissedMutant')
    const figures = {
      mutants: outcomes.length,
      caught: by('CaughtMutant').length,
      timeouts: by('Timeout').length,
      unviable: by('Unviable').length,
      survived: survivors.length,
    }
    const { fresh, stale } = compare(survivors, accepted())
    for (const name of stale) options.say(`caught now, to be removed from ${ACCEPTED}: ${name}`)
    return {
      figures: { ...figures, accepted: survivors.length - fresh.length },
      findings: fresh.map((name) => `survives: ${name}`),
    }
  },
}

/** The outcomes of all mutants. `TWOGATE_MUTANTS_FILES` narrows the files, for whoever works on one of them. */
async function test(tool, { verbose, say }) {
  const files = process.env.TWOGATE_MUTANTS_FILES?.split(',') ?? FILES
  const folder = at('target/soak/mutants')
  mkdirSync(folder, { recursive: true })
  const args = [
    'mutants',
    '--no-shuffle',
    '--colors',
    'never',
    '--all-features',
    '--package',
    'twogate-core',
    '--output',
    folder,
  ]
  for (const file of files) args.push('--file', file)
  // Every mutant is one more build: nobody will debug it, and the examples do not test.
  args.push('--cargo-test-arg', '--tests')
  const env = {
    ...process.env,
    CARGO_PROFILE_TEST_OPT_LEVEL: '1',
    CARGO_PROFILE_TEST_DEBUG: '0',
    CARGO_PROFILE_DEV_DEBUG: '0',
  }
  const { code, output } = await attempt(tool, args, { env, verbose })
  // 2: some survived, 3: some ran into the timeout. All else is no result.
  if (![0, 2, 3].includes(code)) throw new Stop(`cargo-mutants ended with ${code}:\n${output.slice(-3000)}`)
  say(output.trimEnd().split('\n').at(-1))
  const { outcomes } = JSON.parse(readFileSync(`${folder}/mutants.out/outcomes.json`, 'utf8'))
  return outcomes.filter(({ scenario }) => scenario.Mutant)
}

/** File and change without line and column, which move with every edit. */
const nameOf = ({ name }) => name.replace(/^(\S+?):\d+:\d+: /, '$1: ')

const accepted = () =>
  JSON.parse(readFileSync(at(ACCEPTED), 'utf8')).flatMap(({ mutant, count = 1 }) => Array(count).fill(mutant))

/** Survivors that nobody has explained, and explanations that nothing survives any more. Equal names are counted. */
function compare(survivors, explained) {
  const left = [...explained]
  const fresh = survivors.filter((name) => {
    const at = left.indexOf(name)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
  return { fresh, stale: left }
}
