// The first check of a request as hosts carry it: redirect, 401, forward, renew, clean, and the headers of each.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Denied, defineSession, type SessionOptions } from 'twogate'
import { deriveEdgeKeys } from 'twogate/keys'
import { createGate, type GateDecision, type GateOptions } from '../dist/gate.js'
import { claimsOf, freshSecret, sign } from './support/tokens.ts'
import { reasons } from './support/vectors.ts'

const ORIGIN = 'https://app.example'
const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1'
const REMOVAL = '__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0'

const secret = freshSecret()
const paths: GateOptions = { public: ['/about', '/docs/*'], api: ['/api'] }

interface Asked {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly options?: SessionOptions
  readonly gate?: GateOptions
}

function ask(
  target: string,
  { method = 'GET', headers = {}, options = {}, gate = paths }: Asked = {},
): GateDecision {
  const request = new Request(ORIGIN + target, { method, headers: { 'user-agent': CHROME, ...headers } })
  const { pathname, search } = new URL(request.url)
  return createGate(defineSession({ secret, ...options }), gate)(request, pathname, search)
}

function answered(decision: GateDecision): Response {
  assert.ok(decision.response, 'was forwarded')
  return decision.response
}

function forwarded(decision: GateDecision): Headers {
  assert.ok(decision.headers, `was answered with ${decision.response?.status}`)
  return decision.headers
}

/** H1, H3: on every answer, whatever it says. */
function assertPrivate(response: Response): void {
  assert.equal(response.headers.get('cache-control'), 'private, no-store')
  assert.match(response.headers.get('vary') ?? '', /\bCookie\b/)
}

const cookie = (token: string, name = '__Host-session') => ({ cookie: `${name}=${token}` })
const fresh = () => sign(claimsOf('user_1'), secret)
const stale = () => sign(claimsOf('user_1', 600), secret)

/** A refused request for each reason that the first check has, and whether its cookie is worthless. */
const refused: readonly (readonly [reason: Denied, headers: () => Record<string, string>])[] = [
  ['no_cookie', () => ({})],
  [
    'no_cookie',
    () => ({ cookie: `session=${fresh()}; __HOST-session=${fresh()}; __Host-sessions=${fresh()}` }),
  ],
  ['no_cookie', () => ({ cookie: `a=b; __Host-session =${fresh()}; \t__Host-session=${fresh()}` })],
  ['no_cookie', () => ({ authorization: `Bearer ${fresh()}` })],
  ['duplicate_cookie', () => ({ cookie: `__Host-session=${fresh()}; __Host-session=x` })],
  ['too_long', () => cookie('A'.repeat(1025))],
  ['malformed', () => cookie('A')],
  ['malformed', () => cookie('')],
  ['malformed', () => cookie(`"${fresh()}"`)],
  ['unknown_key', () => cookie(sign(claimsOf('user_1'), freshSecret()))],
  ['bad_signature', () => cookie(fresh().replace(/.{43}$/, 'A'.repeat(43)))],
  ['issued_in_future', () => cookie(sign(claimsOf('user_1', -120), secret))],
  [
    'life_too_long',
    () => cookie(sign({ ...claimsOf('user_1'), exp: claimsOf('user_1').iat + 3602 }, secret)),
  ],
  ['too_old', () => cookie(sign(claimsOf('user_1', 43_201), secret))],
  ['user_agent_mismatch', () => cookie(sign(claimsOf('user_1', 0, { ua: 'SIM' }), secret))],
]
const clears = (reason: Denied) => reasons.find(({ code }) => code === reason)?.clears_cookie

describe('a protected page without a good token', () => {
  for (const [index, [reason, headers]] of refused.entries()) {
    test(`${reason} (${index}): 303 to login with next, ${clears(reason) ? 'cookie removed' : 'cookie kept'}`, () => {
      const told: Denied[] = []
      const onDenied = (why: Denied) => told.push(why)
      const response = answered(
        ask('/invoices?year=2026', { headers: headers(), gate: { ...paths, onDenied } }),
      )
      assert.equal(response.status, 303)
      assert.equal(response.headers.get('location'), '/login?next=%2Finvoices%3Fyear%3D2026')
      assert.deepEqual(response.headers.getSetCookie(), clears(reason) ? [REMOVAL] : [])
      assertPrivate(response)
      assert.deepEqual(told, [reason])
    })
  }
})

