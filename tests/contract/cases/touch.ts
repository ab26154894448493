// Touch: moves last-seen forward, only forward, only when due; and never creates.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Backend } from '../support/backend.ts'
import { number, open, recordOf, replaced, shift, signIn } from '../support/session.ts'

const nowInSeconds = () => Math.floor(Date.now() / 1000)

export function touchCases(backend: Backend): void {
  describe('touch', () => {
    // L7
    test('is due when more than a tenth of the idle window has gone', async () => {
      const { sessions } = open(backend, { idleTimeout: '1000s' })
      for (const [ago, due] of [
        [0, false],
        [95, false],
        [101, true],
        [900, true],
      ] as const) {
        const it = await signIn(sessions)
        await shift(backend, it, { last_seen: -ago })
        const checked = await sessions.check(it.headers)
        assert.equal(checked.status === 'active' && checked.touchDue, due, `${ago} s`)
      }
    })

    test('moves last-seen to now and nothing else; then none is due, and no check writes', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      const fresh = await recordOf(backend, it)
      await shift(backend, it, { last_seen: -600 })
      assert.deepEqual(await sessions.touch(it.headers), { status: 'done', count: 1 })
      const touched = await recordOf(backend, it)
      const seen = number(touched, 'last_seen')
      assert.ok(Math.abs(seen - nowInSeconds()) <= 1)
      assert.equal(touched, replaced(fresh, 'last_seen', seen))
      await backend.clear()
      const checked = await sessions.check(it.headers)
      assert.ok(checked.status === 'active' && !checked.touchDue)
      assert.equal(checked.session.lastSeenAt, seen * 1000)
      assert.deepEqual(
        (await backend.sent()).map(({ name }) => name),
        ['HMGET'],
      )
    })

    // The clock of the second is nearly a tenth of the window ahead: still too early to move it again.
    test('moves it once for two that were both told that it is due', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      await shift(backend, it, { last_seen: -170 })
      const moved = await recordOf(backend, it)
      assert.deepEqual(await sessions.touch(it.headers), { status: 'done', count: 1 })
      assert.equal(await recordOf(backend, it), moved)
    })

    test('never moves it back', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      await shift(backend, it, { last_seen: 1000 })
      const ahead = await recordOf(backend, it)
      assert.deepEqual(await sessions.touch(it.headers), { status: 'done', count: 1 })
      assert.equal(await recordOf(backend, it), ahead)
    })

    // R1, R2: express-session #632, connect-redis #328, rack-session CVE-2025-46336
    test('of a session that was revoked creates nothing, however it was revoked', async () => {
      const { sessions } = open(backend)
      for (const revoke of ['current', 'handle', 'all'] as const) {
        const it = await signIn(sessions)
        if (revoke === 'current') await sessions.revokeCurrent(it.headers)
        if (revoke === 'handle') await sessions.revokeByHandle(it.headers, it.session.handle)
        if (revoke === 'all') await sessions.revokeAll(it.userId)
        assert.deepEqual(await sessions.touch(it.headers), { status: 'done', count: 0 })
        const fields = await backend.fields(it.key)
        assert.deepEqual([...fields.keys()], revoke === 'all' ? ['e'] : [])
      }
    })

    test('a hundred at once against one revocation: the session stays dead', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      const touches = Array.from({ length: 50 }, () => sessions.touch(it.headers))
      const revoked = sessions.revokeCurrent(it.headers)
      await Promise.all([
        ...touches,
        revoked,
        ...Array.from({ length: 50 }, () => sessions.touch(it.headers)),
      ])
      assert.deepEqual(await revoked, { status: 'done', count: 1 })
      assert.equal((await backend.fields(it.key)).size, 0)
    })

    if (!backend.isRedis) return

    test('twenty at once write once, and one that is not due writes nothing', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      await shift(backend, it, { last_seen: -600 })
      const writes = async () =>
        (await backend.scripted()).filter(({ name }) => name !== 'HGET').map(({ name }) => name)
      await backend.clear()
      await Promise.all(Array.from({ length: 20 }, () => sessions.touch(it.headers)))
      assert.deepEqual(await writes(), ['HSET'])
      await backend.clear()
      assert.deepEqual(await sessions.touch(it.headers), { status: 'done', count: 1 })
      assert.deepEqual(await writes(), [])
    })

    // S4
    test('after SCRIPT FLUSH the text follows the hash; a dead session stays dead on that way too', async () => {
      const { sessions } = open(backend)
      const [living, dead] = [await signIn(sessions), await signIn(sessions)]
      await sessions.revokeCurrent(dead.headers)
      for (const [it, count] of [
        [dead, 0],
        [living, 1],
      ] as const) {
        await backend.server?.command('SCRIPT', 'FLUSH')
        await backend.clear()
        assert.deepEqual(await sessions.touch(it.headers), { status: 'done', count })
        assert.deepEqual(await sessions.touch(it.headers), { status: 'done', count })
        assert.deepEqual(
          (await backend.sent()).map(({ name }) => name),
          ['EVALSHA', 'EVAL', 'EVALSHA'],
        )
      }
      assert.equal((await backend.fields(dead.key)).size, 0)
    })

    test('leaves alone what is no living record of ours', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      const good = await recordOf(backend, it)
      for (const odd of [
        good.slice(0, 63),
        `${good}.`,
        replaced(good, 'version', 'B'),
        replaced(good, 'state', 'r'),
        '',
        'x',
      ]) {
        await backend.put(it.key, it.field, odd)
        assert.deepEqual(await sessions.touch(it.headers), { status: 'done', count: 0 })
        assert.equal((await backend.fields(it.key)).get(it.field), odd)
      }
    })
  })
}
