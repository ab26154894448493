// `defineSession`: durations as people write them, ranges where they are used, and no secret to be seen.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { defineSession, type SessionOptions } from 'twogate'
import { createSessions } from 'twogate/dal'
import { memoryStore } from 'twogate/memory'
import { freshSecret } from './support/tokens.ts'
import { configVectors } from './support/vectors.ts'

const secret = freshSecret()

test('without options it is what the documentation says, and frozen', () => {
  const { keys, ...config } = defineSession()
  assert.deepEqual(keys(), { secret: undefined, edgeKeys: undefined })
  assert.deepEqual(config, {
    login: '/login',
    home: '/',
    routes: '/session',
    trustedOrigins: [],
    idleTimeout: 1800,
    absoluteTimeout: 43_200,
    tokenLife: 300,
    clockSkew: 30,
    sessionsPerUser: 10,
    atLimit: 'evict',
    binding: { userAgent: 'strict' },
    clientAddress: undefined,
    audience: '',
    keyPrefix: 'tg:',
    notBefore: 0,
    cookie: { name: 'session', dangerouslyInsecureHttp: false },
  })
  assert.ok(Object.isFrozen(defineSession()))
})

// Core owns them; the first check, which knows nothing of core's configuration, is given ours.
test("defaults and presets are core's", () => {
  const { defaults, presets } = configVectors
  const {
    login,
    routes,
    tokenLife,
    clockSkew,
    sessionsPerUser,
    audience,
    keyPrefix,
    notBefore,
    ...timeouts
  } = defineSession()
  const { idleTimeout, absoluteTimeout } = timeouts
  const settings = { login, routes, tokenLife, clockSkew, sessionsPerUser, audience, keyPrefix, notBefore }
  assert.deepEqual({ ...settings, idleTimeout, absoluteTimeout }, defaults)
  assert.ok(presets.length > 3)
  for (const { preset, ...expected } of presets) {
    const { idleTimeout, absoluteTimeout } = defineSession({ preset })
    assert.deepEqual({ idleTimeout, absoluteTimeout }, expected, preset)
  }
})

test('what is set beside a preset counts, and an unknown preset is refused', () => {
  const { idleTimeout, absoluteTimeout } = defineSession({ preset: 'aal2', idleTimeout: '20m' })
  assert.deepEqual([idleTimeout, absoluteTimeout], [1200, 86_400])
  for (const odd of ['aal4', 'AAL2', '', 'toString', null, 2]) {
    assert.throws(() => defineSession({ preset: odd as 'aal1' }), {
      name: 'TypeError',
      message: 'twogate: preset must be one of default, aal1, aal2, aal3',
    })
  }
})

describe('durations', () => {
  for (const [text, expected] of [
    ['90s', 90],
    ['1m', 60],
    ['30m', 1800],
    ['12h', 43_200],
    ['7d', 604_800],
    ['0s', 0],
    [90, 90],
    [0, 0],
  ] as const) {
    test(`${text} are ${expected} s`, () => {
      const config = defineSession({
        idleTimeout: text,
        absoluteTimeout: text,
        tokenLife: text,
        clockSkew: text,
      })
      const { idleTimeout, absoluteTimeout, tokenLife, clockSkew } = config
      assert.deepEqual([idleTimeout, absoluteTimeout, tokenLife, clockSkew], Array(4).fill(expected))
    })
  }

  const bad = [
    '',
    'm',
    '30 m',
    ' 30m',
    '30m ',
    '30M',
    '30min',
    '1w',
    '1h30m',
    '-30m',
    '+30m',
    '1.5h',
    '1e3',
    '0x10',
    '30m\n',
  ]
  const none = [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e21, 1e9, null, true, {}, [], () => 30]
  for (const setting of ['idleTimeout', 'absoluteTimeout', 'tokenLife', 'clockSkew'] as const) {
    test(`${setting} refuses what is no duration, and names itself`, () => {
      for (const odd of [...bad, ...none.filter((it) => it !== null)]) {
        assert.throws(
          () => defineSession({ [setting]: odd } as SessionOptions),
          {
            name: 'TypeError',
            message: `twogate: ${setting} must be whole seconds or text such as '30m', '12h' or '7d'`,
          },
          `${String(odd)}`,
        )
      }
    })
  }
})

