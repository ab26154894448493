// `twogate/verify` against the vectors that Rust wrote: the same verdict in every language.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { deriveEdgeKeys } from 'twogate/keys'
import { createVerifier, type Verdict } from 'twogate/verify'
import { tokens } from './support/vectors.ts'

type Verify = (token: string, now?: number) => Verdict
interface Keyed {
  readonly secrets: string
  readonly audience: string
  readonly edge_keys: string
}

const { clock_skew: clockSkew, absolute_timeout: absoluteTimeout } = tokens.limits
const made = new Map<string, readonly [name: string, verify: Verify][]>()

/** Verifiers of a case: by its edge keys as Rust wrote them, and as they are derived here. */
function verifiers({ secrets, audience, edge_keys: edgeKeys }: Keyed) {
  const key = `${secrets} ${audience}`
  const limits = { clockSkew, absoluteTimeout }
  const found = made.get(key) ?? [
    ['the edge keys of the vectors', createVerifier({ edgeKeys, ...limits })],
    [
      'edge keys derived here',
      createVerifier({ edgeKeys: deriveEdgeKeys(secrets.split(','), audience), ...limits }),
    ],
  ]
  made.set(key, found)
  return found
}

describe('accepted', () => {
  for (const it of tokens.accepted) {
    test(it.name, () => {
      const { sub, scope, iat, exp } = it.claims
      for (const [by, verify] of verifiers(it)) {
        const expected = {
          status: it.verdict,
          userId: sub,
          scope: scope?.split(' ') ?? [],
          issuedAt: iat,
          expiresAt: exp,
        }
        assert.deepEqual(verify(it.token, it.now), expected, by)
      }
    })
  }
})

describe('denied', () => {
  for (const it of tokens.denied) {
    test(`${it.reason}: ${it.name}`, () => {
      for (const [by, verify] of verifiers(it)) {
        assert.deepEqual(verify(it.token, it.now), { status: 'denied', reason: it.reason }, by)
      }
    })
  }
})

const [sample] = tokens.accepted
assert.ok(sample)
const now = sample.now

test('the default limits are those of the vectors, and now is the clock', () => {
  const verify = createVerifier({ edgeKeys: sample.edge_keys })
  assert.equal(verify(sample.token, now - clockSkew).status, 'fresh')
  assert.equal(verify(sample.token, now - clockSkew - 1).status, 'denied')
  assert.equal(verify(sample.token, now + absoluteTimeout - 1).status, 'stale')
  assert.equal(verify(sample.token, now + absoluteTimeout).status, 'denied')
  // The clock of whoever runs this is years past the sample.
  assert.deepEqual(verify(sample.token), { status: 'denied', reason: 'too_old' })
})

test('a fraction of a second does not end a token early or late', () => {
  const verify = createVerifier({ edgeKeys: sample.edge_keys })
  assert.equal(verify(sample.token, sample.claims.exp - 0.001).status, 'fresh')
  assert.equal(verify(sample.token, sample.claims.exp + 0.999).status, 'stale')
})

// T27: what one verifier knows, another does not
test('verifiers do not share keys, and a denial leaves nothing of the token before', () => {
  const [other] = tokens.accepted.filter((it) => it.name === 'another secret')
  assert.ok(other)
  const [mine, theirs] = [
    createVerifier({ edgeKeys: sample.edge_keys }),
    createVerifier({ edgeKeys: other.edge_keys }),
  ]
  assert.equal(mine(sample.token, now).status, 'fresh')
  assert.deepEqual(theirs(sample.token, now), { status: 'denied', reason: 'unknown_key' })
  assert.equal(theirs(other.token, now).status, 'fresh')
  assert.deepEqual(mine(other.token, now), { status: 'denied', reason: 'unknown_key' })
  assert.equal(mine(sample.token, now).status, 'fresh')
})

test('a verdict is not changed by the verdicts after it', () => {
  const verify = createVerifier({ edgeKeys: sample.edge_keys })
  const first = verify(sample.token, now)
  const kept = structuredClone(first)
  for (const it of tokens.accepted) verify(it.token, now)
  assert.deepEqual(first, kept)
})

// T21
test('claims cannot be read where there are none', () => {
  const verdict = createVerifier({ edgeKeys: sample.edge_keys })('x', now)
  assert.equal(verdict.status, 'denied')
  // @ts-expect-error: not before the status was looked at
  assert.equal(verdict.userId, undefined)
  // @ts-expect-error
  assert.equal(verdict.scope, undefined)
})
