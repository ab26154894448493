// Everything one group of browser tests needs: a store, the dashboard on it, browsers; and the end of it all.

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { BrowserContext } from 'playwright-core'
import { newBrowser } from './browser.ts'
import { type Build, build, Dashboard, putAway } from './dashboard.ts'
import { ledger } from './ledger.ts'
import type { Monitor } from './monitor.ts'
import { RedisServer } from './redis.ts'
import { freshSecret, type SigningKey, signingKey } from './tokens.ts'

export type Store = 'embedded' | 'redis'

export class World {
  readonly store: Store
  readonly #build: Build
  readonly #secret = freshSecret()
  readonly #contexts: BrowserContext[] = []
  #key: SigningKey | undefined
  #redis: RedisServer | undefined
  #monitor: Monitor | undefined
  #app: Dashboard | undefined

  constructor(store: Store, which: Build) {
    this.store = store
    this.#build = which
  }

  get app(): Dashboard {
    return present(this.#app)
  }

  /** Only on the Redis store. */
  get redis(): RedisServer {
    return present(this.#redis)
  }

  /** Only on the Redis store. */
  get monitor(): Monitor {
    return present(this.#monitor)
  }

  /** The key that signs this dashboard's tokens. */
  get key(): SigningKey {
    return present(this.#key)
  }

  async open(): Promise<void> {
    this.#key = signingKey(this.#secret)
    ledger.keep('root secret', this.#secret)
    ledger.keep('signing key', this.#key.bytes.toString('base64url'))
    const environment: Record<string, string> = { TWOGATE_SECRET: this.#secret }
    if (this.store === 'redis') {
      this.#redis = await RedisServer.start()
      this.#monitor = await this.#redis.monitor()
      environment['REDIS_URL'] = this.#redis.url
    }
    this.#app = new Dashboard(await build(this.#build), environment)
    await this.#app.start()
  }

  /** No session is left over from the test before: Redis is emptied, the embedded store starts again. */
  async reset(): Promise<void> {
    if (this.store === 'redis') await this.redis.command('FLUSHALL')
    else await this.app.restart()
  }

  /** A browser that is closed when the test is over. */
  async browser(options: Parameters<typeof newBrowser>[0] = {}): Promise<BrowserContext> {
    const context = await newBrowser(options)
    this.#contexts.push(context)
    return context
  }

  async closeBrowsers(): Promise<void> {
    for (const context of this.#contexts.splice(0)) await context.close()
  }

  /** That what was done since `monitor.clear()` asked Redis nothing. On the embedded store there is nothing to ask. */
  async assertNothingAsked(what: string): Promise<void> {
    if (this.store === 'redis')
      assert.deepEqual(await this.monitor.sent(), [], `${what}: no command reaches Redis`)
  }

  /** Forgets the commands so far, where there are any. */
  async forgetCommands(): Promise<void> {
    if (this.store === 'redis') await this.monitor.clear()
  }

  async close(): Promise<void> {
    await this.closeBrowsers()
    await this.#app?.stop()
    await this.#redis?.close()
    await putAway(this.#build)
  }
}

/**
 * Declares the same tests once on the embedded store and once on Redis, each time with a dashboard of their own. The last
 * test of each group searches what the servers wrote and what Redis was sent for secrets.
 */
export function onEachStore(
  title: string,
  options: { build?: Build; stores?: readonly Store[] },
  tests: (world: World) => void,
): void {
  const { build: which = 'as it is', stores = ['embedded', 'redis'] } = options
  for (const store of stores) {
    describe(`${title} (${store === 'redis' ? 'Redis' : 'embedded store'})`, { concurrency: false }, () => {
      const world = new World(store, which)
      let first = true
      before(() => world.open(), { timeout: 300_000 })
      beforeEach(async () => {
        if (!first) await world.reset()
        first = false
      })
      afterEach(() => world.closeBrowsers())
      after(() => world.close())

      tests(world)

      test("no secret, token or session id is in the server's log, none was sent to Redis", async () => {
        assert.ok(ledger.sessionIds > 0, 'the search knows what to search for')
        assert.deepEqual(ledger.findings(world.app.log), [])
        if (store === 'embedded') return
        await world.monitor.drain()
        assert.ok(world.monitor.transcript.length > 0, 'the monitor has seen the store at work')
        assert.deepEqual(ledger.findings(world.monitor.transcript.join('\n')), [])
      })
    })
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the test asks for what its world does not have')
  return value
}
