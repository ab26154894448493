// The list of devices: what it shows, what ending a session does to the other browser, and how rarely "last seen" is written.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { hydrated, tokenOf, userAgents } from '../support/browser.ts'
import { CookieJar } from '../support/cookies.ts'
import { assertNoData, protectedData } from '../support/data.ts'
import { ask, COOKIE, follow, navigation, place, script } from '../support/http.ts'
import { isWrite } from '../support/monitor.ts'
import { devices, fillLogin, signIn } from '../support/people.ts'
import { ageLastSeen, lastSeen, records } from '../support/record.ts'
import { until } from '../support/until.ts'
import { onEachStore } from '../support/world.ts'

const userAgent = userAgents.chromeOnLinux
/** Of the dashboard's configuration, in seconds. */
const IDLE_TIMEOUT = 30 * 60

/** Counts redirects that the page meets from now on, of documents and of client navigations alike. */
function countRedirects(page: Page): () => number {
  let count = 0
  page.on('response', (response) => {
    if (response.status() >= 300 && response.status() < 400 && response.status() !== 304) count += 1
  })
  return () => count
}

onEachStore('devices', {}, (world) => {
  async function openDevices(page: Page): Promise<ReturnType<typeof devices>> {
    await page.goto(world.app.url('/devices'))
    await page.getByRole('heading', { name: 'Devices' }).waitFor()
    await hydrated(page)
    return devices(page)
  }

  test('the list shows browser, system and times of each session of this user, and of nobody else', async () => {
    const { page } = await signIn(await world.browser(), world.app.origin)
    await signIn(await world.browser({ userAgent: userAgents.firefoxOnLinux }), world.app.origin)
    await signIn(await world.browser({ userAgent: userAgents.safariOnMac }), world.app.origin, 'grace')
    const { all, own, others } = await openDevices(page)
    assert.equal(await all.count(), 2)
    assert.match((await own.textContent()) ?? '', /Chrome.*Linux/s)
    assert.match((await others.textContent()) ?? '', /Firefox.*Linux/s)
    assert.equal(await own.getByRole('button').count(), 0, 'one does not end the session one is in')
    for (const item of await all.all()) {
      const times = await item
        .locator('time')
        .evaluateAll((list) => list.map((time) => time.getAttribute('datetime') ?? ''))
      assert.equal(times.length, 2)
      for (const time of times)
        assert.ok(Math.abs(Date.now() - Date.parse(time)) < 120_000, `${time} is a moment ago`)
    }
  })

  test('of two browsers of one user the one ends the other, whose next click lands on login, its cookie gone, within 3 hops; back shows nothing', async () => {
    const { page: mine } = await signIn(await world.browser(), world.app.origin)
    const otherContext = await world.browser()
    const { page: other, token } = await signIn(otherContext, world.app.origin)
    const data = await protectedData(world.app, token)
    await other.getByRole('link', { name: 'Invoices' }).click()
    await other.getByRole('heading', { name: 'Invoices' }).waitFor()

    const { all, others } = await openDevices(mine)
    assert.equal(await all.count(), 2)
    await others.getByRole('button', { name: 'End session' }).click()
    await until('the list holds one device', async () => (await all.count()) === 1)

    // The same walk by hand, where every hop is seen.
    for (const path of ['/dashboard', '/invoices', '/devices']) {
      const jar = new CookieJar({ [COOKIE]: token })
      const journey = await follow(world.app.url(path), { userAgent, jar, maxHops: 3 })
      assert.equal(journey.last.status, 200)
      assert.equal(
        place(journey.last.url),
        `/login?next=${encodeURIComponent(path)}`,
        'where one was survives',
      )
      assert.equal(jar.get(COOKIE), undefined, 'the cookie is gone')
      for (const { body } of journey.answers) assertNoData(body, data, path)
      const remover = journey.answers.find(({ setCookies }) =>
        setCookies.some(({ name, removes }) => name === COOKIE && removes),
      )
      assert.match(remover?.headers['cache-control'] ?? '', /private.*no-store|no-store.*private/)
      assert.match(remover?.headers.vary ?? '', /cookie/i)
    }

    const redirects = countRedirects(other)
    await other.getByRole('link', { name: 'Dashboard' }).click()
    await other.waitForURL((url) => url.pathname === '/login')
    await other.getByRole('heading', { name: 'Sign in' }).waitFor()
    assert.ok(redirects() <= 3, `${redirects()} redirects`)
    assert.equal(await tokenOf(otherContext), undefined)
    assertNoData((await other.textContent('body')) ?? '', data, 'the login page')

    // Back is a fresh document that is refused again, or the login page; never a remembered page of data.
    for (let steps = 0; steps < 2; steps += 1) {
      await other.goBack({ waitUntil: 'commit' }).catch(() => undefined)
      await until(
        'back ends on a page without data',
        async () =>
          other.url().startsWith('about:') ||
          (await other.getByRole('heading', { name: 'Sign in' }).isVisible()),
      )
      assertNoData((await other.textContent('body')) ?? '', data, 'back')
    }

    await other.goto(world.app.url('/invoices'))
    await hydrated(other)
    await fillLogin(other)
    assert.equal(place(other.url()), '/invoices')
    await mine.reload()
    await mine.getByRole('heading', { name: 'Devices' }).waitFor()
  })

  test('"End all other sessions" ends all others and keeps this one', async () => {
    const { page, token } = await signIn(await world.browser(), world.app.origin)
    const stolen = []
    for (let i = 0; i < 3; i += 1) stolen.push((await signIn(await world.browser(), world.app.origin)).token)
    const { token: graces } = await signIn(await world.browser(), world.app.origin, 'grace')
    const { all } = await openDevices(page)
    assert.equal(await all.count(), 4)
    await page.getByRole('button', { name: 'End all other sessions' }).click()
    await until('the list holds one device', async () => (await all.count()) === 1)
    for (const one of stolen) {
      assert.equal(
        (await ask(world.app.url('/api/invoices'), { headers: script(userAgent, one) })).status,
        401,
      )
    }
    for (const one of [token, graces]) {
      assert.equal(
        (await ask(world.app.url('/api/invoices'), { headers: script(userAgent, one) })).status,
        200,
      )
    }
  })

  test('a session used in two tabs is listed once', async () => {
    const context = await world.browser()
    const { page } = await signIn(context, world.app.origin)
    const second = await context.newPage()
    await second.goto(world.app.url('/dashboard'))
    await second.getByText('Signed in as Ada Lovelace').waitFor()
    for (const tab of [page, second]) {
      const { all, own } = await openDevices(tab)
      assert.equal(await all.count(), 1)
      assert.equal(await own.count(), 1)
    }
  })

  test('signing in again in the same browser ends the session it had', async () => {
    const context = await world.browser()
    const { page, token } = await signIn(context, world.app.origin)
    await page.goto(world.app.url('/login'))
    await hydrated(page)
    await fillLogin(page)
    const { all } = await openDevices(page)
    assert.equal(await all.count(), 1)
    assert.notEqual(await tokenOf(context), token)
    assert.equal(
      (await ask(world.app.url('/api/invoices'), { headers: script(userAgent, token) })).status,
      401,
    )
  })

  test('last seen stays where it is while less than a tenth of the idle window has gone', async () => {
    const { page, token } = await signIn(await world.browser(), world.app.origin)
    const { own } = await openDevices(page)
    const seen = () => own.getByTestId('last-seen').getAttribute('datetime')
    const before = await seen()
    assert.ok(before !== null)
    // Times are kept to the second: only a later second could show a move.
    await until(
      'the next second has begun',
      () => Math.floor(Date.now() / 1000) > Math.floor(Date.parse(before) / 1000) + 1,
    )
    // No page is open that could send requests of its own.
    await page.goto('about:blank')
    await world.forgetCommands()
    const requests = 30
    for (let i = 0; i < requests; i += 1) {
      assert.equal(
        (await ask(world.app.url('/api/invoices'), { headers: script(userAgent, token) })).status,
        200,
      )
    }
    if (world.store === 'redis') {
      const names = (await world.monitor.sent()).map(({ name }) => name)
      assert.deepEqual(names, Array(requests).fill('HMGET'), 'each check is one command, none of them writes')
    }
    for (const path of ['/dashboard', '/invoices']) {
      assert.equal((await ask(world.app.url(path), { headers: navigation(userAgent, token) })).status, 200)
    }
    await openDevices(page)
    assert.equal(await seen(), before)
    if (world.store === 'redis') assert.deepEqual((await world.monitor.sent()).filter(isWrite), [])
  })
})

