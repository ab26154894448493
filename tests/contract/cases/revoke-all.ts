// Ending all sessions of a user by a not-before time: sign-ins in flight die with them, new ones live at once.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Backend } from '../support/backend.ts'
import { head, newUser, open, recordOf, signIn, userKey, vectors } from '../support/session.ts'

const revoked = { status: 'denied', reason: 'revoked', clearsCookie: true }

export function revokeAllCases(backend: Backend): void {
  const notBefore = async (userId: string) => (await backend.fields(userKey(userId))).get('e') ?? ''
  const time = (text: string) => Number.parseInt(text.slice(1), 36)

  describe('revocation of all', () => {
    test('ends every session of the user and of nobody else, and removes their records', async () => {
      const { sessions } = open(backend)
      const userId = newUser()
      const all = [await signIn(sessions, { userId }), await signIn(sessions, { userId })]
      const stranger = await signIn(sessions)
      const before = Date.now()
      assert.deepEqual(await sessions.revokeAll(userId), { status: 'done', count: 2 })
      for (const it of all) assert.equal((await sessions.check(it.headers)).status, 'denied')
      assert.equal((await sessions.check(stranger.headers)).status, 'active')
      assert.deepEqual([...(await backend.fields(userKey(userId))).keys()], ['e'])
      const text = await notBefore(userId)
      assert.match(text, /^E[0-9a-z]{9}$/)
      assert.ok(time(text) >= before && time(text) <= Date.now())
    })

    test('writes the not-before time as the vectors have it', () => {
      for (const it of vectors.not_before) {
        assert.equal(time(it.text), it.time)
        assert.equal(`E${it.time.toString(36).padStart(9, '0')}`, it.text)
      }
    })

    // R11
    test('refuses a sign-in whose authentication began before it, and not one that began after', async () => {
      const { sessions } = open(backend)
      const userId = newUser()
      await sessions.revokeAll(userId)
      const at = time(await notBefore(userId))
      for (const authenticatedAt of [0, at - 60_000, at - 1, at]) {
        const refused = await sessions.create(head({}), userId, { authenticatedAt })
        assert.deepEqual(
          refused,
          { status: 'refused', reason: 'revoked_meanwhile' },
          `${authenticatedAt - at} ms`,
        )
      }
      assert.deepEqual([...(await backend.fields(userKey(userId))).keys()], ['e'])
      const it = await signIn(sessions, { userId, authenticatedAt: at + 1 })
      assert.equal((await sessions.check(it.headers)).status, 'active')
    })

    test('a sign-in after it works in the same millisecond, and is the newer one by its record', async () => {
      const { sessions } = open(backend)
      const userId = newUser()
      for (let round = 0; round < 20; round += 1) {
        await sessions.revokeAll(userId)
        const at = time(await notBefore(userId))
        const it = await signIn(sessions, { userId, authenticatedAt: at + 1 })
        assert.ok(it.session.createdAt > at)
        assert.equal((await sessions.check(it.headers)).status, 'active')
        assert.equal((await backend.fields(it.key)).size, 2)
      }
    })

    // The change of a password: end everything, then sign this browser in again, in one request.
    test('a sign-in that names no time of its authentication works right after it', async () => {
      const { sessions } = open(backend)
      const userId = newUser()
      for (let round = 0; round < 20; round += 1) {
        await sessions.revokeAll(userId)
        const created = await sessions.create(head({}), userId)
        assert.equal(created.status, 'created', `round ${round}: ${JSON.stringify(created)}`)
      }
    })

    test('while the clock of whoever revoked was ahead: a newer authentication is let in and lives', async () => {
      const { sessions } = open(backend)
      const userId = newUser()
      await sessions.revokeAll(userId)
      const ahead = Date.now() + 5_000
      await raise(userId, ahead)
      const it = await signIn(sessions, { userId, authenticatedAt: ahead + 1 })
      assert.equal(it.session.createdAt, ahead + 1)
      assert.equal((await sessions.check(it.headers)).status, 'active')
    })

    test('the not-before time only grows: an older one again changes nothing', async () => {
      const { sessions } = open(backend)
      const userId = newUser()
      await backend.clear()
      await sessions.revokeAll(userId)
      const first = await notBefore(userId)
      const [command] = (await backend.sent()).filter(({ name }) => name === 'EVALSHA')
      assert.ok(command)
      await new Promise((resolve) => setTimeout(resolve, 5))
      await sessions.revokeAll(userId)
      const second = await notBefore(userId)
      assert.ok(time(second) > time(first))
      await backend.store().send([command.name, ...command.args], { key: userKey(userId), write: true })
      assert.equal(await notBefore(userId), second)
    })

    // L13, S14
    test('a record that comes back, from a backup or a failover, is dead', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      const record = await recordOf(backend, it)
      await sessions.revokeAll(it.userId)
      if (backend.isRedis) {
        await backend.put(it.key, it.field, record)
        assert.deepEqual(await sessions.check(it.headers), revoked)
      }
    })

    test("the application's own not-before time and the configured one count beside the stored one", async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      const { createdAt } = it.session
      assert.equal((await sessions.check(it.headers, { notBefore: createdAt - 1 })).status, 'active')
      assert.deepEqual(await sessions.check(it.headers, { notBefore: createdAt }), revoked)
      assert.deepEqual(await sessions.check(it.headers, { notBefore: Number.POSITIVE_INFINITY }), revoked)
      assert.equal(
        (await open(backend, { notBefore: createdAt - 1 }).sessions.check(it.headers)).status,
        'active',
      )
      assert.deepEqual(await open(backend, { notBefore: createdAt }).sessions.check(it.headers), revoked)
      const both = open(backend, { notBefore: createdAt }).sessions
      assert.deepEqual(await both.check(it.headers, { notBefore: 1 }), revoked)
    })

    test("a not-before time of the application's own that is no number is not the same as none", async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      const checked = await sessions
        .check(it.headers, { notBefore: Number.NaN })
        .catch((error: unknown) => ({ status: 'error', error }))
      assert.notEqual(checked.status, 'active')
    })

    test('fifty sign-ins against one revocation: each is dead or newer than it', async () => {
      const { sessions } = open(backend, { sessionsPerUser: 100 })
      const userId = newUser()
      const begin = Date.now()
      const signIns = Array.from({ length: 50 }, (_, i) =>
        (async () => {
          if (i === 25) await sessions.revokeAll(userId)
          return sessions.create(head({}), userId, { authenticatedAt: begin - 1 })
        })(),
      )
      const outcomes = await Promise.all(signIns)
      await sessions.revokeAll(userId)
      assert.equal(
        [...(await backend.fields(userKey(userId))).keys()].filter((name) => name !== 'e').length,
        0,
      )
      assert.ok(outcomes.every(({ status }) => status === 'created' || status === 'refused'))
      assert.equal(outcomes[25]?.status, 'refused')
    })
  })

  /** Raises the stored not-before time as another host would, whose clock is ahead. */
  async function raise(userId: string, to: number): Promise<void> {
    const { sessions } = open(backend)
    await backend.clear()
    await sessions.revokeAll(userId)
    const [command] = (await backend.sent()).filter(({ name }) => name === 'EVALSHA')
    assert.ok(command)
    const [sha = '', count = '', key = '', , life = ''] = command.args
    const text = `E${to.toString(36).padStart(9, '0')}`
    await backend.store().send([command.name, sha, count, key, text, life], { key, write: true })
    assert.equal(time(await notBefore(userId)), to)
  }
}
