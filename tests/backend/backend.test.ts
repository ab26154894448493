// The example back end in Rust beside the JavaScript package: one cookie, one Redis, the same data.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { createClient } from 'redis'
import { defineSession } from 'twogate'
import { createSessions, type Sessions } from 'twogate/dal'
import { nodeRedis, redisStore } from 'twogate/redis'
import { userAgents } from '../support/browser.ts'
import { Child, plainEnvironment } from '../support/children.ts'
import { type Answer, ask, COOKIE, script } from '../support/http.ts'
import { ledger } from '../support/ledger.ts'
import type { Monitor } from '../support/monitor.ts'
import { users } from '../support/people.ts'
import { freePort } from '../support/ports.ts'
import { RedisServer } from '../support/redis.ts'
import { flipped, freshSecret } from '../support/tokens.ts'
import { until } from '../support/until.ts'

const ROOT = join(import.meta.dirname, '../..')
const BINARY = join(ROOT, 'target/debug/backend')
const DATA = JSON.parse(
  readFileSync(join(ROOT, 'examples/dashboard/data-access/demo-data.json'), 'utf8'),
) as {
  users: { id: string; userName: string }[]
  invoices: Record<string, { rows: [string, string, number, number, number | null][] }>
}
const AGENT: string = userAgents.chromeOnLinux
const ada = { userName: users.ada.name, password: users.ada.password }

