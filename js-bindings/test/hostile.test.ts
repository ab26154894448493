// `twogate/verify` under hostile input: always a denial, never an exception (E15, W3, W6).

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createVerifier, type Verdict } from 'twogate/verify'
import { tokens } from './support/vectors.ts'

const [sample] = tokens.accepted
assert.ok(sample)
const { token, now, edge_keys: edgeKeys } = sample
const verify = createVerifier({ edgeKeys })

function assertDenied(input: unknown, at: unknown = now): void {
  const name = () => `${typeof input}: ${String(input).slice(0, 80)} at ${String(at)}`
  let verdict: Verdict
  try {
    verdict = (verify as (token: unknown, now: unknown) => Verdict)(input, at)
  } catch (error) {
    throw new assert.AssertionError({ message: `${name()} threw ${String(error)}` })
  }
  if (verdict.status !== 'denied') assert.fail(`${name()} was accepted`)
  assert.deepEqual(Object.keys(verdict), ['status', 'reason'])
}

const LINE_FEED = 10

// T1
test('every byte at every position of a token, in its place and between', () => {
  let tried = 0
  for (let at = 0; at <= token.length; at += 1) {
    for (let byte = 0; byte < 256; byte += 1) {
      if (byte === LINE_FEED) continue
      const character = String.fromCharCode(byte)
      assertDenied(token.slice(0, at) + character + token.slice(at))
      if (at < token.length && token[at] !== character) {
        assertDenied(token.slice(0, at) + character + token.slice(at + 1))
      }
      tried += 2
    }
  }
  assert.ok(tried > 100_000)
  assert.equal(verify(token, now).status, 'fresh')
})

test('a line feed at every position, and what is behind it', () => {
  for (let at = 0; at <= token.length; at += 1) assertDenied(`${token.slice(0, at)}\n${token.slice(at)}`)
  assertDenied(`${token}\n${'x'.repeat(100)}`)
})

test('every prefix, every suffix, and every token with a piece left out', () => {
  for (let at = 0; at < token.length; at += 1) {
    assertDenied(token.slice(0, at))
    assertDenied(token.slice(at + 1))
    assertDenied(token.slice(0, at) + token.slice(at + 1))
  }
})

// T3, W5
describe('sizes', () => {
  for (const [name, text] of [
    ['1 MB of dots', '.'.repeat(1 << 20)],
    ['1 MB of letters', 'A'.repeat(1 << 20)],
    ['1 MB behind a good token', token + 'A'.repeat(1 << 20)],
    ['1 MB of brackets', '['.repeat(1 << 20)],
    ['1 MB of three-byte characters', '\u20ac'.repeat(1 << 20)],
    ['as much as the buffer holds', 'A'.repeat(32 * 1024)],
    ['one byte more than the buffer holds', 'A'.repeat(32 * 1024 + 1)],
    ['a character that ends beyond the buffer', `${'A'.repeat(32 * 1024 - 1)}\u20ac`],
  ] as const) {
    test(`${name} is too long, and quickly`, () => {
      const begin = performance.now()
      assert.deepEqual(verify(text, now), { status: 'denied', reason: 'too_long' })
      assert.ok(performance.now() - begin < 250)
      assert.equal(verify(token, now).status, 'fresh')
    })
  }
})

// W6
test('lone surrogates, NUL, controls and other scripts', () => {
  for (const odd of [
    '\ud800',
    '\udfff',
    '\ud800\ud800',
    '\0',
    '\r\n',
    '\t',
    '\u2028',
    '\ufeff',
    '\u00a0',
    '\u3000',
    '\ud83d\ude00',
    '\u0130',
    '\uff0e',
  ]) {
    for (const input of [
      odd,
      odd + token,
      token + odd,
      odd.repeat(2000),
      token.replace('.', odd),
      token.replaceAll('.', odd),
    ]) {
      assertDenied(input)
    }
  }
})

test('a token in other scripts of the same look', () => {
  assertDenied(token.replaceAll('e', '\u0435'))
  assertDenied(token.normalize('NFKD') === token ? token.replace('e', '\uff45') : token)
})

// W3
describe('times that are none', () => {
  for (const at of [
    Number.NaN,
    Number.NEGATIVE_INFINITY,
    -1,
    -0.5,
    -1e308,
    Number.POSITIVE_INFINITY,
    1e308,
    2 ** 53,
    2 ** 64,
  ]) {
    test(`now ${at}`, () => assertDenied(token, at))
  }
  test('now as a string, an object, a function, null', () => {
    for (const at of ['x', {}, [], () => now, null]) assertDenied(token, at)
  })
})

test('what is no string is denied, not thrown at', () => {
  const inputs = [
    undefined,
    null,
    0,
    1,
    Number.NaN,
    true,
    1n,
    {},
    [],
    [token],
    { token },
    () => token,
    Symbol('x'),
    new Uint8Array(226),
    new Date(0),
  ]
  for (const input of inputs) assertDenied(input)
})

// T12, W8: an option that is no number of seconds may refuse more, never less
describe('limits that are none never widen the window', () => {
  for (const odd of [-1, -0.5, Number.NaN, Number.NEGATIVE_INFINITY]) {
    test(`clock skew and absolute timeout ${odd}`, () => {
      const later = createVerifierOr(() => createVerifier({ edgeKeys, clockSkew: odd }))
      assert.notEqual(later?.(token, now - 31).status, 'fresh')
      const older = createVerifierOr(() => createVerifier({ edgeKeys, absoluteTimeout: odd }))
      assert.notEqual(older?.(token, now + 43_201).status, 'stale')
    })
  }
})

/** Refusing at construction is as good. */
function createVerifierOr(make: () => ReturnType<typeof createVerifier>) {
  try {
    return make()
  } catch {
    return undefined
  }
}

test('ten thousand denials and one good token between: memory of the module does not grow', () => {
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 10_000; i += 1) {
    assertDenied('A'.repeat(i % 2048))
    assert.equal(verify(token, now).status, 'fresh')
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 8 * 1024 * 1024)
})