onEachStore('last seen', { stores: ['redis'] }, (world) => {
  test('it moves exactly once when a tenth of the idle window has gone, however many requests come', async () => {
    const context = await world.browser()
    const { token } = await signIn(context, world.app.origin)
    await context.close()
    const call = async () =>
      assert.equal(
        (await ask(world.app.url('/api/invoices'), { headers: script(userAgent, token) })).status,
        200,
      )

    for (const [what, seconds, touches] of [
      ['a little less than a tenth', IDLE_TIMEOUT / 10 - 60, 0],
      ['a little more than a tenth', IDLE_TIMEOUT / 10 + 60, 1],
      ['nearly the whole window', IDLE_TIMEOUT - 60, 1],
    ] as const) {
      const [stored] = await records(world.redis)
      assert.ok(stored !== undefined)
      await ageLastSeen(world.redis, stored, seconds)
      await world.monitor.clear()
      await call()
      // The touch follows the response.
      if (touches > 0)
        await until('the touch', async () =>
          (await world.monitor.scripted()).some(({ name }) => name === 'HSET'),
        )
      for (let i = 0; i < 10; i += 1) await call()
      const writes = (await world.monitor.sent()).filter(isWrite)
      assert.equal(writes.filter(({ name }) => name === 'EVALSHA').length, touches, what)
      // EVAL comes once in the life of a server that does not know the script yet.
      assert.ok(
        writes.every(({ name }) => name === 'EVALSHA' || name === 'EVAL'),
        what,
      )
      assert.equal(
        (await world.monitor.scripted()).filter(({ name }) => name === 'HSET').length,
        touches,
        what,
      )
      const [after] = await records(world.redis)
      assert.ok(after !== undefined)
      if (touches === 1) assert.ok(Math.abs(Date.now() / 1000 - lastSeen(after)) < 60, 'it is now')
      else assert.equal(lastSeen(after), lastSeen(stored) - seconds, 'it did not move')
      // Back to now for the next row.
      await ageLastSeen(world.redis, after, lastSeen(after) - Math.floor(Date.now() / 1000))
    }
  })

  test('a session idle for longer than its window is denied, and no request brings it back', async () => {
    const context = await world.browser()
    const { token } = await signIn(context, world.app.origin)
    await context.close()
    const [stored] = await records(world.redis)
    assert.ok(stored !== undefined)
    await ageLastSeen(world.redis, stored, IDLE_TIMEOUT + 60)
    for (let i = 0; i < 3; i += 1) {
      assert.equal(
        (await ask(world.app.url('/api/invoices'), { headers: script(userAgent, token) })).status,
        401,
      )
    }
    const journey = await follow(world.app.url('/dashboard'), {
      userAgent,
      jar: new CookieJar({ [COOKIE]: token }),
      maxHops: 3,
    })
    assert.equal(journey.last.url.pathname, '/login')
  })

  test('twenty parallel requests after a tenth of the window write once', async () => {
    const context = await world.browser()
    const { token } = await signIn(context, world.app.origin)
    await context.close()
    const [stored] = await records(world.redis)
    assert.ok(stored !== undefined)
    await ageLastSeen(world.redis, stored, IDLE_TIMEOUT / 10 + 60)
    await world.monitor.clear()
    // Redis holds its answers for a moment, so that all checks are under way before the first touch can follow.
    await world.redis.command('CLIENT', 'PAUSE', '500', 'ALL')
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        ask(world.app.url('/api/invoices'), { headers: script(userAgent, token) }),
      ),
    )
    assert.deepEqual(
      answers.map(({ status }) => status),
      Array(20).fill(200),
    )
    const written = async () => (await world.monitor.scripted()).filter(({ name }) => name === 'HSET').length
    await until('the touch', async () => (await written()) > 0)
    // Touches follow their responses; later checks on the same connection come after them.
    for (let i = 0; i < 5; i += 1)
      await ask(world.app.url('/api/invoices'), { headers: script(userAgent, token) })
    assert.equal(await written(), 1)
  })
})