// T22
test('an API answers every refusal alike: 401 JSON, and no redirect', async () => {
  const bodies = new Set<string>()
  for (const [reason, headers] of refused) {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const response = answered(ask('/api/invoices', { method, headers: headers() }))
      assert.equal(response.status, 401)
      assert.equal(response.headers.get('location'), null)
      assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
      assert.deepEqual(response.headers.getSetCookie(), clears(reason) ? [REMOVAL] : [])
      assertPrivate(response)
      bodies.add(await response.text())
    }
  }
  assert.deepEqual([...bodies], ['{"error":"unauthorized"}'])
})

// T24
test('the token is taken from the one cookie and from nowhere else', () => {
  const token = fresh()
  for (const headers of [
    { authorization: `Bearer ${token}` },
    { 'x-session': token },
    { 'set-cookie': `__Host-session=${token}` },
    { cookie2: `__Host-session=${token}` },
    { 'x-cookie': `__Host-session=${token}` },
    cookie(token, 'session'),
    cookie(token, '__Secure-session'),
    cookie(token, 'insecure-http-session'),
    cookie(token, '__host-session'),
  ] as Record<string, string>[]) {
    const told: Denied[] = []
    const gate = { ...paths, onDenied: (why: Denied) => told.push(why) }
    assert.equal(answered(ask('/invoices', { headers, gate })).status, 303)
    assert.deepEqual(told, ['no_cookie'], Object.keys(headers).join())
  }
  for (const target of [
    `/invoices?session=${token}`,
    `/invoices?__Host-session=${token}`,
    `/invoices;${token}`,
  ]) {
    assert.equal(answered(ask(target)).status, 303)
  }
})

// E17
test('a write to a page is never redirected: it goes on to the full check, and the refusal is told', () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    for (const [reason, headers] of refused) {
      const told: Denied[] = []
      forwarded(ask('/invoices', { method, headers: headers(), gate: { onDenied: (why) => told.push(why) } }))
      assert.deepEqual(told, [reason])
    }
    forwarded(ask('/invoices', { method, headers: cookie(stale()) }))
  }
  assert.equal(answered(ask('/invoices', { method: 'HEAD' })).status, 303)
})

describe('a good token', () => {
  test('fresh: forwarded with the cookie as it came', () => {
    const header = cookie(fresh())
    assert.equal(forwarded(ask('/invoices', { headers: header })).get('cookie'), header.cookie)
  })

  test('by derived keys alone', () => {
    forwarded(
      ask('/invoices', {
        headers: cookie(fresh()),
        options: { secret: undefined, edgeKeys: deriveEdgeKeys(secret) },
      }),
    )
  })

  test('among other cookies, wherever it stands', () => {
    for (const text of [
      `a=b; __Host-session=${fresh()}`,
      `__Host-session=${fresh()};x=y`,
      ` ; ;  __Host-session=${fresh()};`,
    ]) {
      forwarded(ask('/invoices', { headers: { cookie: text } }))
    }
  })

  test('stale: a page goes through the renew route, an API goes on', () => {
    const response = answered(ask('/invoices?year=2026', { headers: cookie(stale()) }))
    assert.equal(response.status, 303)
    assert.equal(response.headers.get('location'), '/session/renew?next=%2Finvoices%3Fyear%3D2026')
    assert.deepEqual(response.headers.getSetCookie(), [])
    assertPrivate(response)
    forwarded(ask('/api/invoices', { headers: cookie(stale()) }))
  })

  test('stale with the mark of a renewal, in the address or the cookie: forwarded, so that nothing loops', () => {
    forwarded(ask('/invoices?twogate-renewed=1', { headers: cookie(stale()) }))
    forwarded(ask('/invoices', { headers: { cookie: `__Host-session=${stale()}; twogate-renewed=1` } }))
  })

  test('fresh with the mark: the address is cleaned, and a short-lived cookie remembers', () => {
    const response = answered(ask('/invoices?a=1&twogate-renewed=1&b=2', { headers: cookie(fresh()) }))
    assert.equal(response.status, 303)
    assert.equal(response.headers.get('location'), '/invoices?a=1&b=2')
    assert.match(response.headers.getSetCookie().join(), /^twogate-renewed=1; Path=\/;(.*;)? Max-Age=10\b/)
    assertPrivate(response)
    forwarded(ask('/invoices?twogate-renewed=1', { method: 'POST', headers: cookie(fresh()) }))
  })

  // U1
  test('bound to a class of user agent: strict refuses another, report and off do not, an update is none', () => {
    const bound = cookie(sign(claimsOf('user_1', 0, { ua: 'CLD' }), secret))
    const from = (agent: string, userAgent: 'off' | 'report' | 'strict') =>
      ask('/invoices', { headers: { ...bound, 'user-agent': agent }, options: { binding: { userAgent } } })
    forwarded(from(CHROME, 'strict'))
    forwarded(from(CHROME.replace('142', '199'), 'strict'))
    assert.equal(answered(from(IPHONE, 'strict')).status, 303)
    assert.equal(answered(from('', 'strict')).status, 303)
    forwarded(from(IPHONE, 'report'))
    forwarded(from(IPHONE, 'off'))
  })
})

