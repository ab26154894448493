// The session routes over real sessions in memory: renew, end, unavailable; nothing loops and nobody is logged out by a link.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defineSession, type SessionOptions } from 'twogate'
import { createSessions, type Sessions } from 'twogate/dal'
import { deriveEdgeKeys } from 'twogate/keys'
import { memoryStore } from 'twogate/memory'
import { redisStore } from 'twogate/redis'
import { createVerifier } from 'twogate/verify'
import { createSessionRoutes } from '../dist/routes.js'
import { claimsOf, freshSecret, sign } from './support/tokens.ts'

const ORIGIN = 'https://app.example'
const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'
const REMOVAL = '__Host-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0'
const secret = freshSecret()

interface World {
  readonly sessions: Sessions
  get(target: string, headers?: Record<string, string>): Promise<Response>
}

function world(options: SessionOptions = {}, store = memoryStore({ fresh: true })): World {
  const config = defineSession({ secret, ...options })
  const sessions = createSessions(config, { store })
  const { GET } = createSessionRoutes(config, sessions)
  return {
    sessions,
    get: (target, headers = {}) =>
      GET(new Request(ORIGIN + target, { headers: { 'user-agent': CHROME, ...headers } })),
  }
}

/** The Cookie header of a browser that has just signed in. */
async function signIn({ sessions }: World, userId = 'user_1'): Promise<{ cookie: string }> {
  const created = await sessions.create(new Headers({ 'user-agent': CHROME }), userId)
  assert.equal(created.status, 'created')
  const [cookie = ''] = created.setCookie.split(';')
  return { cookie }
}

/** The same session with a token that stopped being fresh. */
function aged({ cookie }: { cookie: string }): { cookie: string } {
  const [name, token = ''] = cookie.split('=')
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  return { cookie: `${name}=${sign({ ...claims, iat: claims.iat - 600, exp: claims.exp - 600 }, secret)}` }
}

function assertSeeOther(response: Response, location: string, setCookies: readonly string[] = []): void {
  assert.equal(response.status, 303)
  assert.equal(response.headers.get('location'), location)
  assert.deepEqual(response.headers.getSetCookie(), setCookies)
  assertPrivate(response)
}

function assertPrivate(response: Response): void {
  assert.equal(response.headers.get('cache-control'), 'private, no-store')
  assert.match(response.headers.get('vary') ?? '', /\bCookie\b/)
}

/** Cookies that no session belongs to, and whether they are worthless for good. */
const dead: readonly (readonly [name: string, headers: () => Record<string, string>, clears: boolean])[] = [
  ['no cookie', () => ({}), false],
  ['garbage', () => ({ cookie: '__Host-session=x' }), true],
  ['two cookies of the name', () => ({ cookie: '__Host-session=x; __Host-session=x' }), true],
  ['an unknown key', () => ({ cookie: `__Host-session=${sign(claimsOf('u'), freshSecret())}` }), false],
  ['a session that never was', () => ({ cookie: `__Host-session=${sign(claimsOf('u'), secret)}` }), true],
  [
    'a token of tomorrow',
    () => ({ cookie: `__Host-session=${sign(claimsOf('u', -86_400), secret)}` }),
    false,
  ],
  [
    'a token past the absolute timeout',
    () => ({ cookie: `__Host-session=${sign(claimsOf('u', 50_000), secret)}` }),
    true,
  ],
]

