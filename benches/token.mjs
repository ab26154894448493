// `npm run bench:token`: the first check, token in and verdict out, beside what else verifies a session at the edge.
import { buildPackage } from '../scripts/build/index.mjs'
import { npm } from '../scripts/setup/npm.mjs'
import { wasm } from '../scripts/setup/wasm.mjs'
import { bench } from './lib/bench.mjs'
import { barChart } from './lib/chart.mjs'
import { byRound, judged, spread } from './lib/ratios.mjs'

const SAMPLE_MS = 25

/** Design, section 10, for a token of 226 characters. What has no goal is reported. */
const GOALS = {
  verify_vs_jose: { atLeast: 35 },
  verify_vs_node_crypto: { atLeast: 3 },
  verify_vs_fast_jwt: { atLeast: 3 },
  verify_time_over_sha256_blocks: { atMost: 1.5 },
  native_vs_jsonwebtoken: { atLeast: 3 },
}
const TOKENS = { short: '226 characters (user id of 13)', uuid: '256 characters (user id is a UUID)' }

/*
 * Ratios are of CPU time. On an idle machine it is the time that passed for all that is synchronous, and it does not
 * move with what else runs there. What WebCrypto does on the thread pool counts, as it does on a server with work for
 * every core; that the event loop waits for it meanwhile does not, which is in favour of the asynchronous ones.
 */
const CLOCK = 'cpu'

await bench({
  name: 'token',
  parts: [npm, wasm],
  rounds: 25,
  measure: async ({ rounds, verbose, progress }) => {
    await buildPackage({ verbose })
    // They import the package, which may just have been built.
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
  chart: draw,
})

/** By key: `<what>_vs_<peer>`, how many times as fast as the peer we are; with `_uuid` for the longer token. */
function ratiosOf(what, measured) {
  const ratios = {}
  for (const [userId, { twogate: ours, ...others }] of Object.entries(measured)) {
    const end = userId === 'uuid' ? '_uuid' : ''
    for (const [peer, theirs] of Object.entries(others)) {
      const isFloor = peer === 'sha256_blocks'
      const key = isFloor ? `${what}_time_over_${peer}${end}` : `${what}_vs_${peer}${end}`
      const pair = isFloor ? [ours, theirs] : [theirs, ours]
      ratios[key] = judged(byRound(...pair.map((samples) => samples[CLOCK])), GOALS[key])
    }
  }
  return ratios
}

function spreads(measured) {
  return mapped(measured, (series) =>
    mapped(series, ({ wall, cpu }) => ({ wall: spread(wall), cpu: spread(cpu) })),
  )
}

function mapped(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]))
}

function draw({ machine, rounds, nanoseconds, versions: { npm: packages, crates } }) {
  const rows = (measured, labels) =>
    Object.entries(labels)
      .map(([key, label]) => ({
        label,
        values: Object.keys(TOKENS).map((userId) => measured[userId][key][CLOCK].median),
        isOurs: key === 'twogate',
      }))
      .sort((a, b) => a.values[0] - b.values[0])
  return barChart({
    title: 'CPU time to verify one session token',
    series: Object.values(TOKENS),
    sections: [
      {
        heading: 'Node.js',
        rows: rows(nanoseconds.node, {
          sha256_blocks: 'bare SHA-256 blocks in WASM',
          twogate: 'twogate/verify',
          node_crypto: 'node:crypto by hand',
          web_crypto: 'WebCrypto by hand',
          jose: `jose ${packages.jose}, raw key`,
          jose_crypto_key: `jose ${packages.jose}, CryptoKey`,
          fast_jwt: `fast-jwt ${packages['fast-jwt']}`,
          fast_jwt_cached: `fast-jwt ${packages['fast-jwt']}, cache hit`,
          jsonwebtoken: `jsonwebtoken ${packages.jsonwebtoken}`,
          hono_jwt: `hono/jwt ${packages.hono}`,
          cloudflare_worker_jwt: `cloudflare-worker-jwt ${packages['@tsndr/cloudflare-worker-jwt']}`,
          iron_session: `iron-session ${packages['iron-session']}`,
        }),
      },
      {
        heading: 'Rust, native',
        rows: rows(nanoseconds.native, {
          twogate: 'twogate-core',
          jsonwebtoken: `jsonwebtoken ${crates.jsonwebtoken}`,
          jwt_simple: `jwt-simple ${crates['jwt-simple']}`,
        }),
      },
    ],
    format: (ns) =>
      ns < 1000 ? `${Number(ns.toPrecision(3))} ns` : `${Number((ns / 1000).toPrecision(3))} µs`,
    unit: 'median CPU time per verification, all threads; logarithmic scale; shorter is better',
    note: [`${machine}; ${rounds} rounds, interleaved`],
  })
}