describe('public paths', () => {
  test('are those listed, the login page and the session routes, whatever the cookie', () => {
    for (const path of [
      '/about',
      '/docs',
      '/docs/a/b',
      '/login',
      '/session/renew',
      '/session/end',
      '/about?x=1',
    ]) {
      for (const [, headers] of refused) forwarded(ask(path, { headers: headers() }))
      forwarded(ask(path, { headers: cookie(stale()) }))
    }
  })

  // E3 to E5: exact bytes, and nothing but the path
  test('are those and no other spelling', () => {
    for (const path of [
      '/',
      '/About',
      '/about/',
      '/about/x',
      '/%61bout',
      '/docsx',
      '/login/',
      '/login/x',
      '/sessions',
      '//about',
      '/x?/about',
      '/x?next=/login',
      '/about%2f',
      '/about;x',
      '/about%00',
      '/about%0a',
      '/dashboard%0a/about',
    ]) {
      assert.equal(answered(ask(path)).status, 303, path)
    }
    for (const headers of [
      { 'x-forwarded-uri': '/about' },
      { 'x-original-url': '/about' },
      { 'x-rewrite-url': '/about' },
      { 'user-agent': 'kube-probe/1.30' },
      { 'x-middleware-subrequest': 'middleware:middleware:middleware:middleware:middleware' },
      { 'x-nextjs-data': '1', rsc: '1', 'next-router-prefetch': '1' },
    ] as Record<string, string>[]) {
      assert.equal(answered(ask('/dashboard', { headers })).status, 303, JSON.stringify(headers))
    }
  })

  // A host that decodes the path before asking must not find a public one by a line feed in it.
  for (const [name, userAgent] of [
    ['', CHROME],
    [', from a client without a user agent', ''],
  ] as const) {
    test(`a path with a line feed in it is not the path before it${name}`, () => {
      const gate = createGate(defineSession({ secret }), paths)
      const headers = { 'user-agent': userAgent }
      for (const path of [
        '/about\n',
        '/about\n/x',
        '/about\n\n__Host-session=x',
        '/dashboard\n/about',
        '\n/about',
      ]) {
        const { response } = gate(new Request(`${ORIGIN}/x`, { headers }), path, '')
        assert.ok(response && response.status >= 300, JSON.stringify(path))
      }
    })
  }

  // E4, E14: what the data-access layer refuses to start with must not open every page here.
  for (const options of [{ routes: '' }, { login: '/login\n' }]) {
    test(`a configured path that is none opens nothing: ${JSON.stringify(options)}`, () => {
      let decision: GateDecision | undefined
      try {
        decision = ask('/dashboard', { options, gate: {} })
      } catch {
        // Refusing to work with it is as good.
      }
      assert.ok(decision === undefined || decision.response, 'a protected page was forwarded')
    })
  }
})

// N1: what could lead elsewhere is dropped, not carried
test('next is a path of this origin and never a session route', () => {
  for (const [target, location] of [
    ['/invoices', '/login?next=%2Finvoices'],
    ['/a%2Fb?c=%26d', '/login?next=%2Fa%252Fb%3Fc%3D%2526d'],
    ['//evil.example', '/login'],
    ['//evil.example/about', '/login'],
    ['/%5Cevil.example', '/login?next=%2F%255Cevil.example'],
    [`/${'a'.repeat(3000)}`, '/login'],
  ] as const) {
    assert.equal(answered(ask(target)).headers.get('location'), location, target.slice(0, 40))
  }
})