describe('the back end in Rust', { concurrency: false }, () => {
  const secret = freshSecret()
  let redis: RedisServer
  let monitor: Monitor
  let backend: Child
  let client: ReturnType<typeof createClient>
  let sessions: Sessions
  let origin: string

  before(async () => {
    assert.ok(existsSync(BINARY), `${BINARY} is missing: npm test -- --only backend builds it`)
    ledger.keep('root secret', secret)
    redis = await RedisServer.start()
    monitor = await redis.monitor()
    const port = await freePort()
    origin = `http://127.0.0.1:${port}`
    backend = new Child(BINARY, [], {
      env: plainEnvironment({ TWOGATE_SECRET: secret, REDIS_URL: redis.url, PORT: String(port) }),
    })
    client = createClient({ url: redis.url, socket: { reconnectStrategy: 50 } })
    const store = redisStore(nodeRedis(client))
    await client.connect()
    const clientAddress = { forwardedFor: { hops: 1 } }
    sessions = createSessions(defineSession({ secret, clientAddress }), { store })
    await until('the back end listens', () => backend.output.join('').includes('listening'))
  })
  after(async () => {
    client?.destroy()
    await backend?.stop()
    await redis?.close()
  })

  const idOf = (userName: string) => DATA.users.find((user) => user.userName === userName)?.id ?? ''

  /** Signs in through JavaScript; the token. */
  async function signIn(userId: string, made = sessions): Promise<string> {
    const created = await made.create(new Headers({ 'user-agent': AGENT }), userId)
    assert.ok(created.status === 'created')
    ledger.note(created.setCookie)
    return created.setCookie.split(';')[0]?.slice(`${COOKIE}=`.length) ?? ''
  }

  const headersOf = (token: string) => new Headers({ cookie: `${COOKIE}=${token}`, 'user-agent': AGENT })
  const invoices = (token?: string, userAgent = AGENT): Promise<Answer> =>
    ask(`${origin}/api/invoices`, { headers: script(userAgent, token) })
  const post = (path: string, body: unknown, token?: string): Promise<Answer> =>
    ask(`${origin}${path}`, {
      method: 'POST',
      headers: { ...script(AGENT, token), 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })

  function assertPrivate({ headers }: Answer): void {
    assert.equal(headers['cache-control'], 'private, no-store')
    assert.match(String(headers.vary), /\bCookie\b/)
  }

  test('a cookie made by JavaScript opens it, and shows only the rows of its user', async () => {
    for (const userName of ['ada', 'grace']) {
      const userId = idOf(userName)
      const answer = await invoices(await signIn(userId))
      assert.equal(answer.status, 200)
      assertPrivate(answer)
      assert.deepEqual(answer.setCookies, [])
      const shown = JSON.parse(answer.body) as Record<string, unknown>[]
      assert.deepEqual(
        shown.map(({ id, customer, amount, status }) => [id, customer, amount, status]),
        DATA.invoices[userId]?.rows.map(([id, customer, amount, dueIn, paid]) => [
          id,
          customer,
          amount,
          paid !== null ? 'paid' : dueIn < 0 ? 'overdue' : 'open',
        ]),
      )
      assert.deepEqual(Object.keys(shown[0] ?? {}).sort(), [
        'amount',
        'currency',
        'customer',
        'dueAt',
        'id',
        'paidAt',
        'status',
      ])
      assert.match(String(shown[0]?.['dueAt']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    }
  })

  test('a cookie made by the back end is a living session for JavaScript', async () => {
    const answer = await post('/api/login', ada)
    assert.equal(answer.status, 204)
    assertPrivate(answer)
    const [cookie, ...others] = answer.setCookies
    assert.ok(cookie && others.length === 0 && cookie.name === COOKIE && !cookie.removes)
    const checked = await sessions.check(headersOf(cookie.value))
    assert.ok(checked.status === 'active')
    assert.equal(checked.session.userId, idOf('ada'))
    assert.equal((await invoices(cookie.value)).status, 200)
    // Ended here, it has ended there: and the worthless cookie goes.
    await sessions.revokeCurrent(headersOf(cookie.value))
    const refused = await invoices(cookie.value)
    assert.equal(refused.status, 401)
    assert.ok(refused.setCookies.length === 1 && refused.setCookies[0]?.removes)
  })

  test('signing out there signs out here', async () => {
    const token = await signIn(idOf('ada'))
    const answer = await post('/api/logout', {}, token)
    assert.equal(answer.status, 204)
    assert.ok(answer.setCookies.length === 1 && answer.setCookies[0]?.removes)
    const checked = await sessions.check(headersOf(token))
    assert.equal(checked.status === 'denied' && checked.reason, 'not_found')
  })

  test('the devices of a user are those of both', async () => {
    const userId = idOf('grace')
    await sessions.revokeAll(userId)
    const token = await signIn(userId)
    await signIn(userId)
    const answer = await ask(`${origin}/api/devices`, { headers: script(AGENT, token) })
    const listed = await sessions.list(headersOf(token))
    assert.ok(listed.status === 'done')
    assert.deepEqual(JSON.parse(answer.body), listed.devices)
    assert.equal(listed.devices.length, 2)
  })

  test('a wrong password or an unknown name signs nobody in', async () => {
    for (const login of [
      { ...ada, password: `${ada.password}x` },
      { ...ada, userName: 'nobody' },
      { userName: '', password: '' },
    ]) {
      const answer = await post('/api/login', login)
      assert.equal(answer.status, 401)
      assert.deepEqual(answer.setCookies, [])
    }
  })

  // X1
  test('a sign-in or sign-out sent by another site is refused, and does nothing', async () => {
    const token = await signIn(idOf('ada'))
    await monitor.clear()
    for (const sender of [
      { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
      { 'sec-fetch-site': 'same-site', origin: 'https://blog.example' },
      { origin: 'https://evil.example' },
      {},
    ]) {
      for (const path of ['/api/login', '/api/logout']) {
        const answer = await ask(`${origin}${path}`, {
          method: 'POST',
          headers: {
            'user-agent': AGENT,
            'content-type': 'application/json',
            cookie: `${COOKIE}=${token}`,
            ...sender,
          } as Record<string, string>,
          body: JSON.stringify(ada),
        })
        assert.equal(answer.status, 403)
        assert.deepEqual(answer.setCookies, [])
      }
    }
    assert.deepEqual(await monitor.sent(), [])
    assert.equal((await invoices(token)).status, 200)
  })

  // T22, T26, A5
  test('without a session every answer is the same, and a forged token asks nothing of Redis', async () => {
    const token = await signIn(idOf('ada'))
    const ended = await signIn(idOf('ada'))
    await sessions.revokeCurrent(headersOf(ended))
    await monitor.clear()
    const forged = [undefined, 'x', flipped(token, 'signature', 3), flipped(token, 'payload', 100)]
    const answers = []
    for (const one of forged) answers.push(await invoices(one))
    answers.push(await invoices(token, userAgents.firefoxOnLinux))
    assert.deepEqual(await monitor.sent(), [])
    answers.push(await invoices(ended))
    assert.deepEqual(
      (await monitor.sent()).map(({ name }) => name),
      ['HMGET'],
    )
    const seen = answers.map(({ status, headers, body }) => {
      const { 'set-cookie': _, date: __, ...rest } = headers
      return JSON.stringify([status, rest, body])
    })
    assert.deepEqual([...new Set(seen)].length, 1, seen.join('\n'))
    assert.ok(answers.every(({ status }) => status === 401))
  })

  test('a cookie under a key that it does not know is refused, and stays', async () => {
    const other = createSessions(defineSession({ secret: freshSecret() }), {
      store: redisStore(nodeRedis(client)),
    })
    const answer = await invoices(await signIn(idOf('ada'), other))
    assert.equal(answer.status, 401)
    assert.deepEqual(answer.setCookies, [])
  })

  // F1
  test('while Redis is down it says 503, the cookie stays, and nobody is signed out', async () => {
    const token = await signIn(idOf('ada'))
    await redis.stop({ keepData: true })
    try {
      for (const answer of [
        await invoices(token),
        await post('/api/logout', {}, token),
        await post('/api/login', ada),
      ]) {
        assert.equal(answer.status, 503)
        assert.equal(answer.headers['retry-after'], '5')
        assert.deepEqual(answer.setCookies, [])
        assert.equal(answer.body, '{"error":"unavailable"}')
      }
    } finally {
      await redis.restart()
    }
    await until('it answers again', async () => (await invoices(token)).status === 200)
  })

  test('no secret, token or session id is in its log, none was sent to Redis', async () => {
    assert.ok(ledger.sessionIds > 5)
    assert.deepEqual(ledger.findings(backend.output.join('')), [])
    await monitor.drain()
    assert.ok(monitor.transcript.length > 20)
    assert.deepEqual(ledger.findings(monitor.transcript.join('\n')), [])
  })
})
