// Keys that are missing, weak or no keys: refused before any request, saying what to do and never what they are.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { inspect } from 'node:util'
import { defineSession } from 'twogate'
import { createSessions } from 'twogate/dal'
import { deriveEdgeKeys } from 'twogate/keys'
import { memoryStore } from 'twogate/memory'
import { createVerifier } from 'twogate/verify'
import { createGate } from '../dist/gate.js'
import { claimsOf, freshSecret, sign } from './support/tokens.ts'

const NAMES = ['TWOGATE_SECRET', 'TWOGATE_SECRETS', 'TWOGATE_EDGE_KEYS'] as const
/** A number of bytes, their form, and a command that makes them. */
const HOW = /32 random bytes as base64url, from `openssl rand -hex 32`/

function withoutKeys(): void {
  for (const name of NAMES) delete process.env[name]
}

beforeEach(withoutKeys)
afterEach(withoutKeys)

type Keys = { readonly secret?: string | readonly string[]; readonly edgeKeys?: string }

/** Every door that takes root secrets, opened as far as the keys are looked at. */
type Door = readonly [name: string, open: (keys: Keys) => unknown]
const doors: readonly [Door, Door] = [
  [
    'the proxy at its first request',
    (keys) => createGate(defineSession(keys))(new Request('https://app.example/about'), '/about', ''),
  ],
  [
    'the data-access layer at first use',
    (keys) => createSessions(defineSession(keys), { store: memoryStore({ fresh: true }) }).removal(),
  ],
]

function errorOf(open: () => unknown): Error {
  try {
    open()
  } catch (error) {
    assert.ok(error instanceof Error)
    return error
  }
  return assert.fail('was accepted')
}

const text = (bytes: ArrayLike<number>) => Buffer.from(Array.from(bytes)).toString('base64url')
const strong = freshSecret()
const weak: readonly (readonly [name: string, secret: string | readonly string[]])[] = [
  ['empty', ''],
  ['an empty list', []],
  ['the word undefined', 'undefined'],
  ['the word null', 'null'],
  ['31 bytes', freshSecret().slice(0, 42)],
  ['97 bytes', text(Array.from({ length: 97 }, (_, i) => (i * 89 + i * i * 7 + 13) & 255))],
  ['1 MB', 'Ab3-'.repeat(1 << 18)],
  ['zeros', text(new Uint8Array(32))],
  ['counted bytes, the sample of the RFCs', text(Uint8Array.from({ length: 32 }, (_, i) => i))],
  ['readable text', text(Buffer.from('your-256-bit-secret-goes-in-here'))],
  ['a repeated word', 'changeme'.repeat(8)],
  ['plain base64 with padding', Buffer.from(strong, 'base64url').toString('base64').replace(/=*$/, '=')],
  ['a space around it', ` ${strong}`],
  ['the same twice', [strong, strong]],
  ['five', Array.from({ length: 5 }, freshSecret)],
  ['a good one and a weak one', [strong, 'undefined']],
  ['a comma at the end', `${strong},`],
]

for (const [door, open] of doors) {
  describe(door, () => {
    // K2
    test('a missing secret is an error that says what to do', () => {
      const { message } = errorOf(() => open({}))
      assert.match(message, /^twogate: set TWOGATE_SECRET/)
      assert.match(message, HOW)
    })

    // K1, K3, K7
    for (const [name, secret] of weak) {
      test(`${name}: refused, with what to do, and never repeated`, () => {
        const error = errorOf(() => open({ secret }))
        assert.match(error.message, /^twogate: .*secret/i)
        assert.match(error.message, HOW)
        const shown = `${inspect(error, { showHidden: true })}${error.stack}`
        for (const part of [secret].flat().filter((it) => it.length > 10)) {
          assert.ok(!shown.includes(part.trim().slice(0, 10)), 'the error repeats the secret')
        }
      })
    }

    test('a weak secret in the environment is refused likewise', () => {
      for (const name of ['TWOGATE_SECRET', 'TWOGATE_SECRETS'] as const) {
        withoutKeys()
        process.env[name] = 'changeme'.repeat(8)
        assert.match(errorOf(() => open({})).message, HOW)
      }
    })

    test('a secret of no type at all is refused', () => {
      for (const secret of [null, 1, {}, true]) errorOf(() => open({ secret: secret as unknown as string }))
    })

    test('a sound secret is taken, from the options or the environment', () => {
      open({ secret: strong })
      open({ secret: [strong, freshSecret(), freshSecret(), freshSecret()] })
      process.env['TWOGATE_SECRET'] = strong
      open({})
    })
  })
}

