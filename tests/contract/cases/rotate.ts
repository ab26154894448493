// Rotation: a fresh id for a rise of privilege, the old one as it was for ten seconds more, and nothing alive too long.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { payloadOf } from '../../support/tokens.ts'
import type { Backend } from '../support/backend.ts'
import {
  CHROME,
  FIREFOX,
  head,
  newUser,
  number,
  type Opened,
  open,
  part,
  recordOf,
  rotate,
  type SignedIn,
  shift,
  signIn,
  userKey,
} from '../support/session.ts'

const done = (count: number) => ({ status: 'done', count })
const rotatedAway = { status: 'denied', reason: 'rotated', clearsCookie: false }

export function rotateCases(backend: Backend): void {
  describe('rotation', () => {
    // L2, L5
    test('gives a fresh id with what was asked for, and keeps sign-in and absolute deadline', async () => {
      const it = open(backend)
      const old = await signIn(it.sessions, { scope: 'read' })
      await shift(backend, old, { last_seen: -600, absolute_deadline: -600 })
      it.events.length = 0
      const next = await rotate(it.sessions, old, { scope: 'read admin', authLevel: 2 })
      assert.notEqual(payloadOf(next.token).sid, payloadOf(old.token).sid)
      assert.notEqual(next.session.handle, old.session.handle)
      const { handle, lastSeenAt, ...rest } = next.session
      assert.deepEqual(rest, {
        userId: old.userId,
        scope: ['read', 'admin'],
        createdAt: old.session.createdAt,
        expiresAt: old.session.expiresAt - 600_000,
        authLevel: 2,
      })
      assert.ok(Math.abs(Date.now() - lastSeenAt) < 5_000)
      assert.deepEqual(it.events, [{ type: 'rotated', userId: old.userId }])
      const checked = await it.sessions.check(next.headers)
      assert.deepEqual(checked.status === 'active' && checked.session, next.session)
      assert.equal(payloadOf(next.token).scope, 'read admin')

      // What is not given is kept.
      const again = await rotate(it.sessions, next)
      assert.deepEqual([again.session.scope, again.session.authLevel], [['read', 'admin'], 2])
    })

    test('the old id is as it was for ten seconds, and then rotated', async () => {
      const it = open(backend)
      const old = await signIn(it.sessions, { scope: 'read' })
      const next = await rotate(it.sessions, old, { scope: 'admin', authLevel: 3 })
      const now = Math.floor(Date.now() / 1000)
      const deadline = number(await recordOf(backend, old), 'absolute_deadline')
      assert.ok(deadline > now + 7 && deadline <= now + 10, `${deadline - now} s`)
      const checked = await it.sessions.check(old.headers)
      assert.ok(checked.status === 'active' && !checked.touchDue)
      const { expiresAt, ...asBefore } = checked.session
      assert.deepEqual(asBefore, { ...asBefore, scope: ['read'], authLevel: 0, handle: old.session.handle })
      assert.equal(expiresAt, deadline * 1000)
      // -1, 0, +1 s: what is left is a margin for a slow machine
      for (const [left, alive] of [
        [5, true],
        [0, false],
        [-1, false],
      ] as const) {
        const stored = number(await recordOf(backend, old), 'absolute_deadline')
        await shift(backend, old, { absolute_deadline: Math.floor(Date.now() / 1000) + left - stored })
        assert.equal((await it.sessions.check(old.headers)).status === 'active', alive, `${left} s`)
      }
      assert.deepEqual(await it.sessions.check(old.headers), rotatedAway)
      assert.equal((await it.sessions.check(next.headers)).status, 'active')
    })

    test('of a session that is not alive changes nothing, and the reason is told', async () => {
      const it = open(backend)
      for (const [changes, reason] of [
        [{ last_seen: -1_800 }, 'idle_timeout'],
        [{ absolute_deadline: -43_200 }, 'absolute_timeout'],
      ] as const) {
        const old = await signIn(it.sessions)
        await shift(backend, old, changes)
        const before = [...(await backend.fields(old.key))]
        const denied = { status: 'denied', reason, clearsCookie: true }
        assert.deepEqual(await it.sessions.rotate(old.headers), denied)
        assert.deepEqual([...(await backend.fields(old.key))], before)
        assert.deepEqual(it.events.at(-1), { type: 'denied', reason })
      }
      // R1
      const gone = await signIn(it.sessions)
      await it.sessions.revokeCurrent(gone.headers)
      const answer = await it.sessions.rotate(gone.headers)
      assert.deepEqual(answer, { status: 'denied', reason: 'not_found', clearsCookie: true })
      assert.equal((await backend.fields(gone.key)).size, 0)
    })

    // -1, 0, +1 ms
    test('of a session that the application has revoked in its own row changes nothing', async () => {
      const it = open(backend)
      for (const [by, alive] of [
        [-1, true],
        [0, false],
        [1, false],
      ] as const) {
        const old = await signIn(it.sessions)
        const notBefore = old.session.createdAt + by
        assert.equal((await it.sessions.rotate(old.headers, {}, { notBefore })).status === 'done', alive)
      }
    })

    test('by another browser, where binding is strict, changes nothing', async () => {
      const it = open(backend, { clientAddress: { forwardedFor: { hops: 1 } }, binding: { ip: 'strict' } })
      const old = await signIn(it.sessions, { address: '203.0.113.77' })
      for (const [userAgent, address, reason] of [
        [FIREFOX, '203.0.113.77', 'user_agent_mismatch'],
        [CHROME, '198.51.100.1', 'address_mismatch'],
        [CHROME, undefined, 'address_mismatch'],
      ] as const) {
        const headers = head({ token: old.token, userAgent, ...(address && { address }) })
        const answer = await it.sessions.rotate(headers)
        assert.deepEqual(answer, { status: 'denied', reason, clearsCookie: true })
      }
      assert.equal((await backend.fields(old.key)).size, 1)
    })

    test('an id in its grace is read from and asks for nothing', async () => {
      const it = open(backend)
      const userId = newUser()
      const [old, other] = [await signIn(it.sessions, { userId }), await signIn(it.sessions, { userId })]
      await it.sessions.writeData(old.headers, { text: 'x', version: 0 })
      const next = await rotate(it.sessions, old)
      assert.deepEqual(await it.sessions.touch(old.headers), done(0))
      assert.deepEqual(await it.sessions.rotate(old.headers), rotatedAway)
      assert.deepEqual(await it.sessions.revokeOthers(old.headers), rotatedAway)
      assert.deepEqual(await it.sessions.revokeByHandle(old.headers, other.session.handle), rotatedAway)
      assert.deepEqual(await it.sessions.writeData(old.headers, { text: 'y', version: 1 }), rotatedAway)
      assert.deepEqual(await it.sessions.readData(old.headers), { status: 'done', text: 'x', version: 1 })
      const renewed = await it.sessions.check(old.headers, { issue: true })
      assert.ok(renewed.status === 'active' && renewed.setCookie === null)
      for (const { headers } of [old, next]) {
        const listed = await it.sessions.list(headers)
        assert.deepEqual(listed.status === 'done' && listed.devices.map((it) => [it.handle, it.current]), [
          [next.session.handle, true],
          [other.session.handle, false],
        ])
      }
      assert.deepEqual(await living(it, [old, next, other]), [true, true, true])
    })

    // L12: whichever cookie the browser had
    test('signing out with any id of a session ends all of them, and no other session', async () => {
      const it = open(backend)
      for (const which of [0, 1, 2]) {
        const userId = newUser()
        const other = await signIn(it.sessions, { userId })
        const first = await signIn(it.sessions, { userId })
        const second = await rotate(it.sessions, first)
        const ids = [first, second, await rotate(it.sessions, second)]
        assert.deepEqual(await living(it, ids), [true, true, true])
        assert.deepEqual(await it.sessions.revokeCurrent(ids[which]?.headers ?? head({})), done(1))
        assert.deepEqual(await living(it, [...ids, other]), [false, false, false, true])
        assert.deepEqual([...(await backend.fields(other.key)).keys()], [other.field])
      }
    })

    test('an id past its grace ends itself alone', async () => {
      const it = open(backend)
      const old = await signIn(it.sessions)
      const next = await rotate(it.sessions, old)
      await shift(backend, old, { absolute_deadline: -10 })
      assert.deepEqual(await it.sessions.revokeCurrent(old.headers), done(0))
      assert.deepEqual(await living(it, [old, next]), [false, true])
    })

    test('a handle from before names the session still; all others and all end every id', async () => {
      const it = open(backend)
      const userId = newUser()
      const [other, old] = [await signIn(it.sessions, { userId }), await signIn(it.sessions, { userId })]
      const next = await rotate(it.sessions, old)
      assert.deepEqual(await it.sessions.revokeByHandle(other.headers, old.session.handle), done(1))
      assert.deepEqual(await living(it, [old, next, other]), [false, false, true])
      const third = await signIn(it.sessions, { userId })
      const fourth = await rotate(it.sessions, third)
      assert.deepEqual(await it.sessions.revokeOthers(other.headers), done(1))
      assert.deepEqual(await living(it, [third, fourth, other]), [false, false, true])
      const last = await rotate(it.sessions, other)
      assert.deepEqual(await it.sessions.revokeAll(userId), done(1))
      assert.deepEqual(await living(it, [other, last]), [false, false])
    })

    // L14
    test('an id in its grace does not count at the limit, and goes with the session that is evicted', async () => {
      const evict = open(backend, { sessionsPerUser: 2 })
      const userId = newUser()
      const old = await signIn(evict.sessions, { userId })
      const next = await rotate(evict.sessions, old)
      const second = await signIn(evict.sessions, { userId })
      assert.deepEqual(await living(evict, [old, next, second]), [true, true, true])
      await shift(backend, next, { last_seen: -60 })
      const third = await signIn(evict.sessions, { userId })
      assert.deepEqual(evict.events.at(-1), { type: 'created', userId, evicted: 1 })
      assert.deepEqual(await living(evict, [old, next, second, third]), [false, false, true, true])
      const refuse = open(backend, { sessionsPerUser: 2, atLimit: 'refuse' })
      await rotate(refuse.sessions, third)
      const refused = await refuse.sessions.create(head({}), userId)
      assert.deepEqual(refused, { status: 'refused', reason: 'limit_reached' })
    })

    test('leaves nothing behind once the grace has passed', async () => {
      const { sessions } = open(backend)
      let it = await signIn(sessions)
      for (let i = 0; i < 5; i += 1) {
        const next = await rotate(sessions, it)
        await shift(backend, it, { absolute_deadline: -10 })
        it = next
      }
      const last = await rotate(sessions, it)
      assert.deepEqual([...(await backend.fields(it.key)).keys()].sort(), [it.field, last.field].sort())
    })

    // R4, R9
    test('a hundred at once: one is done, the others are told, and one session lives', async () => {
      const { sessions } = open(backend, {}, 20_000)
      const old = await signIn(sessions)
      const answers = await Promise.all(Array.from({ length: 100 }, () => sessions.rotate(old.headers)))
      assert.equal(answers.filter(({ status }) => status === 'done').length, 1)
      assert.equal(answers.filter((it) => it.status === 'denied' && it.reason === 'rotated').length, 99)
      const records = [...(await backend.fields(old.key)).values()]
      assert.deepEqual(records.map((record) => part(record, 'state')).sort(), ['a', 'r'])
    })

    // R1: 0 resurrected
    test('against sign-outs at the same moment: nothing lives that was ended', async () => {
      const it = open(backend, {}, 20_000)
      for (let round = 0; round < 50; round += 1) {
        const old = await signIn(it.sessions)
        const [rotated, ended] = await Promise.all([
          it.sessions.rotate(old.headers),
          it.sessions.revokeCurrent(old.headers),
        ])
        assert.ok(rotated.status === 'done' || rotated.status === 'denied')
        assert.deepEqual(ended, done(1))
        assert.equal((await backend.fields(old.key)).size, 0)
      }
    })

    // Clients send a command again when its connection broke.
    test('the same rotation twice is one, and brings back nothing that has ended', async () => {
      const { sessions } = open(backend)
      const old = await signIn(sessions)
      await backend.clear()
      const next = await rotate(sessions, old)
      const [command] = (await backend.sent()).filter(({ name }) => name === 'EVALSHA')
      assert.ok(command)
      const again = () => {
        const args = [command.name, ...command.args]
        return backend.store().send(args, { key: old.key, write: true }) as Promise<unknown[]>
      }
      const stored = [...(await backend.fields(old.key))]
      assert.deepEqual((await again())[0], 1)
      assert.deepEqual([...(await backend.fields(old.key))], stored)
      await sessions.revokeCurrent(next.headers)
      assert.deepEqual((await again())[0], 0)
      assert.equal((await backend.fields(userKey(old.userId))).size, 0)
    })

    test('one look and one write; what breaks a rule is refused before either', async () => {
      const { sessions } = open(backend)
      const old = await signIn(sessions)
      await rotate(sessions, await signIn(sessions))
      await backend.clear()
      await assert.rejects(sessions.rotate(old.headers, { scope: 'a  b' }), /scope must be/)
      await assert.rejects(sessions.rotate(old.headers, { authLevel: 10 }), /level must be 0 to 9/)
      const forged = await sessions.rotate(head({ token: `${old.token}x` }))
      assert.equal(forged.status, 'denied')
      assert.deepEqual(await backend.sent(), [])
      await rotate(sessions, old)
      assert.deepEqual(
        (await backend.sent()).map(({ name }) => name),
        ['HMGET', 'EVALSHA'],
      )
    })
  })
}

function living({ sessions }: Opened, all: readonly SignedIn[]): Promise<boolean[]> {
  return Promise.all(all.map(async ({ headers }) => (await sessions.check(headers)).status === 'active'))
}
