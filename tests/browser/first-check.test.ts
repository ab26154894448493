// The first check: what the proxy turns away, sends on and renews, and that it asks no database.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hydrated, plantToken, tokenOf, userAgents } from '../support/browser.ts'
import { CookieJar, SealedJar } from '../support/cookies.ts'
import { assertNoData, invoices, protectedData } from '../support/data.ts'
import { ask, COOKIE, follow, navigation, place, script } from '../support/http.ts'
import { fillLogin, signIn } from '../support/people.ts'
import { aged, flipped, freshSecret, payloadOf, sign, signingKey } from '../support/tokens.ts'
import { until } from '../support/until.ts'
import { onEachStore } from '../support/world.ts'

const userAgent = userAgents.chromeOnLinux
const HOUR = 3600
/** Of the dashboard's configuration. */
const ABSOLUTE_TIMEOUT = 12 * HOUR

onEachStore('the first check', {}, (world) => {
  /** Signs in and closes the browser, so that nothing but the test sends requests. */
  async function liveToken(): Promise<string> {
    const context = await world.browser()
    const { token } = await signIn(context, world.app.origin)
    await context.close()
    return token
  }

  test('without a cookie /dashboard goes to /login?next=%2Fdashboard, nothing of it is rendered, and login leads back to it', async () => {
    const context = await world.browser()
    const page = await context.newPage()
    const bodies: Promise<string>[] = []
    page.on('response', (response) => bodies.push(response.text().catch(() => '')))
    await page.goto(world.app.url('/dashboard'))
    assert.equal(place(page.url()), '/login?next=%2Fdashboard')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    for (const body of await Promise.all(bodies))
      assert.ok(!body.includes('Signed in as'), 'no answer on the way shows the page')

    await hydrated(page)
    await fillLogin(page)
    await page.getByText('Signed in as Ada Lovelace').waitFor()
    assert.equal(place(page.url()), '/dashboard')

    const data = await protectedData(world.app, (await tokenOf(context)) ?? '')
    for (const path of ['/dashboard', '/invoices', '/devices']) {
      for (const rsc of [{}, { rsc: '1' }]) {
        const answer = await ask(world.app.url(path), { headers: { ...navigation(userAgent), ...rsc } })
        assert.ok(
          answer.next !== undefined && answer.status >= 300 && answer.status < 400,
          `${path} redirects`,
        )
        assert.equal(place(answer.next), `/login?next=${encodeURIComponent(path)}`)
        assert.match(answer.headers['cache-control'] ?? '', /no-store/)
        assertNoData(answer.body, data, path)
      }
    }
  })

  test('without JavaScript in the browser one signs in and reads the dashboard as well', async () => {
    const page = await (await world.browser({ javaScript: false })).newPage()
    await page.goto(world.app.url('/invoices'))
    assert.equal(place(page.url()), '/login?next=%2Finvoices')
    await fillLogin(page)
    assert.equal(place(page.url()), '/invoices')
    await page.getByRole('heading', { name: 'Invoices' }).waitFor()
  })

  test('a wrong password or an unknown name signs nobody in and does not say which it was', async () => {
    const context = await world.browser()
    const page = await context.newPage()
    for (const [name, password] of [
      ['ada', 'first-compiler-1952'],
      ['nobody', 'analytical-engine-1843'],
    ] as const) {
      await page.goto(world.app.url('/login?next=%2Finvoices'))
      await hydrated(page)
      await page.getByLabel('User name').fill(name)
      await page.getByLabel('Password').fill(password)
      await page.getByRole('button', { name: 'Sign in' }).click()
      assert.equal(await page.locator('p[role=alert]').textContent(), 'Wrong user name or password.')
      assert.equal(await tokenOf(context), undefined)
    }
    await fillLogin(page)
    assert.equal(place(page.url()), '/invoices', 'where one wanted to go survives a wrong password')
  })

  test('a forged, foreign, outlived or doubled cookie goes to login, and no command reaches Redis', async () => {
    const token = await liveToken()
    const data = await protectedData(world.app, token)
    const otherKey = signingKey(freshSecret())
    const now = Math.floor(Date.now() / 1000)
    const old = now - ABSOLUTE_TIMEOUT - HOUR
    const one = `${COOKIE}=${token}`
    const cookies: Record<string, readonly string[]> = {
      'one bit of the header is flipped': [`${COOKIE}=${flipped(token, 'header', 9)}`],
      'one bit of the payload is flipped': [`${COOKIE}=${flipped(token, 'payload', 83)}`],
      'the first bit of the signature is flipped': [`${COOKIE}=${flipped(token, 'signature', 0)}`],
      'the last bit of the signature is flipped': [`${COOKIE}=${flipped(token, 'signature', 255)}`],
      'it is signed with another secret': [`${COOKIE}=${sign(payloadOf(token), otherKey)}`],
      'it is signed with another secret under our key id': [
        `${COOKIE}=${sign(payloadOf(token), { ...otherKey, kid: world.key.kid })}`,
      ],
      'it is older than the longest absolute lifetime': [
        `${COOKIE}=${sign({ ...payloadOf(token), iat: old, exp: old + 300 }, world.key)}`,
      ],
      'it is issued in the future': [
        `${COOKIE}=${sign({ ...payloadOf(token), iat: now + HOUR, exp: now + HOUR + 300 }, world.key)}`,
      ],
      'it claims to live for a year': [
        `${COOKIE}=${sign({ ...payloadOf(token), iat: now, exp: now + 365 * 24 * HOUR }, world.key)}`,
      ],
      'it comes twice': [`${one}; ${one}`],
      'it comes twice, in two header lines': [one, one],
      'it comes with a second of its name before it': [`${COOKIE}=x; ${one}`],
      'it comes with a second of its name after it': [`${one}; ${COOKIE}=x`],
      'it is empty': [`${COOKIE}=`],
      'it is quoted': [`${COOKIE}="${token}"`],
      'it is under the bare name': [`session=${token}`],
    }
    // The counter counts: a live cookie is one command.
    await world.forgetCommands()
    assert.equal(
      (await ask(world.app.url('/api/invoices'), { headers: script(userAgent, token) })).status,
      200,
    )
    if (world.store === 'redis')
      assert.deepEqual(
        (await world.monitor.sent()).map(({ name }) => name),
        ['HMGET'],
      )

    for (const [what, lines] of Object.entries(cookies)) {
      await world.forgetCommands()
      const cookie = lines.map((line) => ['cookie', line] as const)
      for (const path of ['/dashboard', '/invoices', '/devices']) {
        const answer = await ask(world.app.url(path), {
          headers: [...Object.entries(navigation(userAgent)), ...cookie],
        })
        assert.ok(answer.next !== undefined, `${what}: ${path} redirects`)
        assert.equal(place(answer.next), `/login?next=${encodeURIComponent(path)}`, what)
        assertNoData(answer.body, data, what)
        const login = await ask(answer.next, {
          headers: [...Object.entries(navigation(userAgent)), ...cookie],
        })
        assert.equal(login.status, 200, `${what}: the login page opens`)
        assert.match(login.body, /Sign in/)
      }
      const refused = await ask(world.app.url('/api/invoices'), {
        headers: [...Object.entries(script(userAgent)), ...cookie],
      })
      assert.equal(refused.status, 401, what)
      assert.deepEqual(JSON.parse(refused.body), { error: 'unauthorized' })
      await world.assertNothingAsked(what)
    }
    // The session itself took no harm.
    assert.equal(
      (await ask(world.app.url('/api/invoices'), { headers: script(userAgent, token) })).status,
      200,
    )
  })

  test('a browser with a forged cookie lands on the login page and can sign in from there', async () => {
    const token = await liveToken()
    const context = await world.browser()
    await plantToken(context, world.app.origin, flipped(token, 'signature', 100))
    const page = await context.newPage()
    await page.goto(world.app.url('/invoices'))
    assert.equal(place(page.url()), '/login?next=%2Finvoices')
    await hydrated(page)
    await fillLogin(page)
    assert.equal(place(page.url()), '/invoices')
  })

  test('a stale cookie is renewed after exactly one check, and the same page opens under its own address', async () => {
    const token = await liveToken()
    const stale = aged(token, 10 * 60, world.key)
    const jar = new CookieJar({ [COOKIE]: stale })
    const commands: Record<string, string[]>[] = []
    await world.forgetCommands()
    const journey = await follow(world.app.url('/invoices?year=2026'), {
      userAgent,
      jar,
      maxHops: 3,
      onAnswer: async ({ url }) => {
        if (world.store !== 'redis') return
        commands.push({ [url.pathname]: (await world.monitor.sent()).map(({ name }) => name) })
        await world.monitor.clear()
      },
    })
    assert.equal(journey.last.status, 200)
    assert.equal(place(journey.last.url), '/invoices?year=2026', 'no mark is left in the address')
    const renewed = jar.get(COOKIE) ?? ''
    assert.notEqual(renewed, stale)
    assert.equal(payloadOf(renewed).sid, payloadOf(token).sid, 'it is the same session')
    assert.ok(payloadOf(renewed).iat >= payloadOf(token).iat, 'in a new token')
    const [setting] = journey.setCookies.filter(({ name }) => name === COOKIE)
    assert.deepEqual(
      ['path', 'secure', 'httponly', 'samesite', 'domain'].map((name) => setting?.attributes.get(name)),
      ['/', '', '', 'Lax', undefined],
    )
    const lifetime = Number(setting?.attributes.get('max-age'))
    assert.ok(
      lifetime > ABSOLUTE_TIMEOUT - HOUR && lifetime <= ABSOLUTE_TIMEOUT,
      'the cookie lives as long as the session may',
    )
    const setter = journey.answers.find(({ setCookies }) => setCookies.some(({ name }) => name === COOKIE))
    assert.match(setter?.headers['cache-control'] ?? '', /private.*no-store|no-store.*private/)
    assert.match(setter?.headers.vary ?? '', /cookie/i)
    if (world.store === 'redis') {
      assert.deepEqual(
        commands.filter((one) => Object.keys(one)[0] === '/session/renew'),
        [{ '/session/renew': ['HMGET'] }],
      )
      const before = commands.slice(
        0,
        commands.findIndex((one) => '/session/renew' in one),
      )
      assert.deepEqual(
        before.flatMap((one) => Object.values(one).flat()),
        [],
        'nothing is asked before the renewal',
      )
    }

    const context = await world.browser()
    await plantToken(context, world.app.origin, stale)
    const page = await context.newPage()
    await page.goto(world.app.url('/dashboard'))
    await page.getByText('Signed in as Ada Lovelace').waitFor()
    assert.equal(place(page.url()), '/dashboard')
    const inBrowser = (await tokenOf(context)) ?? ''
    assert.notEqual(inBrowser, stale)
    assert.equal(payloadOf(inBrowser).sid, payloadOf(token).sid)
  })

  test('a click inside the page with a stale cookie is renewed on the way and lands on the page it names', async () => {
    const context = await world.browser()
    const { page, token } = await signIn(context, world.app.origin)
    const stale = aged(token, 10 * 60, world.key)
    await plantToken(context, world.app.origin, stale)
    await page.getByRole('link', { name: 'Invoices' }).click()
    await page.getByRole('heading', { name: 'Invoices' }).waitFor()
    assert.equal(place(page.url()), '/invoices')
    const renewed = (await tokenOf(context)) ?? ''
    assert.notEqual(renewed, stale)
    assert.equal(payloadOf(renewed).sid, payloadOf(token).sid)
  })

  test('a Server Function with a stale cookie does its work: no POST is sent round by a redirect', async () => {
    const context = await world.browser()
    const { page, token } = await signIn(context, world.app.origin)
    await page.goto(world.app.url('/invoices'))
    await hydrated(page)
    const before = await invoices(world.app, token)
    const open = await page.getByRole('button', { name: 'Mark as paid' }).count()
    await plantToken(context, world.app.origin, aged(token, 10 * 60, world.key))
    await page.getByRole('button', { name: 'Mark as paid' }).first().click()
    await until(
      'one invoice fewer is open',
      async () => (await page.getByRole('button', { name: 'Mark as paid' }).count()) === open - 1,
    )
    assert.notDeepEqual(await invoices(world.app, token), before)
    assert.equal(place(page.url()), '/invoices')
  })

  test('a browser that refuses the renewed cookie, or a server whose clock is wrong, does not loop', async () => {
    const stale = aged(await liveToken(), 10 * 60, world.key)
    const journey = await follow(world.app.url('/dashboard'), {
      userAgent,
      jar: new SealedJar({ [COOKIE]: stale }),
      maxHops: 4,
    })
    assert.equal(journey.last.status, 200)
    assert.match(journey.last.body, /Signed in as/)
  })

  test('a stale cookie of a revoked session goes to login', async () => {
    const context = await world.browser()
    const { page, token } = await signIn(context, world.app.origin)
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL((url) => url.pathname !== '/dashboard')
    const jar = new CookieJar({ [COOKIE]: aged(token, 10 * 60, world.key) })
    const journey = await follow(world.app.url('/dashboard'), { userAgent, jar, maxHops: 3 })
    assert.equal(journey.last.url.pathname, '/login')
    assert.equal(jar.get(COOKIE), undefined)
  })

  test('a script with a stale cookie gets its data at once: only navigations are renewed', async () => {
    const stale = aged(await liveToken(), 10 * 60, world.key)
    const answer = await ask(world.app.url('/api/invoices'), { headers: script(userAgent, stale) })
    assert.equal(answer.status, 200)
    assert.ok(Array.isArray(JSON.parse(answer.body)))
  })
})
