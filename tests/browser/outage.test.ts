// Redis away: an answer of its own, 503 with Retry-After, that costs nobody the session.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tokenOf, userAgents } from '../support/browser.ts'
import { CookieJar } from '../support/cookies.ts'
import { assertNoData, protectedData } from '../support/data.ts'
import { ask, COOKIE, follow, script } from '../support/http.ts'
import { fillLogin, signIn } from '../support/people.ts'
import { records } from '../support/record.ts'
import { aged, payloadOf } from '../support/tokens.ts'
import { until } from '../support/until.ts'
import { onEachStore } from '../support/world.ts'

const userAgent = userAgents.chromeOnLinux

onEachStore('Redis away', { stores: ['redis'] }, (world) => {
  const api = (token: string) => ask(world.app.url('/api/invoices'), { headers: script(userAgent, token) })

  /** Polls the API until Redis is used again; on the way every answer is 503, never a denial. */
  async function recovered(token: string): Promise<void> {
    const statuses: number[] = []
    await until(
      'the dashboard finds Redis again',
      async () => {
        statuses.push((await api(token)).status)
        return statuses.at(-1) === 200
      },
      30_000,
    )
    assert.deepEqual(
      Array.from(new Set(statuses.slice(0, -1))).filter((status) => status !== 503),
      [],
    )
  }

  test('while Redis is stopped there is 503 with Retry-After and the cookie is kept; when it is back one is signed in as before', async () => {
    const context = await world.browser()
    const { page, token } = await signIn(context, world.app.origin)
    const data = await protectedData(world.app, token)
    await world.redis.stop({ keepData: true })

    const refused = await api(token)
    assert.equal(refused.status, 503)
    assert.deepEqual(JSON.parse(refused.body), { error: 'unavailable' })
    assert.match(refused.headers['retry-after'] ?? '', /^\d+$/)
    assert.match(refused.headers['cache-control'] ?? '', /no-store/)
    assert.deepEqual(refused.setCookies, [])

    const stale = aged(token, 600, world.key)
    for (const [path, cookie] of [
      ['/dashboard', token],
      ['/invoices', token],
      ['/devices', token],
      ['/dashboard', stale],
      ['/session/end', token],
      ['/session/end?next=%2Finvoices', token],
      ['/session/renew?next=%2Finvoices', stale],
    ] as const) {
      const jar = new CookieJar({ [COOKIE]: cookie })
      const journey = await follow(world.app.url(path), { userAgent, jar, maxHops: 3 })
      assert.equal(journey.last.status, 503, path)
      assert.match(journey.last.headers['retry-after'] ?? '', /^\d+$/, path)
      assert.equal(jar.get(COOKIE), cookie, `${path} keeps the cookie`)
      assert.deepEqual(
        journey.setCookies.filter(({ name }) => name === COOKIE),
        [],
        path,
      )
      assert.ok(
        journey.answers.every(({ url }) => url.pathname !== '/login'),
        `${path} is no redirect to login`,
      )
      for (const { body } of journey.answers) assertNoData(body, data, path)
    }

    const answer = await page.goto(world.app.url('/dashboard'))
    assert.equal(answer?.status(), 503)
    assert.equal(await tokenOf(context), token)

    await world.redis.restart()
    await recovered(token)
    const paths: string[] = []
    page.on('framenavigated', (frame) => paths.push(new URL(frame.url()).pathname))
    await page.goto(world.app.url('/dashboard'))
    await page.getByText('Signed in as Ada Lovelace').waitFor()
    assert.ok(!paths.includes('/login'), 'no new login')
    assert.equal(payloadOf((await tokenOf(context)) ?? '').sid, payloadOf(token).sid)
  })

  test('without a valid cookie nothing depends on Redis: login while it is stopped is 401 or the login page as ever', async () => {
    await world.redis.stop({ keepData: false })
    const journey = await follow(world.app.url('/dashboard'), { userAgent, maxHops: 3 })
    assert.equal(journey.last.status, 200)
    assert.equal(journey.last.url.pathname, '/login')
    assert.equal((await ask(world.app.url('/api/invoices'), { headers: script(userAgent) })).status, 401)
    assert.equal((await ask(world.app.url('/'))).status, 200)
    await world.redis.restart()
    await signIn(await world.browser(), world.app.origin)
  })

  test('a Redis that comes back empty denies the session, takes the cookie, and one signs in anew', async () => {
    const context = await world.browser()
    const { page, token } = await signIn(context, world.app.origin)
    await world.redis.stop({ keepData: false })
    assert.equal((await api(token)).status, 503)
    await world.redis.restart()
    await until('the dashboard finds Redis again', async () => (await api(token)).status === 401, 30_000)
    await page.goto(world.app.url('/dashboard'))
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    assert.equal(await tokenOf(context), undefined)
    await signIn(context, world.app.origin)
  })

  test('a Redis that hangs is 503 within ten seconds, and when it answers again one is signed in as before', async () => {
    const context = await world.browser()
    const { token } = await signIn(context, world.app.origin)
    world.redis.freeze()
    try {
      const began = Date.now()
      assert.equal((await api(token)).status, 503)
      assert.ok(Date.now() - began < 10_000, `${Date.now() - began} ms`)
    } finally {
      world.redis.thaw()
    }
    await recovered(token)
  })

  test('a dashboard started while Redis is stopped serves 503 and finds Redis when it comes', async () => {
    const context = await world.browser()
    const { token } = await signIn(context, world.app.origin)
    await world.redis.stop({ keepData: true })
    await world.app.restart()
    assert.equal((await api(token)).status, 503)
    await world.redis.restart()
    await recovered(token)
  })

  test('a click while Redis is stopped shows the unavailable page, which leads back by itself when Redis is there again', async () => {
    const context = await world.browser()
    const { page, token } = await signIn(context, world.app.origin)
    await world.redis.stop({ keepData: true })
    await page.getByRole('link', { name: 'Invoices' }).click()
    await page.waitForURL((url) => url.pathname === '/session/unavailable')
    assert.equal(await tokenOf(context), token)
    await world.redis.restart()
    await recovered(token)
    await page.getByRole('heading', { name: 'Invoices' }).waitFor()
    assert.equal(new URL(page.url()).pathname, '/invoices')
  })

  test('logging out while Redis is stopped does not claim to have ended the session: the cookie stays, and so does the session', async () => {
    const context = await world.browser()
    const { page, token } = await signIn(context, world.app.origin)
    await world.redis.stop({ keepData: true })
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL((url) => url.pathname === '/session/unavailable')
    assert.equal(await tokenOf(context), token)
    await world.redis.restart()
    await recovered(token)
  })

  test('signing in while Redis is stopped leads to the unavailable page and leaves no cookie behind', async () => {
    const context = await world.browser()
    const page = await context.newPage()
    await page.goto(world.app.url('/login'))
    await world.redis.stop({ keepData: true })
    await fillLogin(page)
    assert.equal(new URL(page.url()).pathname, '/session/unavailable')
    assert.equal(await tokenOf(context), undefined)
    await world.redis.restart()
    await page.goto('about:blank')
    await until('one can sign in again', async () => {
      const { token } = await signIn(context, world.app.origin)
      return (await api(token)).status === 200
    })
    assert.equal((await records(world.redis)).length, 1, 'the sign-in that failed has left no session behind')
  })
})