// E12
describe('what a client says in our name is stripped, and said once by us', () => {
  for (const name of [
    'twogate-path',
    'TWOGATE-PATH',
    'Twogate-Path',
    'twogate_path',
    'TWOGATE_PATH',
    'twogate-client',
    'twogate_client',
    'Twogate_Client',
    'twogate-anything-later',
    'twogate_anything_later',
    'twogate-anything_later',
  ]) {
    test(name, () => {
      const headers = forwarded(
        ask('/invoices?year=2026', { headers: { ...cookie(fresh()), [name]: '/evil' } }),
      )
      const ours = [...headers].filter(([key]) => /^twogate/i.test(key))
      assert.deepEqual(ours, [['twogate-path', '/invoices?year=2026']])
      assert.ok(!JSON.stringify([...headers]).includes('evil'))
    })
  }

  test('on public paths and refused writes too', () => {
    for (const [target, method] of [
      ['/about', 'GET'],
      ['/session/end', 'GET'],
      ['/invoices', 'POST'],
    ] as const) {
      const headers = forwarded(
        ask(target, { method, headers: { 'twogate-path': '/evil', twogate_path: '/evil' } }),
      )
      assert.deepEqual(
        [...headers].filter(([key]) => key.startsWith('twogate')),
        [['twogate-path', target]],
      )
    }
  })

  test('everything else goes on as it came', () => {
    const sent = { ...cookie(fresh()), accept: 'text/html', 'x-custom': 'a, b', 'x-twogate-path': 'theirs' }
    const headers = forwarded(ask('/invoices', { headers: sent }))
    for (const [name, value] of Object.entries(sent)) assert.equal(headers.get(name), value)
  })
})

describe('over plain http in development', () => {
  const options = { cookie: { dangerouslyInsecureHttp: true } } satisfies SessionOptions

  // C5: never a fall-back from one name to the other
  test('another name, and the secure one is not looked at', () => {
    forwarded(ask('/invoices', { headers: cookie(fresh(), 'insecure-http-session'), options }))
    assert.equal(answered(ask('/invoices', { headers: cookie(fresh()), options })).status, 303)
    assert.equal(
      answered(ask('/invoices', { headers: cookie(fresh(), 'insecure-http-session') })).status,
      303,
    )
  })

  // C10
  test('the removal repeats the attributes it was set with', () => {
    const response = answered(ask('/invoices', { headers: cookie('x', 'insecure-http-session'), options }))
    assert.deepEqual(response.headers.getSetCookie(), [
      'insecure-http-session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0',
    ])
  })
})

test('a head larger than the module reads is refused, not cut', () => {
  for (const headers of [
    { cookie: `x=${'a'.repeat(40_000)}` },
    { ...cookie(fresh()), 'user-agent': 'a'.repeat(40_000) },
  ]) {
    assert.equal(answered(ask('/invoices', { headers })).status, 401)
  }
})

test('names and paths of the configuration are used', () => {
  const options = { login: '/signin', routes: '/auth', cookie: { name: 'sid' } } satisfies SessionOptions
  assert.equal(answered(ask('/x', { options })).headers.get('location'), '/signin?next=%2Fx')
  const location = answered(ask('/x', { options, headers: cookie(stale(), '__Host-sid') })).headers.get(
    'location',
  )
  assert.equal(location, '/auth/renew?next=%2Fx')
  for (const path of ['/signin', '/auth/end']) forwarded(ask(path, { options }))
  assert.equal(answered(ask('/login', { options })).status, 303)
})

// H5
test('two gates of one process do not know each other, and one serves many requests', () => {
  const other = freshSecret()
  const gates = [secret, other].map((key) => createGate(defineSession({ secret: key }), paths))
  for (let round = 0; round < 50; round += 1) {
    for (const [index, gate] of gates.entries()) {
      for (const [owner, key] of [secret, other].entries()) {
        const headers = cookie(sign(claimsOf(`user_${round}`), key))
        const decision = gate(new Request(`${ORIGIN}/x`, { headers }), '/x', '')
        assert.equal(decision.response === undefined, index === owner)
      }
    }
  }
})
