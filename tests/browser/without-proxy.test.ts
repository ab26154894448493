// The gate is the second check: with proxy.ts deleted and the app built again, nothing opens that was closed.
// The same Server Functions are replayed against the app as it is, where the proxy lets every POST through to them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrowserContext, Page, Request } from 'playwright-core'
import { hydrated, userAgents } from '../support/browser.ts'
import { CookieJar } from '../support/cookies.ts'
import { assertNoData, invoices, protectedData } from '../support/data.ts'
import { type Ask, ask, COOKIE, follow, navigation, script } from '../support/http.ts'
import { devices, signIn } from '../support/people.ts'
import { aged, flipped, freshSecret, payloadOf, sign, signingKey } from '../support/tokens.ts'
import { until } from '../support/until.ts'
import { onEachStore, type World } from '../support/world.ts'

const userAgent = userAgents.chromeOnLinux
const PAGES = ['/dashboard', '/invoices', '/devices']

/** Signs in in a new browser and logs out there: a token that was valid a moment ago. */
async function revokedToken(world: World): Promise<string> {
  const context = await world.browser()
  const { page, token } = await signIn(context, world.app.origin)
  await page.getByRole('button', { name: 'Log out' }).click()
  await until(
    'the session is over',
    async () =>
      (await ask(world.app.url('/api/invoices'), { headers: script(userAgent, token) })).status === 401,
  )
  await context.close()
  return token
}

/** Tokens that must open nothing, beside a live one to be told apart from. */
async function uselessCookies(world: World, live: string): Promise<Record<string, string | undefined>> {
  const revoked = await revokedToken(world)
  return {
    'no cookie': undefined,
    'a revoked session': revoked,
    'a stale token of a revoked session': aged(revoked, 600, world.key),
    'a flipped bit': flipped(live, 'signature', 77),
    'another secret': sign(payloadOf(live), signingKey(freshSecret())),
  }
}

/** Does in a browser what posts a Server Function, catches the request before it leaves, and returns it as it would have been. */
async function capture(page: Page, act: () => Promise<void>): Promise<Ask & { url: string }> {
  const caught = new Promise<Request>((resolve) => {
    void page.route('**/*', (route) => {
      if (route.request().method() !== 'POST') return route.continue()
      resolve(route.request())
      return route.abort()
    })
  })
  await act()
  const request = await caught
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  const headers = Object.entries(await request.allHeaders()).filter(
    ([name]) =>
      !name.startsWith(':') &&
      !['cookie', 'content-length', 'host', 'connection', 'accept-encoding'].includes(name),
  )
  const body = request.postDataBuffer()
  assert.ok(body !== null, 'the request has a body')
  return { url: request.url(), method: 'POST', headers, body }
}

function withCookie({ headers, ...rest }: Ask, token: string | undefined): Ask {
  const pairs = [...(headers as [string, string][])]
  return {
    ...rest,
    headers: token === undefined ? pairs : [...pairs, ['cookie', `${COOKIE}=${token}`] as [string, string]],
  }
}

