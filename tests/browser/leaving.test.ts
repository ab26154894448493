// Ways out: logging out, the end route called from elsewhere, and a `next` that would lead off the site.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BrowserContext } from 'playwright-core'
import { hydrated, tokenOf, userAgents } from '../support/browser.ts'
import { CookieJar } from '../support/cookies.ts'
import { assertNoData, protectedData } from '../support/data.ts'
import { ask, COOKIE, follow, navigation, place, script } from '../support/http.ts'
import { otherSite } from '../support/other-site.ts'
import { fillLogin, signIn } from '../support/people.ts'
import { aged, payloadOf } from '../support/tokens.ts'
import { until } from '../support/until.ts'
import { onEachStore } from '../support/world.ts'

const userAgent = userAgents.chromeOnLinux

/** What a browser could take for another origin, or a way to loop: as the text after decoding the query once. */
const EVIL_TARGETS = [
  '//evil.example',
  '///evil.example',
  'https://evil.example',
  'https:evil.example',
  '/\\evil.example',
  '/\\\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/%09/evil.example',
  '/..//evil.example',
  '/.//evil.example',
  '/%2e//evil.example',
  '@evil.example',
  'javascript:alert(1)',
  'data:text/html,hello',
  ' //evil.example',
]
const LOOPING_TARGETS = [
  '/session/end',
  '/session/end?next=%2Fsession%2Fend',
  '/session/renew?next=%2Fsession%2Frenew',
  '/session/unavailable',
  '/login',
]

/** Requests of this browser that go anywhere but to the site. */
function departures(context: BrowserContext, origin: string): string[] {
  const seen: string[] = []
  context.on('request', (request) => {
    const { protocol, origin: to } = new URL(request.url())
    if (protocol.startsWith('http') && to !== origin) seen.push(request.url())
  })
  return seen
}