// A file that holds a secret ends in a line feed more often than not: it must not become another key.
for (const [door, open] of doors) {
  test(`${door}: a line feed behind the secret is refused`, () => {
    assert.match(errorOf(() => open({ secret: `${strong}\n` })).message, /^twogate: .*secret/)
  })
}

describe('edge keys', () => {
  const edgeKeys = deriveEdgeKeys(strong)
  const bad = [
    '',
    'x',
    strong,
    `${edgeKeys}=`,
    edgeKeys.slice(1),
    ` ${edgeKeys}`,
    `${edgeKeys},${edgeKeys}`,
    edgeKeys.replace('.', ':'),
    `${edgeKeys},`,
  ]
  const [[, proxy]] = doors
  const atTheEdge = [proxy, (keys: Keys) => createVerifier({ edgeKeys: keys.edgeKeys })]
  for (const odd of bad) {
    test(`what is no edge key is refused: ${odd.length} characters`, () => {
      for (const open of atTheEdge) {
        const { message } = errorOf(() => open({ edgeKeys: odd }))
        assert.match(message, /^twogate: /)
        assert.ok(odd.length < 10 || !message.includes(odd.slice(-12)))
      }
    })
  }

  test('createVerifier takes them alone, from the options or the environment, and says what to do', () => {
    process.env['TWOGATE_SECRET'] = strong
    assert.match(errorOf(() => createVerifier()).message, /^twogate: set TWOGATE_EDGE_KEYS .*deriveEdgeKeys/)
    process.env['TWOGATE_EDGE_KEYS'] = edgeKeys
    assert.equal(createVerifier()(sign(claimsOf('u'), strong)).status, 'fresh')
    assert.equal(createVerifier({ edgeKeys: deriveEdgeKeys(freshSecret()) })('').status, 'denied')
  })

  test('they are enough for the first check and not for the second', () => {
    for (const open of atTheEdge) open({ edgeKeys })
    const { message } = errorOf(() =>
      createSessions(defineSession({ edgeKeys }), { store: memoryStore({ fresh: true }) }).removal(),
    )
    assert.match(message, /TWOGATE_SECRET/)
  })

  test('the environment: edge keys before secrets, secrets before the secret, options before all', () => {
    const [first, second, third] = [freshSecret(), freshSecret(), freshSecret()]
    const token = (secret: string) => sign(claimsOf('u'), secret)
    const knows = (secret: string, keys: Keys = {}) => {
      const headers = { cookie: `__Host-session=${token(secret)}` }
      const gate = createGate(defineSession(keys))
      return gate(new Request('https://app.example/a', { headers }), '/a', '').response === undefined
    }
    process.env['TWOGATE_SECRET'] = first
    assert.ok(knows(first))
    process.env['TWOGATE_SECRETS'] = `${second},${third}`
    assert.deepEqual([knows(first), knows(second), knows(third)], [false, true, true])
    process.env['TWOGATE_EDGE_KEYS'] = deriveEdgeKeys(first)
    assert.deepEqual([knows(first), knows(second), knows(third)], [true, false, false])
    assert.ok(knows(third, { secret: third }))
  })
})

describe('deriveEdgeKeys', () => {
  for (const [name, secret] of weak) {
    test(`${name}: refused and never repeated`, () => {
      const { message, stack } = errorOf(() => deriveEdgeKeys(secret))
      assert.match(message, /secret/)
      for (const part of [secret].flat().filter((it) => it.length > 10)) {
        assert.ok(!`${message}${stack}`.includes(part.trim().slice(0, 10)))
      }
    })
  }

  test('prints as many keys as there are secrets, without any of them', () => {
    const secrets = [freshSecret(), freshSecret()]
    const keys = deriveEdgeKeys(secrets, 'app')
    assert.match(keys, /^[\w-]{15}\.[\w-]{43},[\w-]{15}\.[\w-]{43}$/)
    for (const secret of secrets) assert.ok(!keys.includes(secret))
    assert.notEqual(keys, deriveEdgeKeys(secrets))
  })

  test('an audience longer than 64 bytes is refused', () => {
    assert.match(errorOf(() => deriveEdgeKeys(strong, 'a'.repeat(65))).message, /audience/)
  })
})