describe('a setting out of its range is refused at first use, by its name and with its range', () => {
  const table: readonly [options: SessionOptions, message: RegExp][] = [
    [{ idleTimeout: '59s' }, /^twogate: idleTimeout must be at least 60 seconds$/],
    [{ idleTimeout: 0 }, /idleTimeout must be/],
    [{ absoluteTimeout: '29m' }, /absoluteTimeout must be at least the idle timeout/],
    [{ absoluteTimeout: '401d' }, /absoluteTimeout must be at most 400 days/],
    [{ tokenLife: 0 }, /tokenLife must be 1 second to 1 hour/],
    [{ tokenLife: '61m' }, /tokenLife must be 1 second to 1 hour/],
    [{ clockSkew: '301s' }, /clockSkew must be at most 300 seconds/],
    [{ sessionsPerUser: 0 }, /sessionsPerUser must be 1 to 100/],
    [{ sessionsPerUser: 101 }, /sessionsPerUser must be 1 to 100/],
    [{ sessionsPerUser: Number.NaN }, /sessionsPerUser|invalid type/],
    [{ sessionsPerUser: 1.5 }, /sessionsPerUser|invalid type/],
    [{ notBefore: Number.NaN }, /notBefore|invalid type/],
    [{ login: 'login' }, /login must be a path such as \/login/],
    [{ login: 'https://evil.example/login' }, /login must be a path/],
    [{ login: '//evil.example/login' }, /login must be a path/],
    [{ login: '/login?from=app' }, /login must be a path/],
    [{ routes: '/' }, /routes must be a path/],
    [{ routes: '/a/../session' }, /routes must be a path/],
    [{ trustedOrigins: ['https://*.example'] }, /trustedOrigins must be/],
    [{ trustedOrigins: ['https://admin.example/'] }, /trustedOrigins must be/],
    [{ trustedOrigins: ['http://admin.example'] }, /trustedOrigins must be/],
    [{ trustedOrigins: ['null'] }, /trustedOrigins must be/],
    [{ trustedOrigins: Array(17).fill('https://admin.example') }, /trustedOrigins must be at most 16/],
    // C1: what would break the prefix of the cookie cannot be said, neither to the compiler nor at run time
    // @ts-expect-error
    [{ cookie: { domain: 'app.example' } }, /unknown field `domain`/],
    // @ts-expect-error
    [{ cookie: { path: '/app' } }, /unknown field `path`/],
    // @ts-expect-error
    [{ cookie: { secure: false } }, /unknown field `secure`/],
    // @ts-expect-error
    [{ cookie: { httpOnly: false } }, /unknown field `httpOnly`/],
    // @ts-expect-error
    [{ cookie: { sameSite: 'none' } }, /unknown field `sameSite`/],
    [{ cookie: { name: '__Host-session' } }, /cookie\.name must be/],
    [{ cookie: { name: 'a b' } }, /cookie\.name must be/],
    [{ cookie: { name: '' } }, /cookie\.name must be/],
    [{ keyPrefix: 'a{b}' }, /keyPrefix must be/],
    [{ audience: 'a'.repeat(65) }, /audience/],
    [{ binding: { ip: 'strict' } }, /clientAddress must be set when binding\.ip is not 'off'/],
    [{ binding: { ip: 'report' } }, /clientAddress must be/],
    [{ clientAddress: { forwardedFor: { hops: 0 } } }, /clientAddress must be/],
    [{ clientAddress: { forwardedFor: { hops: 17 } } }, /clientAddress must be/],
    [{ clientAddress: { header: 'X-Real-IP' } }, /clientAddress must be/],
    [{ clientAddress: { header: 'x-forwarded-for' } }, /clientAddress must be/],
    [{ clientAddress: { forwardedFor: { trusted: [] } } }, /the list of trusted networks is empty/],
    [{ clientAddress: { forwardedFor: { trusted: ['0.0.0.0/0'] } } }, /"0\.0\.0\.0\/0" is too wide/],
    [{ clientAddress: { forwardedFor: { trusted: ['10.0.0.1/8'] } } }, /is 10\.0\.0\.0\/8 meant\?/],
    [
      { clientAddress: { forwardedFor: { trusted: ['proxy'] } } },
      /"proxy" is not one such as 10\.0\.0\.0\/8/,
    ],
    [{ clientAddress: 'all' as never }, /clientAddress must be/],
    [
      { clientAddress: { forwardedFor: { hops: 1, trusted: ['10.0.0.0/8'] } } as never },
      /clientAddress must be/,
    ],
    [{ clientAddress: { forwardedFor: { hops: 1 }, header: 'x-real-ip' } as never }, /clientAddress must be/],
    // Next.js shows no socket peer.
    [
      { clientAddress: 'peer' as never },
      /^twogate: clientAddress must be read from a header here.*forwardedFor: \{ hops: 1 \}.*cf-connecting-ip/,
    ],
    [{ binding: { ipv4Prefix: 7 } }, /binding\.ipv4Prefix must be 8 to 32 bits/],
    [{ binding: { ipv6Prefix: 65 } }, /binding\.ipv6Prefix must be 16 to 64 bits/],
    [{ binding: { userAgent: 'loose' as 'off' } }, /loose/],
    [{ binding: { userAgentMatch: 'prefix' as 'exact' } }, /prefix/],
    [{ binding: { ipMatch: 'class' as 'exact' } }, /class/],
    [{ atLimit: 'kick' as 'evict' }, /kick/],
    [{ idelTimeout: '30m' } as SessionOptions, /idelTimeout/],
  ]
  for (const [options, message] of table) {
    test(inspect(options), () => {
      const config = defineSession({ secret, ...options })
      const sessions = createSessions(config, { store: memoryStore({ fresh: true }) })
      assert.throws(() => sessions.removal(), { message })
    })
  }
})

