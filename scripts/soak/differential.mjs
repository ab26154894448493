// `--only differential`: a million tokens, native Rust against WASM in Node, from a new seed each time.
import { buildPackage } from '../build/index.mjs'
import { attempt } from '../lib/run.mjs'
import { setUp } from '../setup/index.mjs'
import { npm } from '../setup/npm.mjs'
import { wasm } from '../setup/wasm.mjs'
import { differentialSteps } from '../stages.mjs'

const TOKENS = 1_000_000

export const differential = {
  name: 'differential',
  does: 'a million tokens: the same verdict natively and in WASM; what is accepted, jose accepts',
  run: async ({ verbose, say }) => {
    await setUp([npm, wasm], { verbose })
    await buildPackage({ verbose })
    // `TWOGATE_SEED` shows a failure again.
    const seed = process.env.TWOGATE_SEED ?? `${Math.floor(Date.now() / 1000)}`
    say(`seed ${seed}`)
    const env = { ...process.env, TWOGATE_TOKENS: `${TOKENS}`, TWOGATE_SEED: seed, NO_COLOR: '1' }
    delete env.FORCE_COLOR
    for (const { command, args } of differentialSteps()) {
      const { code, output } = await attempt(command, args, { env, verbose })
      if (code !== 0) return { figures: { seed: Number(seed) }, findings: [output.slice(-3000)] }
      const counted = /\{"seed".*\}/.exec(output)?.[0]
      if (counted) return { figures: JSON.parse(counted) }
    }
    return { findings: ['no figures: the test did not say how many tokens it compared'] }
  },
}