describe('renew', () => {
  test('a living session gets a fresh token and goes back with the mark', async () => {
    const it = world()
    const response = await it.get('/session/renew?next=%2Finvoices%3Fyear%3D2026', aged(await signIn(it)))
    const [setCookie = '', ...more] = response.headers.getSetCookie()
    assertSeeOther(response, '/invoices?year=2026&twogate-renewed=1', [setCookie])
    assert.deepEqual(more, [])
    const [, token = '', maxAge] =
      /^__Host-session=([^;]+); Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=(\d+)$/.exec(setCookie) ?? []
    assert.equal(createVerifier({ edgeKeys: deriveEdgeKeys(secret) })(token).status, 'fresh')
    // C11: what is left of the absolute lifetime
    assert.ok(Number(maxAge) > 43_190 && Number(maxAge) <= 43_200)
  })

  test('the new token is of the same session', async () => {
    const it = world()
    const signedIn = await signIn(it)
    const response = await it.get('/session/renew', aged(signedIn))
    const [cookie = ''] = (response.headers.getSetCookie()[0] ?? '').split(';')
    const [before, after] = await Promise.all(
      [signedIn.cookie, cookie].map((text) =>
        it.sessions.check(new Headers({ cookie: text, 'user-agent': CHROME })),
      ),
    )
    assert.ok(before?.status === 'active' && after?.status === 'active')
    assert.equal(after.session.handle, before.session.handle)
    assert.equal(after.session.expiresAt, before.session.expiresAt)
  })

  test('the mark goes before a fragment and behind a query', async () => {
    const it = world()
    const headers = await signIn(it)
    for (const [next, location] of [
      ['/a', '/a?twogate-renewed=1'],
      ['/a?b', '/a?b&twogate-renewed=1'],
      ['/a#b', '/a?twogate-renewed=1#b'],
      ['/a?b#c?d', '/a?b&twogate-renewed=1#c?d'],
    ] as const) {
      const response = await it.get(`/session/renew?next=${encodeURIComponent(next)}`, headers)
      assert.equal(response.headers.get('location'), location)
    }
  })

  for (const [name, headers, clears] of dead) {
    test(`${name}: to login with next, ${clears ? 'cookie removed' : 'cookie kept'}`, async () => {
      const response = await world().get('/session/renew?next=%2Finvoices', headers())
      assertSeeOther(response, '/login?next=%2Finvoices', clears ? [REMOVAL] : [])
    })
  }

  test('a revoked session is not renewed', async () => {
    const it = world()
    const headers = await signIn(it)
    await it.sessions.revokeAll('user_1')
    assertSeeOther(await it.get('/session/renew?next=%2Fa', aged(headers)), '/login?next=%2Fa', [REMOVAL])
  })
})

describe('end', () => {
  test('a living session is left alone: a link to it logs nobody out', async () => {
    const it = world()
    for (const headers of [await signIn(it), aged(await signIn(it))]) {
      assertSeeOther(await it.get('/session/end?next=%2Finvoices', headers), '/invoices')
      assertSeeOther(await it.get('/session/end', headers), '/')
      const checked = await it.sessions.check(new Headers({ ...headers, 'user-agent': CHROME }))
      assert.equal(checked.status, 'active')
    }
  })

  for (const [name, headers, clears] of dead) {
    test(`${name}: to login, ${clears ? 'cookie removed' : 'cookie kept'}`, async () => {
      const it = world()
      assertSeeOther(
        await it.get('/session/end?next=%2Fa', headers()),
        '/login?next=%2Fa',
        clears ? [REMOVAL] : [],
      )
      assertSeeOther(await it.get('/session/end', headers()), '/login', clears ? [REMOVAL] : [])
    })
  }

  test('a revoked session: cookie removed with every attribute it was set with', async () => {
    const it = world()
    const headers = await signIn(it)
    await it.sessions.revokeCurrent(new Headers({ ...headers, 'user-agent': CHROME }))
    assertSeeOther(await it.get('/session/end?next=%2Fa', headers), '/login?next=%2Fa', [REMOVAL])
  })

  test('another kind of browser under strict: refused, and the session stays with its owner', async () => {
    const it = world()
    const headers = await signIn(it)
    const elsewhere = { ...headers, 'user-agent': 'curl/8.11.0' }
    assertSeeOther(await it.get('/session/end', elsewhere), '/login', [REMOVAL])
    assertSeeOther(await it.get('/session/end', headers), '/')
  })
})

