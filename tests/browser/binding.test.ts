// A stolen cookie under `userAgent: 'strict'`: refused to another kind of browser, while its owner stays signed in.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plantToken, userAgents } from '../support/browser.ts'
import { CookieJar } from '../support/cookies.ts'
import { assertNoData, protectedData } from '../support/data.ts'
import { ask, COOKIE, follow, script } from '../support/http.ts'
import { signIn } from '../support/people.ts'
import { type Payload, payloadOf, sign } from '../support/tokens.ts'
import { onEachStore } from '../support/world.ts'

const owner = userAgents.chromeOnLinux
const thief = userAgents.chromeOnWindows

for (const build of ['as it is', 'without proxy.ts'] as const) {
  onEachStore(`a stolen cookie, dashboard ${build}`, { build }, (world) => {
    test('replayed from another operating system it is refused, and the owner stays signed in', async () => {
      const context = await world.browser()
      const { page, token } = await signIn(context, world.app.origin)
      const data = await protectedData(world.app, token)

      const refused = await ask(world.app.url('/api/invoices'), { headers: script(thief, token) })
      assert.equal(refused.status, 401)
      assert.deepEqual(JSON.parse(refused.body), { error: 'unauthorized' })
      for (const path of ['/dashboard', '/invoices', '/devices']) {
        const journey = await follow(world.app.url(path), {
          userAgent: thief,
          jar: new CookieJar({ [COOKIE]: token }),
          maxHops: 3,
        })
        assert.equal(journey.last.url.pathname, '/login', path)
        for (const { body } of journey.answers) assertNoData(body, data, path)
      }

      const elsewhere = await world.browser({ userAgent: thief })
      await plantToken(elsewhere, world.app.origin, token)
      const theirs = await elsewhere.newPage()
      await theirs.goto(world.app.url('/invoices'))
      await theirs.getByRole('heading', { name: 'Sign in' }).waitFor()
      assertNoData((await theirs.textContent('body')) ?? '', data, 'what the thief sees')

      await page.reload()
      await page.getByText('Signed in as Ada Lovelace').waitFor()
      assert.equal((await ask(world.app.url('/api/invoices'), { headers: script(owner, token) })).status, 200)
    })

    test("the record itself knows the kind of browser: a token re-signed without the claim, or with the thief's, is refused too", async () => {
      const context = await world.browser()
      const { page, token } = await signIn(context, world.app.origin)
      const { token: own } = await signIn(
        await world.browser({ userAgent: thief }),
        world.app.origin,
        'grace',
      )
      const { ua: _, ...rest } = payloadOf(token)
      const { ua: thiefs } = payloadOf(own)
      const claims: Record<string, Payload> = {
        'no claim': rest,
        ...(thiefs === undefined ? {} : { "the thief's claim": { ...rest, ua: thiefs } }),
      }
      for (const [what, payload] of Object.entries(claims)) {
        await world.forgetCommands()
        const refused = await ask(world.app.url('/api/invoices'), {
          headers: script(thief, sign(payload, world.key)),
        })
        assert.equal(refused.status, 401, what)
        if (world.store === 'redis') {
          assert.deepEqual(
            (await world.monitor.sent()).map(({ name }) => name),
            ['HMGET'],
            `${what}: it is the second check that refuses`,
          )
        }
      }
      // The same re-signed token opens the owner's data to the owner's kind of browser: it was the kind that was refused.
      assert.equal(
        (await ask(world.app.url('/api/invoices'), { headers: script(owner, sign(rest, world.key)) })).status,
        200,
      )
      await page.reload()
      await page.getByText('Signed in as Ada Lovelace').waitFor()
    })
  })
}
