// The oracle: jose verifies our tokens with the derived key, and mints them byte for byte; RFC 5869 derives the key.

import assert from 'node:assert/strict'
import { hkdfSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose'
import { deriveEdgeKeys } from 'twogate/keys'
import { readEdgeKeys } from './support/tokens.ts'
import { type Accepted, tokens } from './support/vectors.ts'

/** HKDF-SHA-256 as RFC 5869 has it: no salt, and in `info` each part behind one byte with its length. */
function derive(secret: string, audience: string, role: string): Buffer {
  const parts = ['twogate/v1', 'session', audience, role].map((part) => Buffer.from(part, 'utf8'))
  const info = Buffer.concat(parts.flatMap((part) => [Buffer.from([part.length]), part]))
  return Buffer.from(hkdfSync('sha256', Buffer.from(secret, 'base64url'), '', info, 32))
}

/** Key id and key of each edge key of a case. */
function edgeKeys(it: Accepted): readonly (readonly [kid: string, key: Buffer])[] {
  return readEdgeKeys(it.edge_keys).map(({ kid, bytes }) => [kid, bytes])
}

function keyFor(it: Accepted): Buffer {
  const { kid } = decodeProtectedHeader(it.token)
  const [, key] = edgeKeys(it).find(([known]) => known === kid) ?? []
  assert.ok(key, 'the token names one of the keys')
  return key
}

const profile = (it: Accepted, now: number) => ({
  algorithms: ['HS256'],
  typ: 'tg+jwt',
  requiredClaims: ['sid', 'sub', 'iat', 'exp'],
  currentDate: new Date(now * 1000),
  subject: it.claims.sub,
})

describe('jose verifies ours with the derived key', () => {
  for (const it of tokens.accepted) {
    test(it.name, async () => {
      const { payload, protectedHeader } = await jwtVerify(it.token, keyFor(it), profile(it, it.claims.iat))
      assert.deepEqual(payload, it.claims)
      assert.deepEqual(Object.keys(protectedHeader), ['alg', 'typ', 'kid'])
      // Ours is stale when theirs has expired.
      const verdict = await jwtVerify(it.token, keyFor(it), profile(it, it.now)).then(
        () => 'fresh',
        (error: unknown) => (error instanceof errors.JWTExpired ? 'stale' : String(error)),
      )
      assert.equal(verdict, it.verdict)
    })
  }
})

describe('the key and the key id are those of RFC 5869, and jose verifies with them', () => {
  for (const it of tokens.accepted) {
    test(it.name, async () => {
      const derived = it.secrets.split(',').map((secret) => {
        const kid = derive(secret, it.audience, 'kid').subarray(0, 6).toString('base64url')
        return [kid, derive(secret, it.audience, 'key')] as const
      })
      assert.deepEqual(edgeKeys(it), derived)
      const { kid } = decodeProtectedHeader(it.token)
      const [, key] = derived.find(([known]) => known === kid) ?? []
      assert.ok(key)
      assert.deepEqual((await jwtVerify(it.token, key, profile(it, it.claims.iat))).payload, it.claims)
    })
  }
})

test('deriveEdgeKeys prints the keys of the vectors', () => {
  for (const it of tokens.accepted) {
    assert.equal(deriveEdgeKeys(it.secrets, it.audience), it.edge_keys)
    assert.equal(deriveEdgeKeys(it.secrets.split(','), it.audience), it.edge_keys)
  }
})

describe('jose mints the same bytes, in the order of our profile', () => {
  for (const it of tokens.accepted) {
    test(it.name, async () => {
      const { kid = '' } = decodeProtectedHeader(it.token)
      const minted = new SignJWT({ ...it.claims }).setProtectedHeader({ alg: 'HS256', typ: 'tg+jwt', kid })
      assert.equal(await minted.sign(keyFor(it)), it.token)
    })
  }
})

// T8, T23
test('JSON.parse reads of a payload exactly our claims, in their order and nothing beside', () => {
  for (const it of tokens.accepted) {
    const [, payload = ''] = it.token.split('.')
    const text = Buffer.from(payload, 'base64url').toString('utf8')
    assert.equal(text, JSON.stringify(it.claims))
    assert.deepEqual(JSON.parse(text), it.claims)
  }
})

test('the header is one block of 64 characters for each key', () => {
  for (const it of tokens.accepted) assert.equal(it.token.indexOf('.'), 63)
})

test('jose refuses with the key of another audience what we refuse', async () => {
  const [minimal] = tokens.accepted
  assert.ok(minimal)
  const other = derive(minimal.secrets, 'admin', 'key')
  await assert.rejects(
    jwtVerify(minimal.token, other, profile(minimal, minimal.now)),
    errors.JWSSignatureVerificationFailed,
  )
})
