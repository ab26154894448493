// My sessions: handles and what a person recognises a device by; this one first, none that is dead (L15).

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Backend } from '../support/backend.ts'
import { CHROME, FIREFOX, IPHONE, newUser, open, shift, signIn } from '../support/session.ts'

export function listCases(backend: Backend): void {
  describe('the list of sessions', () => {
    test('this one first, then the most recently used; each with its handle and its browser', async () => {
      const { sessions } = open(backend)
      const userId = newUser()
      const all = [
        await signIn(sessions, { userId, userAgent: CHROME }),
        await signIn(sessions, { userId, userAgent: FIREFOX }),
        await signIn(sessions, { userId, userAgent: IPHONE }),
        await signIn(sessions, { userId, userAgent: '' }),
      ] as const
      await shift(backend, all[0], { last_seen: -300 })
      await shift(backend, all[1], { last_seen: -200 })
      await shift(backend, all[2], { last_seen: -100 })
      const listed = await sessions.list(all[0].headers)
      assert.ok(listed.status === 'done')
      assert.deepEqual(
        listed.devices.map(({ handle }) => handle),
        [all[0], all[3], all[2], all[1]].map(({ session }) => session.handle),
      )
      assert.deepEqual(
        listed.devices.map(({ current, browser, os, mobile, ip }) => [current, browser, os, mobile, ip]),
        [
          [true, 'Chrome', 'Linux', false, null],
          [false, 'Another client', 'an unknown system', false, null],
          [false, 'Safari', 'iOS', true, null],
          [false, 'Firefox', 'Linux', false, null],
        ],
      )
      for (const device of listed.devices) {
        const it = all.find(({ session }) => session.handle === device.handle)
        assert.equal(device.createdAt, it?.session.createdAt)
        assert.equal(device.expiresAt, it?.session.expiresAt)
      }
    })

    // L17
    test('holds no id, no hash and no token', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      const listed = await sessions.list(it.headers)
      const text = JSON.stringify(listed)
      for (const hidden of [it.token, it.field, it.field.slice(1), it.key]) assert.ok(!text.includes(hidden))
      assert.ok(listed.status === 'done')
      const names = [
        'browser',
        'createdAt',
        'current',
        'expiresAt',
        'handle',
        'ip',
        'lastSeenAt',
        'mobile',
        'os',
      ]
      assert.deepEqual(Object.keys(listed.devices[0] ?? {}).sort(), names)
    })

    test('is one HGETALL', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      await backend.clear()
      await sessions.list(it.headers)
      assert.deepEqual(
        (await backend.sent()).map(({ name, args }) => [name, ...args]),
        [['HGETALL', it.key]],
      )
    })

    test('leaves out the dead and shows nobody of another user', async () => {
      const { sessions } = open(backend)
      const userId = newUser()
      const [mine, idle, over, ended] = [
        await signIn(sessions, { userId }),
        await signIn(sessions, { userId }),
        await signIn(sessions, { userId }),
        await signIn(sessions, { userId }),
      ]
      await signIn(sessions)
      await shift(backend, idle, { last_seen: -1_800 })
      await shift(backend, over, { absolute_deadline: -43_200 })
      await sessions.revokeCurrent(ended.headers)
      const listed = await sessions.list(mine.headers)
      assert.deepEqual(listed.status === 'done' && listed.devices.map(({ handle }) => handle), [
        mine.session.handle,
      ])
    })

    test('shows the networks as prefixes, and none where addresses are not stored', async () => {
      const clientAddress = { forwardedFor: { hops: 1 } }
      const { sessions } = open(backend, { clientAddress })
      const it = await signIn(sessions, { address: '203.0.113.77' })
      const ips = async () => {
        const listed = await sessions.list(it.headers)
        return listed.status === 'done' && listed.devices.map(({ ip }) => ip)
      }
      assert.deepEqual(await ips(), ['203.0.113.0/24'])
      it.headers.set('x-forwarded-for', '2001:db8:0:7::1')
      await sessions.touch(it.headers)
      assert.deepEqual(await ips(), ['203.0.113.0/24, 2001:db8:0:7::/64'])
      const off = open(backend, { clientAddress, binding: { ip: 'off' } }).sessions
      const unseen = await signIn(off, { address: '203.0.113.77' })
      const listed = await off.list(unseen.headers)
      assert.deepEqual(listed.status === 'done' && listed.devices.map(({ ip }) => ip), [null])
    })

    test('a hundred sessions are a hundred entries', async () => {
      const { sessions } = open(backend, { sessionsPerUser: 100 }, 20_000)
      const userId = newUser()
      const all = await Promise.all(Array.from({ length: 100 }, () => signIn(sessions, { userId })))
      const listed = await sessions.list(all[42]?.headers ?? new Headers())
      assert.ok(listed.status === 'done')
      assert.equal(listed.devices.length, 100)
      assert.equal(listed.devices[0]?.handle, all[42]?.session.handle)
      assert.equal(listed.devices.filter(({ current }) => current).length, 1)
    })

    test('of a session that has ended is refused', async () => {
      const { sessions } = open(backend)
      const userId = newUser()
      const [thief] = [
        await signIn(sessions, { userId }),
        await signIn(sessions, { userId, userAgent: FIREFOX }),
      ]
      await sessions.revokeCurrent(thief.headers)
      const denied = (reason: string) => ({ status: 'denied', reason, clearsCookie: true })
      assert.deepEqual(await sessions.list(thief.headers), denied('not_found'))
      const late = await signIn(sessions, { userId })
      await shift(backend, late, { last_seen: -1_800 })
      assert.deepEqual(await sessions.list(late.headers), denied('idle_timeout'))
      const over = await signIn(sessions, { userId })
      await shift(backend, over, { absolute_deadline: -43_200 })
      assert.deepEqual(await sessions.list(over.headers), denied('absolute_timeout'))
    })
  })
}
