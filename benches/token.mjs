// `npm run bench:token`: the first check, token in and verdict out, beside what else verifies a session at the edge.
import { buildPackage } from '../scripts/build/index.mjs'
import { npm } from '../scripts/setup/npm.mjs'
import { wasm } from '../scripts/setup/wasm.mjs'
import { bench } from './lib/bench.mjs'
import { byRound, judged, spread } from './lib/ratios.mjs'

const SAMPLE_MS = 25

/** For a token of 226 characters. What has no goal is reported. */
const GOALS = {
  verify_vs_jose: { atLeast: 35 },
  verify_vs_node_crypto: { atLeast: 3 },
  verify_vs_fast_jwt: { atLeast: 3 },
  verify_time_over_sha256_blocks: { atMost: 1.5 },
  native_vs_jsonwebtoken: { atLeast: 3 },
}

/*
 * Ratios are of CPU time. Where nothing is waited for it is the time that passed, but does not move with what else runs
 * on the machine. What WebCrypto does on its threads counts, as it does on a server that has work for every core; what
 * the caller waits for it does not, so the asynchronous ones are shown at their best.
 */
const CLOCK = 'cpu'

await bench({
  name: 'token',
  parts: [npm, wasm],
  rounds: 25,
  measure: async ({ rounds, verbose, progress }) => {
    await buildPackage({ verbose })
    // Imported now: they load the peers, which set-up installs, and the package, which was built just now.
    const { measureInNode } = await import('./token/measure.mjs')
    const { measureNative } = await import('./token/native.mjs')
    const { versions } = await import('./token/versions.mjs')
    const options = { rounds, sampleMs: SAMPLE_MS, verbose, progress }
    const native = await measureNative(options)
    const node = await measureInNode(options)
    return {
      ratios: { ...ratiosOf('verify', node), ...ratiosOf('native', native) },
      clock: CLOCK,
      nanoseconds: { node: spreads(node), native: spreads(native) },
      versions: versions(),
    }
  },
  draw: async (results) => (await import('./token/draw.mjs')).draw(results),
})

/** By key: `<what>_vs_<peer>`, how many times as fast as the peer we are; with `_uuid` for the longer token. */
function ratiosOf(what, measured) {
  const ratios = {}
  for (const [userId, { twogate: ours, ...others }] of Object.entries(measured)) {
    const end = userId === 'uuid' ? '_uuid' : ''
    for (const [peer, theirs] of Object.entries(others)) {
      const isFloor = peer === 'sha256_blocks'
      const key = isFloor ? `${what}_time_over_${peer}${end}` : `${what}_vs_${peer}${end}`
      const [dividend, divisor] = isFloor ? [ours, theirs] : [theirs, ours]
      ratios[key] = judged(byRound(dividend[CLOCK], divisor[CLOCK]), GOALS[key])
    }
  }
  return ratios
}

function spreads(measured) {
  return mapped(measured, (peers) =>
    mapped(peers, ({ wall, cpu }) => ({ wall: spread(wall), cpu: spread(cpu) })),
  )
}

function mapped(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]))
}