test('the ends of the ranges are allowed', () => {
  for (const options of [
    { idleTimeout: '60s', absoluteTimeout: '60s', tokenLife: '60s', clockSkew: 0, sessionsPerUser: 1 },
    {
      idleTimeout: '400d',
      absoluteTimeout: '400d',
      tokenLife: '1h',
      clockSkew: '300s',
      sessionsPerUser: 100,
    },
    {
      clientAddress: { forwardedFor: { hops: 16 } },
      binding: { ip: 'strict', ipv4Prefix: 8, ipv6Prefix: 16 },
    },
    { clientAddress: { forwardedFor: { trusted: ['10.0.0.0/8', 'fc00::/7', '203.0.113.7'] } } },
    { clientAddress: { header: 'cf-connecting-ip' }, binding: { ip: 'off', ipv4Prefix: 32, ipv6Prefix: 64 } },
    {
      trustedOrigins: [
        'https://admin.example',
        'https://admin.example:8443',
        'http://localhost:3001',
        'https://[2001:db8::1]',
      ],
    },
    { trustedOrigins: ['http://192.168.1.7:3000'], cookie: { dangerouslyInsecureHttp: true } },
    { audience: 'a'.repeat(64), keyPrefix: 'app.1/tg-x_:', cookie: { name: 'a'.repeat(64) } },
  ] satisfies SessionOptions[]) {
    const sessions = createSessions(defineSession({ secret, ...options }), {
      store: memoryStore({ fresh: true }),
    })
    assert.match(sessions.removal(), /; Max-Age=0/)
  }
})

// K10
describe('a configuration that is logged shows no secret', () => {
  const secrets = [freshSecret(), freshSecret()]
  const edgeKeys = `aaaaaaaa.${freshSecret()}`
  const config = defineSession({ secret: secrets, edgeKeys })
  const hidden = [...secrets, ...edgeKeys.split('.').slice(1)]
  const assertHidden = (text: string) => {
    for (const it of hidden) assert.ok(!text.includes(it.slice(0, 12)), 'a secret is shown')
  }
  for (const [how, show] of [
    ['JSON.stringify', () => JSON.stringify(config)],
    ['util.inspect', () => inspect(config, { depth: null })],
    ['console.log formatting', () => inspect({ config: [config] }, { depth: null })],
    ['a copy of its members', () => JSON.stringify({ ...config }) + JSON.stringify(Object.entries(config))],
    ['String', () => String(config) + Object.values(config).join()],
    [
      'sessions made of it',
      () => inspect(createSessions(config, { store: memoryStore({ fresh: true }) }), { depth: null }),
    ],
  ] as const) {
    test(how, () => assertHidden(show()))
  }
  test('util.inspect with showHidden', () => assertHidden(inspect(config, { depth: null, showHidden: true })))
})