// F1
describe('a store that cannot say', () => {
  const down = () =>
    world(
      {},
      redisStore(() => Promise.reject(new Error('connect ECONNREFUSED 127.0.0.1:6379'))),
    )
  const silent = () =>
    world(
      {},
      redisStore(() => new Promise(() => {}), { timeout: 50 }),
    )
  const cookie = () => ({ cookie: `__Host-session=${sign(claimsOf('u'), secret)}` })

  for (const [name, make] of [
    ['down', down],
    ['silent', silent],
  ] as const) {
    for (const route of ['renew', 'end', 'unavailable']) {
      test(`${name}: ${route} answers 503 with Retry-After and keeps the cookie`, async () => {
        const response = await make().get(`/session/${route}?next=%2Finvoices%3Fa%3D1%26b%3D2`, cookie())
        assert.equal(response.status, 503)
        assert.match(response.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
        assert.deepEqual(response.headers.getSetCookie(), [])
        assert.match(response.headers.get('content-type') ?? '', /^text\/html; charset=utf-8$/)
        assertPrivate(response)
        const page = await response.text()
        assert.ok(page.includes('href="/invoices?a=1&amp;b=2"'))
        assert.ok(page.includes('url=/invoices?a=1&amp;b=2"'))
      })
    }

    test(`${name}: a token that fails the first check is refused all the same`, async () => {
      assertSeeOther(await make().get('/session/end', { cookie: '__Host-session=x' }), '/login', [REMOVAL])
    })
  }

  test('what could be markup in next is text in the page', async () => {
    const page = await (
      await down().get(`/session/unavailable?next=${encodeURIComponent('/"><script>1</script>')}`)
    ).text()
    assert.ok(!page.includes('<script'))
  })
})

// N1, N3, N5: the validator table of oauth2-proxy among them
describe('next', () => {
  const kept = [
    '/',
    '/dashboard',
    '/a/b/',
    '/a?b=//c',
    '/a?b=https://evil.example',
    '/a%2F%2Fb',
    '/loginx',
    '/sessionx',
  ]
  const dropped = [
    '',
    'a',
    '//evil.example',
    '///evil.example',
    '////evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\\/evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r/evil.example',
    '/\v/evil.example',
    '/ /evil.example',
    ' /a',
    '/./\\evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/a/../..//evil.example',
    '/%2e//evil.example',
    '/%2E%2E//evil.example',
    '/a//evil.example',
    'https://evil.example',
    'https:evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '/\u3000/evil.example',
    '/\uff0fevil.example',
    '/\0',
    '/\u00e9',
    `/${'a'.repeat(8192)}`,
    '/login',
    '/login?next=/login',
    '/login/x',
    '/session/renew',
    '/session/end?next=/',
    '/session',
    '%2F%2Fevil.example',
    '@evil.example',
    '/@/../..//evil.example',
  ]

  test('a path of this origin is kept', async () => {
    const it = world({ home: '/home' })
    const headers = await signIn(it)
    for (const next of kept) {
      const location = (await it.get(`/session/end?next=${encodeURIComponent(next)}`, headers)).headers.get(
        'location',
      )
      assert.equal(location, next)
      assert.equal(new URL(next, ORIGIN).origin, ORIGIN)
    }
  })

  test('anything else becomes the home page, for the living and the dead', async () => {
    const it = world({ home: '/home' })
    const headers = await signIn(it)
    for (const next of dropped) {
      const query = `next=${encodeURIComponent(next)}`
      assert.equal((await it.get(`/session/end?${query}`, headers)).headers.get('location'), '/home', next)
      assert.equal(
        (await it.get(`/session/renew?${query}`, headers)).headers.get('location'),
        '/home?twogate-renewed=1',
        next,
      )
      assert.equal((await it.get(`/session/end?${query}`)).headers.get('location'), '/login', next)
      const page = await (await it.get(`/session/unavailable?${query}`)).text()
      assert.ok(page.includes('href="/home"') && !page.includes('evil'), next)
    }
  })

  test('malformed, missing or twice: no exception', async () => {
    const it = world()
    for (const query of [
      '',
      '?next',
      '?next=%',
      '?next=%ff',
      '?next=%E0%A4%A',
      '?next=%2Fa&next=//evil.example',
      '?next[]=a',
    ]) {
      const response = await it.get(`/session/end${query}`)
      assert.equal(response.status, 303)
      assert.match(response.headers.get('location') ?? '', /^\/login(\?next=%2Fa)?$/)
    }
  })
})

test('a fetch gets an empty page: Next.js then navigates for real, and no cookie is lost on the way', async () => {
  const it = world()
  const headers = await signIn(it)
  for (const mode of ['cors', 'no-cors', 'same-origin', 'websocket']) {
    for (const route of ['renew', 'end', 'unavailable', 'nonsense']) {
      const response = await it.get(`/session/${route}?next=%2Fa`, { ...headers, 'sec-fetch-mode': mode })
      assert.equal(response.status, 200)
      assert.equal(await response.text(), '')
      assert.deepEqual(response.headers.getSetCookie(), [])
      assertPrivate(response)
    }
  }
  assertSeeOther(await it.get('/session/end', { ...headers, 'sec-fetch-mode': 'navigate' }), '/')
})

test('another name under the routes is not found', async () => {
  for (const path of ['/session', '/session/', '/session/renewed', '/session/End', '/session/end/']) {
    const response = await world().get(path)
    assert.equal(response.status, 404, path)
    assertPrivate(response)
  }
})