for (const build of ['without proxy.ts', 'as it is'] as const) {
  onEachStore(`the second check, dashboard ${build}`, { build }, (world) => {
    test('the build is the one it claims to be', async () => {
      const { next } = await ask(world.app.url('/no-such-page'), { headers: navigation(userAgent) })
      assert.equal(
        next?.pathname,
        build === 'as it is' ? '/login' : undefined,
        'only a proxy redirects an address that is no page',
      )
    })

    test('every page refuses, as a document and as the payload of a client navigation', async () => {
      const context = await world.browser()
      const { token } = await signIn(context, world.app.origin)
      const data = await protectedData(world.app, token)
      for (const [what, cookie] of Object.entries(await uselessCookies(world, token))) {
        for (const path of PAGES) {
          const jar = new CookieJar(cookie === undefined ? {} : { [COOKIE]: cookie })
          const journey = await follow(world.app.url(path), { userAgent, jar, maxHops: 3 })
          assert.equal(journey.last.url.pathname, '/login', `${what}, ${path}`)
          // Only the proxy can tell a page its own address; without one the login leads to the start page.
          if (build === 'as it is')
            assert.equal(journey.last.url.searchParams.get('next'), path, `${what}, ${path}`)
          for (const { body } of journey.answers) assertNoData(body, data, `${what}, ${path}`)
          const spellings: Record<string, string>[] = [
            { rsc: '1' },
            { rsc: '1', 'next-router-prefetch': '1' },
            { rsc: '1', 'next-router-prefetch': '1', 'next-router-segment-prefetch': '/_tree' },
            {
              'x-middleware-subrequest':
                'src/middleware:src/middleware:src/middleware:src/middleware:src/middleware',
            },
            { 'x-middleware-subrequest': 'proxy:proxy:proxy:proxy:proxy' },
          ]
          for (const extra of spellings) {
            for (const query of ['', '?_rsc=1']) {
              const answer = await ask(world.app.url(path + query), {
                headers: { ...navigation(userAgent, cookie), ...extra },
              })
              assertNoData(answer.body, data, `${what}, ${path}${query} with ${JSON.stringify(extra)}`)
            }
          }
        }
      }
    })

    test('every Route Handler refuses with 401', async () => {
      const context = await world.browser()
      const { token } = await signIn(context, world.app.origin)
      for (const [what, cookie] of Object.entries(await uselessCookies(world, token))) {
        for (const headers of [script(userAgent, cookie), navigation(userAgent, cookie)]) {
          const answer = await ask(world.app.url('/api/invoices'), { headers })
          assert.equal(answer.status, 401, what)
          assert.deepEqual(JSON.parse(answer.body), { error: 'unauthorized' })
          assert.match(answer.headers['cache-control'] ?? '', /no-store/)
        }
      }
    })

    test('a token that fails the first check inside the second asks Redis nothing', async () => {
      const context = await world.browser()
      const { token } = await signIn(context, world.app.origin)
      await context.close()
      await world.forgetCommands()
      for (const cookie of [
        undefined,
        flipped(token, 'payload', 100),
        sign(payloadOf(token), signingKey(freshSecret())),
      ]) {
        await ask(world.app.url('/api/invoices'), { headers: script(userAgent, cookie) })
        for (const path of PAGES)
          await follow(world.app.url(path), {
            userAgent,
            jar: new CookieJar(cookie === undefined ? {} : { [COOKIE]: cookie }),
          })
      }
      await world.assertNothingAsked('no cookie, a flipped bit, another secret')
    })

    test('a page asks Redis once, however many of its functions ask for the session', async () => {
      if (world.store !== 'redis') return
      const context = await world.browser()
      const { token } = await signIn(context, world.app.origin)
      await context.close()
      for (const path of ['/dashboard', '/invoices']) {
        await world.forgetCommands()
        assert.equal((await ask(world.app.url(path), { headers: navigation(userAgent, token) })).status, 200)
        assert.deepEqual(
          (await world.monitor.sent()).map(({ name }) => name),
          ['HMGET'],
          path,
        )
      }
    })

    for (const javaScript of [true, false]) {
      const form = javaScript ? 'called by script' : 'posted as a bare form'

      test(`the Server Function that pays an invoice refuses when ${form}, and the invoice stays open`, async () => {
        const { context, page, token } = await ownPage(javaScript, '/invoices')
        const data = await protectedData(world.app, token)
        const call = await capture(page, () =>
          page.getByRole('button', { name: 'Mark as paid' }).first().click(),
        )
        if (javaScript)
          assert.ok((call.headers as [string, string][]).some(([name]) => name === 'next-action'))
        const before = await invoices(world.app, token)
        for (const [what, cookie] of Object.entries(await uselessCookies(world, token))) {
          const answer = await ask(call.url, withCookie(call, cookie))
          assert.deepEqual(await invoices(world.app, token), before, `${what}: nothing is paid`)
          assertNoData(answer.body, data, what)
        }
        await ask(call.url, withCookie(call, token))
        assert.notDeepEqual(
          await invoices(world.app, token),
          before,
          'the very same request with the live cookie pays',
        )
        await context.close()
      })

      test(`the Server Functions that end sessions refuse when ${form}, and no session ends`, async () => {
        const { token: second } = await signIn(await world.browser(), world.app.origin)
        const { context, page, token } = await ownPage(javaScript, '/devices')
        const alive = async () => {
          const answers = [token, second].map((one) =>
            ask(world.app.url('/api/invoices'), { headers: script(userAgent, one) }),
          )
          return (await Promise.all(answers)).map(({ status }) => status)
        }
        const useless = await uselessCookies(world, token)
        // Grace is signed in, but these are not her sessions.
        const { token: graces } = await signIn(await world.browser(), world.app.origin, 'grace')
        const endOne = await capture(page, () =>
          devices(page).others.first().getByRole('button', { name: 'End session' }).click(),
        )
        await reopen(page, '/devices', javaScript)
        const endOthers = await capture(page, () =>
          page.getByRole('button', { name: 'End all other sessions' }).click(),
        )
        for (const call of [endOne, endOthers]) {
          for (const [what, cookie] of Object.entries({ ...useless, 'another user': graces })) {
            await ask(call.url, withCookie(call, cookie))
            assert.deepEqual(await alive(), [200, 200], `${what}: both sessions live`)
          }
        }
        await ask(endOne.url, withCookie(endOne, token))
        assert.deepEqual(
          await alive(),
          [200, 401],
          'the very same request with the live cookie ends the other',
        )
        await context.close()
      })
    }

    async function ownPage(
      javaScript: boolean,
      path: string,
    ): Promise<{ context: BrowserContext; page: Page; token: string }> {
      const scripted = await world.browser()
      const { token, page: first } = await signIn(scripted, world.app.origin)
      if (javaScript) {
        await reopen(first, path, javaScript)
        return { context: scripted, page: first, token }
      }
      const context = await world.browser({ javaScript })
      await context.addCookies(await scripted.cookies())
      await scripted.close()
      const page = await context.newPage()
      await reopen(page, path, javaScript)
      return { context, page, token }
    }

    async function reopen(page: Page, path: string, javaScript: boolean): Promise<void> {
      await page.goto(world.app.url(path))
      if (javaScript) await hydrated(page)
    }
  })
}