onEachStore('leaving', {}, (world) => {
  const api = (token: string) => ask(world.app.url('/api/invoices'), { headers: script(userAgent, token) })

  test('logging out takes the cookie with all its attributes, and the old value opens nothing any more', async () => {
    const context = await world.browser()
    const { page, token } = await signIn(context, world.app.origin)
    const data = await protectedData(world.app, token)
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.request().method() === 'POST'),
      page.getByRole('button', { name: 'Log out' }).click(),
    ])
    await page.waitForURL((url) => url.pathname !== '/dashboard')
    assert.equal(await tokenOf(context), undefined)
    const lines = (await answer.headerValues('set-cookie')).filter((line) => line.startsWith(`${COOKIE}=`))
    assert.equal(lines.length, 1, 'one Set-Cookie of the name')
    for (const attribute of [/; *Path=\/(;|$)/i, /; *Secure/i, /; *HttpOnly/i, /; *SameSite=Lax/i])
      assert.match(lines[0] ?? '', attribute)
    assert.doesNotMatch(lines[0] ?? '', /Domain=/i)
    assert.match((await answer.headerValue('cache-control')) ?? '', /no-store/)

    assert.equal((await api(token)).status, 401)
    for (const path of ['/dashboard', '/invoices', '/devices']) {
      const journey = await follow(world.app.url(path), {
        userAgent,
        jar: new CookieJar({ [COOKIE]: token }),
        maxHops: 3,
      })
      assert.equal(journey.last.url.pathname, '/login')
      for (const { body } of journey.answers) assertNoData(body, data, path)
    }
    await page.goBack({ waitUntil: 'commit' }).catch(() => undefined)
    await until(
      'back does not show the dashboard',
      async () => !((await page.textContent('body')) ?? 'Signed in as').includes('Signed in as'),
    )
  })

  test('links, images, frames and forms of another site to the end route log nobody out whose session is alive', async () => {
    const context = await world.browser()
    const { page, token } = await signIn(context, world.app.origin)
    const end = world.app.url('/session/end')
    const site = await otherSite(`
      <a href="${end}">bare</a> <a href="${end}?next=%2Finvoices">next</a> <a href="${end}?next=https%3A%2F%2Fevil.example">evil</a>
      <form method="post" action="${end}"><button>post</button></form>
      <form method="get" action="${end}"><button>get</button></form>
      <img src="${end}?image"><iframe src="${end}?frame"></iframe><script src="${end}?script"></script>`)
    try {
      const sid = async () => payloadOf((await tokenOf(context)) ?? '').sid
      const away = await context.newPage()
      for (const act of [
        () => away.getByRole('link', { name: 'bare' }).click(),
        () => away.getByRole('link', { name: 'next' }).click(),
        () => away.getByRole('link', { name: 'evil' }).click(),
        () => away.getByRole('button', { name: 'get' }).click(),
      ]) {
        await away.goto(site.origin)
        await act()
        await away.waitForURL((url) => url.origin === world.app.origin)
        assert.notEqual(new URL(away.url()).pathname, '/login')
        assert.equal(await sid(), payloadOf(token).sid, 'the browser is still signed in')
      }
      await away.goto(site.origin)
      const [posted] = await Promise.all([
        away.waitForResponse((response) => response.request().method() === 'POST'),
        away.getByRole('button', { name: 'post' }).click(),
      ])
      assert.equal(posted.status(), 405)
      assert.equal(await sid(), payloadOf(token).sid, 'the browser is still signed in')
      assert.equal((await api(token)).status, 200)
      await page.reload()
      await page.getByText('Signed in as Ada Lovelace').waitFor()
    } finally {
      await site.close()
    }
  })

  test('the end route sends a live session back to where it came from, and a dead one to login', async () => {
    const context = await world.browser()
    const { page, token } = await signIn(context, world.app.origin)
    const alive = await ask(world.app.url('/session/end?next=%2Finvoices'), {
      headers: navigation(userAgent, token),
    })
    assert.ok(alive.next !== undefined)
    assert.equal(alive.next.pathname, '/invoices')
    assert.deepEqual(
      alive.setCookies.filter(({ name, removes }) => name === COOKIE && removes),
      [],
    )
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL((url) => url.pathname !== '/dashboard')
    const dead = await ask(world.app.url('/session/end?next=%2Finvoices'), {
      headers: navigation(userAgent, token),
    })
    assert.ok(dead.next !== undefined)
    assert.equal(place(dead.next), '/login?next=%2Finvoices')
    assert.deepEqual(
      dead.setCookies.filter(({ name }) => name === COOKIE).map(({ removes }) => removes),
      [true],
    )
    for (const method of ['POST', 'PUT', 'DELETE']) {
      assert.ok(
        (await ask(world.app.url('/session/end'), { method, headers: navigation(userAgent, token) }))
          .status >= 400,
        method,
      )
    }
  })

  test('next never leaves the site and never loops, on any session route', async () => {
    const context = await world.browser()
    const { token } = await signIn(context, world.app.origin)
    await context.close()
    const stale = aged(token, 600, world.key)
    for (const target of [...EVIL_TARGETS, ...LOOPING_TARGETS]) {
      for (const [route, cookie] of [
        ['/session/end', token],
        ['/session/renew', token],
        ['/session/renew', stale],
        ['/session/end', undefined],
        ['/session/renew', undefined],
        ['/session/unavailable', token],
        ['/login', undefined],
        ['/login', token],
      ] as const) {
        const spelled = encodeURIComponent(target)
        for (const encoded of new Set([spelled, spelled.replaceAll('%2F', '/')])) {
          const what = `${route}?next=${encoded}`
          const jar = new CookieJar(cookie === undefined ? {} : { [COOKIE]: cookie })
          // Throws when a hop leads off the site, or when there are too many.
          const journey = await follow(world.app.url(what), { userAgent, jar, maxHops: 4 })
          if (cookie !== undefined) assert.ok(jar.get(COOKIE) !== undefined, `${what}: still signed in`)
          for (const answer of journey.answers) {
            const raw = answer.headers.location ?? '/'
            assert.doesNotMatch(raw, /^[^/h]|^\/[/\\\t]|[\t\n\\]/, `${what}: ${raw}`)
          }
        }
      }
    }
    assert.equal((await api(token)).status, 200)
  })

  test('a browser sent to login with a next of another origin stays on the site after signing in', async () => {
    for (const target of [
      '//evil.example',
      'https://evil.example',
      '/\\evil.example',
      '/\t/evil.example',
      '/%09/evil.example',
      'javascript:alert(1)',
      '/session/end',
    ]) {
      const context = await world.browser()
      const left = departures(context, world.app.origin)
      const page = await context.newPage()
      await page.goto(world.app.url(`/login?next=${encodeURIComponent(target)}`))
      await hydrated(page)
      await fillLogin(page)
      assert.equal(new URL(page.url()).origin, world.app.origin, target)
      assert.ok((await tokenOf(context)) !== undefined, `${target}: signed in`)
      // And once more through the end route, which sends a live session on to `next`.
      await page.goto(world.app.url(`/session/end?next=${encodeURIComponent(target)}`))
      assert.equal(new URL(page.url()).origin, world.app.origin, target)
      assert.deepEqual(left, [], target)
      await context.close()
    }
  })
})
