// A store that cannot answer is never "signed out": unavailable, with its cause, within the limit; and afterwards all is as before.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cause, Sessions } from 'twogate/dal'
import type { RedisServer } from '../../support/redis.ts'
import { Client } from '../../support/resp.ts'
import { until } from '../../support/until.ts'
import type { Backend } from '../support/backend.ts'
import { head, newUser, open, type SignedIn, shift, signIn, userKey } from '../support/session.ts'

const LIMIT = 400
/** A script call is two commands where the server forgot the script; the rest is the machine's. */
const PATIENCE = 2 * LIMIT + 300

export function outageCases(backend: Backend): void {
  if (!backend.isRedis) return

  const command = (...args: string[]) => (backend.server as RedisServer).command(...args)
  const { user = 'default' } = backend

  /** Every operation, with what it came to. */
  const operations = (sessions: Sessions, it: SignedIn) =>
    ({
      check: () => sessions.check(it.headers),
      'check and issue': () => sessions.check(it.headers, { issue: true }),
      list: () => sessions.list(it.headers),
      touch: () => sessions.touch(it.headers),
      'read data': () => sessions.readData(it.headers),
      'write data': () => sessions.writeData(it.headers, { text: 'x', version: 0 }),
      rotate: () => sessions.rotate(it.headers),
      create: () => sessions.create(head({}), it.userId),
      'revoke others': () => sessions.revokeOthers(it.headers),
      'revoke by handle': () => sessions.revokeByHandle(it.headers, it.session.handle),
      'revoke this': () => sessions.revokeCurrent(it.headers),
      'revoke all': () => sessions.revokeAll(it.userId),
    }) as const
  type Name = keyof ReturnType<typeof operations>
  const READS: readonly Name[] = ['check', 'check and issue', 'list', 'read data']

  async function assertUnavailable(
    sessions: Sessions,
    it: SignedIn,
    causes: readonly Cause[],
    names?: readonly Name[],
  ) {
    for (const [name, run] of Object.entries(operations(sessions, it))) {
      if (names && !names.includes(name as Name)) continue
      const begin = performance.now()
      const answer = await run()
      const took = performance.now() - begin
      assert.equal(answer.status, 'unavailable', `${name}: ${JSON.stringify(answer)}`)
      assert.deepEqual(Object.keys(answer).sort(), ['cause', 'status'])
      assert.ok(
        answer.status === 'unavailable' && causes.includes(answer.cause),
        `${name}: ${JSON.stringify(answer)}`,
      )
      assert.ok(took < PATIENCE, `${name} took ${took} ms`)
    }
  }

  async function assertAsBefore(it: SignedIn): Promise<void> {
    const { sessions } = open(backend)
    await until(
      'the store answers again',
      async () => (await sessions.check(it.headers)).status !== 'unavailable',
    )
    const checked = await sessions.check(it.headers)
    assert.equal(checked.status, 'active', JSON.stringify(checked))
    await signIn(sessions)
  }

  const writes = ['touch', 'create', 'revoke others', 'revoke this', 'write data', 'rotate'] as const

  describe('a store that cannot answer', () => {
    test('another type under our key: unexpected, and as before when it is gone', async () => {
      const { sessions, events } = open(backend, {}, LIMIT)
      const it = await signIn(sessions)
      const record = (await backend.fields(it.key)).get(it.field) ?? ''
      await command('DEL', it.key)
      await command('SET', it.key, 'x')
      events.length = 0
      await assertUnavailable(sessions, it, ['unexpected'])
      assert.ok(events.some((event) => event.type === 'unavailable' && event.cause === 'unexpected'))
      assert.equal(await command('GET', it.key), 'x')
      await command('DEL', it.key)
      await backend.put(it.key, it.field, record)
      await assertAsBefore(it)
    })

    test('paused: a timeout within the limit, and as before afterwards', async () => {
      const { sessions } = open(backend, {}, LIMIT)
      const it = await signIn(sessions)
      // Ends by itself: while it lasts, nobody can end it.
      await command('CLIENT', 'PAUSE', String(READS.length * PATIENCE), 'ALL')
      await assertUnavailable(sessions, it, ['timeout'], READS)
      await assertAsBefore(it)
    })

    test('frozen: a timeout within the limit, and as before afterwards', async () => {
      const { sessions } = open(backend, {}, LIMIT)
      const it = await signIn(sessions)
      backend.server?.freeze()
      try {
        await assertUnavailable(sessions, it, ['timeout'], READS)
      } finally {
        backend.server?.thaw()
      }
      await assertAsBefore(it)
    })

    // R12: redis-py CVE-2023-28858, ChatGPT 2023-03-20
    test('an answer that comes too late goes to nobody else', async () => {
      const impatient = open(backend, {}, 50).sessions
      const { sessions } = open(backend)
      const [first, second] = [await signIn(sessions), await signIn(sessions)]
      await command('CLIENT', 'PAUSE', '200', 'ALL')
      const late = await Promise.all([impatient.check(first.headers), impatient.list(first.headers)])
      assert.deepEqual(
        late.map(({ status }) => status),
        ['unavailable', 'unavailable'],
      )
      for (let i = 0; i < 10; i += 1) {
        const [one, two] = await Promise.all([sessions.check(second.headers), sessions.check(first.headers)])
        assert.equal(one.status === 'active' && one.session.userId, second.userId)
        assert.equal(two.status === 'active' && two.session.userId, first.userId)
      }
    })

    test('stopped: unavailable within the limit; with the data back, as before', async () => {
      const { sessions } = open(backend, {}, LIMIT)
      const it = await signIn(sessions)
      await backend.server?.stop({ keepData: true })
      try {
        // Libraries that wait for a connection time out; those that do not say so at once.
        await assertUnavailable(sessions, it, ['connection', 'timeout'], READS)
      } finally {
        await backend.server?.restart()
      }
      await assertAsBefore(it)
    })

    test('restarted without its data: not found, definitely', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      await backend.server?.stop({ keepData: false })
      await backend.server?.restart()
      await until(
        'the store answers again',
        async () => (await sessions.check(it.headers)).status !== 'unavailable',
      )
      assert.deepEqual(await sessions.check(it.headers), {
        status: 'denied',
        reason: 'not_found',
        clearsCookie: true,
      })
      await signIn(sessions)
    })

    test('a replica: it takes no writes, and reads go on', async () => {
      const { sessions } = open(backend, {}, LIMIT)
      const it = await signIn(sessions)
      // Due, or a touch would find nothing to write.
      await shift(backend, it, { last_seen: -200 })
      await signIn(sessions, { userId: it.userId })
      await command('REPLICAOF', '127.0.0.1', '1')
      try {
        await assertUnavailable(sessions, it, ['read_only'], writes)
        assert.equal((await sessions.check(it.headers)).status, 'active')
        await command('CONFIG', 'SET', 'replica-serve-stale-data', 'no')
        await assertUnavailable(sessions, it, ['not_ready'], READS)
      } finally {
        await command('CONFIG', 'SET', 'replica-serve-stale-data', 'yes')
        await command('REPLICAOF', 'NO', 'ONE')
      }
      await assertAsBefore(it)
    })

    // S12
    test('too few replicas: it takes no writes, and reads go on', async () => {
      const { sessions } = open(backend, {}, LIMIT)
      const it = await signIn(sessions)
      // Due, or a touch would find nothing to write.
      await shift(backend, it, { last_seen: -200 })
      await signIn(sessions, { userId: it.userId })
      await command('CONFIG', 'SET', 'min-replicas-to-write', '1')
      try {
        await assertUnavailable(sessions, it, ['read_only'], writes)
        assert.equal((await sessions.check(it.headers)).status, 'active')
      } finally {
        await command('CONFIG', 'SET', 'min-replicas-to-write', '0')
      }
      await assertAsBefore(it)
    })

    test('out of memory: no new session, and reads go on', async () => {
      const { sessions } = open(backend, {}, LIMIT)
      const [it, other] = [await signIn(sessions), await signIn(sessions)]
      // Known by its hash: the text of a script is not taken in that state.
      await sessions.revokeCurrent((await signIn(sessions)).headers)
      await command('CONFIG', 'SET', 'maxmemory', '1')
      try {
        await assertUnavailable(sessions, it, ['out_of_memory'], ['create', 'write data', 'rotate'])
        assert.equal((await sessions.check(it.headers)).status, 'active')
        assert.equal((await backend.fields(it.key)).size, 1)
        // Ending a session takes no memory.
        assert.deepEqual(await sessions.revokeCurrent(other.headers), { status: 'done', count: 1 })
      } finally {
        await command('CONFIG', 'SET', 'maxmemory', '0')
      }
      await assertAsBefore(it)
    })

    // S5
    test('rights taken away: access denied', async () => {
      const { sessions } = open(backend, {}, LIMIT)
      const it = await signIn(sessions)
      for (const [right, names] of [
        ['hmget', ['check', 'check and issue', 'read data', 'rotate']],
        ['hgetall', ['list', 'revoke by handle']],
        ['hdel', ['revoke this']],
        ['evalsha', ['touch', 'create', 'write data', 'rotate']],
      ] as const) {
        await command('ACL', 'SETUSER', user, `-${right}`)
        try {
          await assertUnavailable(sessions, it, ['access_denied'], names)
        } finally {
          await command('ACL', 'SETUSER', user, `+${right}`)
        }
      }
      await assertAsBefore(it)
    })

    test('rights taken away inside a script: access denied', async () => {
      const { sessions } = open(backend, {}, LIMIT)
      const it = await signIn(sessions)
      // Due, or a touch would find nothing to write.
      await shift(backend, it, { last_seen: -200 })
      await command('ACL', 'SETUSER', user, '-hset')
      try {
        await assertUnavailable(sessions, it, ['access_denied'], ['touch', 'create', 'write data', 'rotate'])
      } finally {
        await command('ACL', 'SETUSER', user, '+hset')
      }
    })

    test('busy with a script: not ready', async () => {
      const { sessions } = open(backend, {}, LIMIT)
      const it = await signIn(sessions)
      const server = backend.server as RedisServer
      await command('CONFIG', 'SET', 'busy-reply-threshold', '20')
      const busy = await Client.open(server.port)
      const loop = busy.command('EVAL', 'while true do end', '0').catch(() => undefined)
      await sleep(100)
      try {
        await assertUnavailable(sessions, it, ['not_ready'], READS)
      } finally {
        await command('SCRIPT', 'KILL')
        await loop
        busy.close()
        await command('CONFIG', 'SET', 'busy-reply-threshold', '5000')
      }
      await assertAsBefore(it)
    })

    // L3, A4
    test('a sign-in that could not be stored hands out no cookie', async () => {
      const { sessions } = open(backend, {}, LIMIT)
      const userId = newUser()
      await command('SET', userKey(userId), 'x')
      const created = await sessions.create(head({}), userId)
      assert.deepEqual(created, { status: 'unavailable', cause: 'unexpected' })
      await command('DEL', userKey(userId))
    })
  })
}
