// Native Rust against the WASM module in Node, token by token; and what we accept, jose accepts (W1).
//
// TWOGATE_TOKENS and TWOGATE_SEED ask for other tokens than the 10^5 of seed 1.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { test } from 'node:test'
import { jwtVerify } from 'jose'
import { createVerifier, type Verdict } from 'twogate/verify'
import { readEdgeKeys } from '../support/tokens.ts'

const COUNT = Number(process.env['TWOGATE_TOKENS'] ?? 100_000)
const SEED = Number(process.env['TWOGATE_SEED'] ?? 1)
// Built by the stage before this test, or by `npm run soak`.
const WRITER = 'target/release/examples/vectors'

interface Described {
  readonly edge_keys: string
  readonly clock_skew: number
  readonly absolute_timeout: number
}

/** Verifier, whether correctly signed, token, now, verdict; of an accepted one user id, scope, `iat` and `exp`. */
type Line = readonly [
  verifier: number,
  signed: boolean,
  token: string,
  now: number,
  verdict: string,
  userId?: string,
  scope?: string,
  issuedAt?: number,
  expiresAt?: number,
]

/** The verdict of native Rust in the words of the package. */
function expected([, , , , verdict, userId, scope, issuedAt, expiresAt]: Line) {
  if (userId === undefined) return { status: 'denied', reason: verdict }
  return { status: verdict, userId, scope: scope ? scope.split(' ') : [], issuedAt, expiresAt }
}

test(`${COUNT} tokens of seed ${SEED}: the same verdict natively, in WASM and, where accepted, by jose`, async (t) => {
  const writer = spawn(WRITER, ['--tokens', `${COUNT}`, `${SEED}`], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(writer, 'close')
  // A writer that nobody reads waits for ever: where an assertion fails, it goes with the test.
  t.after(() => writer.kill())
  let verifiers: ((token: string, now: number) => Verdict)[] | undefined
  let keys: Map<string, CryptoKey>[] = []
  const seen = { tokens: 0, accepted: 0, denied: 0, signedButDenied: 0 }

  for await (const line of lines(writer.stdout)) {
    const it = JSON.parse(line)
    if (verifiers === undefined) {
      const described: Described[] = it.verifiers
      verifiers = described.map(
        ({ edge_keys: edgeKeys, clock_skew: clockSkew, absolute_timeout: absoluteTimeout }) =>
          createVerifier({ edgeKeys, clockSkew, absoluteTimeout }),
      )
      keys = await Promise.all(described.map(({ edge_keys }) => importKeys(edge_keys)))
      continue
    }
    const [verifier, signed, token, now] = it as Line
    const wanted = expected(it)
    const verdict = verifiers[verifier]?.(token, now)
    if (JSON.stringify(verdict) !== JSON.stringify(wanted)) {
      assert.deepEqual(verdict, wanted, `token ${seen.tokens} of seed ${SEED}: ${token} at ${now}`)
    }
    seen.tokens += 1
    if (verdict?.status === 'denied') {
      seen.denied += 1
      if (signed) seen.signedButDenied += 1
    } else {
      seen.accepted += 1
      await joseAccepts(token, keys[verifier], wanted)
    }
  }
  assert.deepEqual(await ended, [0, null])
  assert.equal(seen.tokens, COUNT)
  assert.ok(seen.signedButDenied >= COUNT / 2, 'half of the tokens are wrong and correctly signed')
  assert.ok(seen.accepted >= COUNT / 10, 'a tenth of the tokens is good')
  t.diagnostic(`${JSON.stringify({ seed: SEED, ...seen, differences: 0 })}`)
})

/** Ended by line feeds alone: node:readline would also end one at U+2028, which may be in a token. */
async function* lines(stream: Readable): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of stream.setEncoding('utf8')) {
    const parts = `${rest}${chunk}`.split('\n')
    rest = parts.pop() ?? ''
    yield* parts
  }
}

async function importKeys(edgeKeys: string): Promise<Map<string, CryptoKey>> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const imported = readEdgeKeys(edgeKeys).map(
    async ({ kid, bytes }) =>
      [
        kid,
        await crypto.subtle.importKey('raw', new Uint8Array(bytes), algorithm, false, ['verify']),
      ] as const,
  )
  return new Map(await Promise.all(imported))
}

async function joseAccepts(
  token: string,
  keys: Map<string, CryptoKey> | undefined,
  wanted: ReturnType<typeof expected>,
): Promise<void> {
  // Ours is stale when theirs has expired, so theirs is asked at the moment of issue, or at the end of what a Date holds.
  const currentDate = new Date(Math.min(Number(wanted.issuedAt) * 1000, 8.64e15))
  const key = ({ kid = '' }) => keys?.get(kid) ?? assert.fail(`no key ${kid}`)
  const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'], typ: 'tg+jwt', currentDate })
  assert.equal(payload.sub, wanted.userId)
  assert.equal(payload['scope'] ?? '', wanted.scope?.join(' '))
  assert.deepEqual([payload.iat, payload.exp], [wanted.issuedAt, wanted.expiresAt])
}
