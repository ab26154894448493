// The limit of sessions per user: kept by one atomic step, whatever comes at once (L14).

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Backend } from '../support/backend.ts'
import { head, newUser, open, type SignedIn, shift, signIn, userKey } from '../support/session.ts'

export function limitCases(backend: Backend): void {
  describe('the limit of sessions', () => {
    test('evicts the session used least recently', async () => {
      const { sessions, events } = open(backend, { sessionsPerUser: 3 })
      const userId = newUser()
      const all: SignedIn[] = []
      for (const ago of [20, 60, 40]) {
        const it = await signIn(sessions, { userId })
        await shift(backend, it, { last_seen: -ago })
        all.push(it)
      }
      const fourth = await signIn(sessions, { userId })
      assert.deepEqual(events.at(-1), { type: 'created', userId, evicted: 1 })
      const fifth = await signIn(sessions, { userId })
      const living = await Promise.all(
        [...all, fourth, fifth].map(async (it) => (await sessions.check(it.headers)).status),
      )
      assert.deepEqual(living, ['active', 'denied', 'denied', 'active', 'active'])
    })

    test('a touch saves a session from eviction', async () => {
      const { sessions } = open(backend, { sessionsPerUser: 2 })
      const userId = newUser()
      const [old, newer] = [await signIn(sessions, { userId }), await signIn(sessions, { userId })]
      await shift(backend, old, { last_seen: -600 })
      await shift(backend, newer, { last_seen: -300 })
      await sessions.touch(old.headers)
      await signIn(sessions, { userId })
      assert.equal((await sessions.check(old.headers)).status, 'active')
      assert.equal((await sessions.check(newer.headers)).status, 'denied')
    })

    test('of those used in the same second the one that signed in first goes', async () => {
      const { sessions } = open(backend, { sessionsPerUser: 3 })
      for (let round = 0; round < 5; round += 1) {
        const userId = newUser()
        const all: SignedIn[] = []
        for (const by of [-30, -20, -10]) {
          const it = await signIn(sessions, { userId })
          await shift(backend, it, { created: by })
          all.push(it)
        }
        await signIn(sessions, { userId })
        const living = await Promise.all(all.map(async (it) => (await sessions.check(it.headers)).status))
        assert.deepEqual(living, ['denied', 'active', 'active'])
      }
    })

    test('refuses the new session where it is configured so, and ends none', async () => {
      const { sessions } = open(backend, { sessionsPerUser: 2, atLimit: 'refuse' })
      const userId = newUser()
      const all = [await signIn(sessions, { userId }), await signIn(sessions, { userId })]
      assert.deepEqual(await sessions.create(head({}), userId), {
        status: 'refused',
        reason: 'limit_reached',
      })
      for (const it of all) assert.equal((await sessions.check(it.headers)).status, 'active')
      assert.equal((await backend.fields(userKey(userId))).size, 2)
      await sessions.revokeCurrent(all[0]?.headers ?? head({}))
      await signIn(sessions, { userId })
    })

    test('the dead do not count, and are removed at the next sign-in', async () => {
      for (const atLimit of ['evict', 'refuse'] as const) {
        const { sessions, events } = open(backend, { sessionsPerUser: 3, atLimit })
        const userId = newUser()
        const [idle, over, alive] = [
          await signIn(sessions, { userId }),
          await signIn(sessions, { userId }),
          await signIn(sessions, { userId }),
        ]
        await shift(backend, idle, { last_seen: -1_800 })
        await shift(backend, over, { absolute_deadline: -43_200 })
        const fourth = await signIn(sessions, { userId })
        assert.deepEqual(events.at(-1), { type: 'created', userId, evicted: 0 })
        const left = [...(await backend.fields(userKey(userId))).keys()]
        assert.deepEqual(left.sort(), [alive.field, fourth.field].sort())
      }
    })

    test('lowered, it ends as many as there are too many', async () => {
      const userId = newUser()
      const many = open(backend, { sessionsPerUser: 10 }).sessions
      for (let i = 0; i < 6; i += 1) await signIn(many, { userId })
      const { sessions, events } = open(backend, { sessionsPerUser: 2 })
      await signIn(sessions, { userId })
      assert.deepEqual(events.at(-1), { type: 'created', userId, evicted: 5 })
      assert.equal((await backend.fields(userKey(userId))).size, 2)
    })

    for (const atLimit of ['evict', 'refuse'] as const) {
      test(`fifty sign-ins at once under a limit of three (${atLimit}): never more than three`, async () => {
        const { sessions } = open(backend, { sessionsPerUser: 3, atLimit }, 20_000)
        const userId = newUser()
        let busy = true
        let most = 0
        const watch = (async () => {
          while (busy) {
            most = Math.max(most, (await backend.fields(userKey(userId))).size)
            await new Promise((resolve) => setImmediate(resolve))
          }
        })()
        const outcomes = await Promise.all(
          Array.from({ length: 50 }, () => sessions.create(head({}), userId)),
        )
        busy = false
        await watch
        assert.ok(most <= 3, `${most} at once`)
        assert.equal((await backend.fields(userKey(userId))).size, 3)
        const created = outcomes.filter(({ status }) => status === 'created').length
        assert.equal(created, atLimit === 'evict' ? 50 : 3)
        assert.equal(outcomes.filter(({ status }) => status === 'unavailable').length, 0)
      })
    }

    // Clients send a command again when its connection broke: the same sign-in twice is one session.
    test('the same creation twice, as a client sends it after a broken connection, is one and evicts nobody', async () => {
      for (const atLimit of ['evict', 'refuse'] as const) {
        const { sessions } = open(backend, { sessionsPerUser: 2, atLimit })
        const userId = newUser()
        const first = await signIn(sessions, { userId })
        await shift(backend, first, { last_seen: -60 })
        await backend.clear()
        const second = await signIn(sessions, { userId })
        const [command] = (await backend.sent()).filter(({ name }) => name === 'EVALSHA')
        assert.ok(command)
        const again = await backend
          .store()
          .send([command.name, ...command.args], { key: second.key, write: true })
        assert.deepEqual((again as unknown[]).slice(0, 2), [1, 0])
        assert.equal((await sessions.check(first.headers)).status, 'active')
        assert.equal((await sessions.check(second.headers)).status, 'active')
      }
    })
  })
}
