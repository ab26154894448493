// The picture of the results: CPU time of everybody, in Node.js and native.
import { barChart } from '../lib/chart.mjs'
import { TOKEN_LENGTHS } from './sessions.mjs'

const LABELS = {
  node: {
    sha256_blocks: () => 'bare SHA-256 blocks in WASM',
    twogate: () => 'twogate/verify',
    node_crypto: () => 'node:crypto by hand',
    web_crypto: () => 'WebCrypto by hand',
    jose: ({ jose }) => `jose ${jose}, bytes as key`,
    jose_crypto_key: ({ jose }) => `jose ${jose}, CryptoKey`,
    fast_jwt: (it) => `fast-jwt ${it['fast-jwt']}`,
    fast_jwt_cached: (it) => `fast-jwt ${it['fast-jwt']}, cache hit`,
    jsonwebtoken: ({ jsonwebtoken }) => `jsonwebtoken ${jsonwebtoken}`,
    hono_jwt: ({ hono }) => `hono/jwt ${hono}`,
    cloudflare_worker_jwt: (it) => `cloudflare-worker-jwt ${it['@tsndr/cloudflare-worker-jwt']}`,
    iron_session: (it) => `iron-session ${it['iron-session']}`,
  },
  native: {
    twogate: () => 'twogate-core',
    jsonwebtoken: ({ jsonwebtoken }) => `jsonwebtoken ${jsonwebtoken}`,
    jwt_simple: (it) => `jwt-simple ${it['jwt-simple']}`,
  },
}

export function draw({ machine, rounds, clock, nanoseconds, versions }) {
  const rows = (where) =>
    Object.entries(LABELS[where])
      .map(([key, label]) => ({
        label: label(versions[where]),
        values: Object.keys(TOKEN_LENGTHS).map((userId) => nanoseconds[where][userId][key][clock].median),
        isOurs: key === 'twogate',
      }))
      .sort((a, b) => a.values[0] - b.values[0])
  return barChart({
    title: 'Time to verify one session token',
    series: [
      `token of ${TOKEN_LENGTHS.short} characters (user id of 13)`,
      `token of ${TOKEN_LENGTHS.uuid} characters (user id is a UUID)`,
    ],
    sections: [
      { heading: 'Node.js', rows: rows('node') },
      { heading: 'Rust, native', rows: rows('native') },
    ],
    format: (ns) => {
      const [value, unit] = ns < 1e3 ? [ns, 'ns'] : ns < 1e6 ? [ns / 1e3, 'µs'] : [ns / 1e6, 'ms']
      return `${Number(value.toPrecision(3))} ${unit}`
    },
    notes: [
      'CPU time of all threads, median; logarithmic scale: from one line to the next is ten times as long',
      `${machine}; ${rounds} rounds, interleaved`,
    ],
  })
}
