// Idle and absolute timeout: the times in the record decide, to the second; the expiry of the key only cleans up.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Backend } from '../support/backend.ts'
import { open, shift, signIn } from '../support/session.ts'

const denied = (reason: string) => ({ status: 'denied', reason, clearsCookie: true })

export function timeoutCases(backend: Backend): void {
  describe('timeouts', () => {
    // L4
    test('idle: a session not used for the idle timeout has ended, one not used for almost as long has not', async () => {
      const { sessions, events } = open(backend, { idleTimeout: '10m' })
      for (const [ago, ended] of [
        [0, false],
        [590, false],
        [600, true],
        [601, true],
        [40_000, true],
      ] as const) {
        const it = await signIn(sessions)
        await shift(backend, it, { last_seen: -ago })
        const checked = await sessions.check(it.headers)
        if (ended) assert.deepEqual(checked, denied('idle_timeout'), `${ago} s`)
        else assert.equal(checked.status, 'active', `${ago} s`)
      }
      assert.equal(
        events.filter((event) => event.type === 'denied' && event.reason === 'idle_timeout').length,
        3,
      )
    })

    test('idle: the timeout is the one the session was created under', async () => {
      const it = await signIn(open(backend, { idleTimeout: '10m' }).sessions)
      await shift(backend, it, { last_seen: -700 })
      assert.deepEqual(
        await open(backend, { idleTimeout: '1h' }).sessions.check(it.headers),
        denied('idle_timeout'),
      )
    })

    // L5
    test('absolute: it ends on the second however busy it is, and a touch does not move that', async () => {
      const { sessions } = open(backend)
      for (const [left, ended] of [
        [10, false],
        [0, true],
        [-1, true],
        [-100_000, true],
      ] as const) {
        const it = await signIn(sessions)
        await shift(backend, it, { absolute_deadline: left - 43_200 })
        await sessions.touch(it.headers)
        const checked = await sessions.check(it.headers)
        if (ended) assert.deepEqual(checked, denied('absolute_timeout'), `${left} s`)
        else assert.equal(checked.status, 'active', `${left} s`)
      }
    })

    test('absolute before idle: the one that cannot be helped is named', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      await shift(backend, it, { absolute_deadline: -50_000, last_seen: -50_000 })
      assert.deepEqual(await sessions.check(it.headers), denied('absolute_timeout'))
    })

    // L9
    test('a clock that jumped back: a record of the future is alive and no touch is due', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      await shift(backend, it, { last_seen: 500 })
      const checked = await sessions.check(it.headers)
      assert.ok(checked.status === 'active' && !checked.touchDue)
    })

    if (!backend.isRedis) return

    // L8
    test('a key that never expires makes no session live longer', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      await shift(backend, it, { last_seen: -1_801 })
      await backend.server?.command('PERSIST', it.key)
      assert.deepEqual(await sessions.check(it.headers), denied('idle_timeout'))
    })

    test('a key that expired early has ended its sessions', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      await backend.server?.command('PEXPIRE', it.key, '0')
      assert.deepEqual(await sessions.check(it.headers), denied('not_found'))
    })
  })
}
