// Ending sessions: this one, one by its handle, all others. Each is dead at the next check.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Backend } from '../support/backend.ts'
import { newUser, type Opened, open, type SignedIn, shift, signIn } from '../support/session.ts'

const done = (count: number) => ({ status: 'done', count })

export function revokeCases(backend: Backend): void {
  describe('revocation', () => {
    test('of this session ends it and no other, once', async () => {
      const it = open(backend)
      const [first, ...others] = await three(it)
      assert.deepEqual(await it.sessions.revokeCurrent(first.headers), done(1))
      assert.deepEqual(await living(it, [first, ...others]), [false, true, true])
      assert.deepEqual(await it.sessions.revokeCurrent(first.headers), done(0))
      assert.deepEqual(await it.sessions.check(first.headers), {
        status: 'denied',
        reason: 'not_found',
        clearsCookie: true,
      })
    })

    test('by handle ends that one of the own sessions, once', async () => {
      const it = open(backend)
      const all = await three(it)
      assert.deepEqual(await it.sessions.revokeByHandle(all[0].headers, all[1].session.handle), done(1))
      assert.deepEqual(await living(it, all), [true, false, true])
      assert.deepEqual(await it.sessions.revokeByHandle(all[0].headers, all[1].session.handle), done(0))
      assert.deepEqual(await it.sessions.revokeByHandle(all[0].headers, all[0].session.handle), done(1))
      assert.deepEqual(await living(it, all), [false, false, true])
    })

    // L12, better-auth GHSA-2vg6-77g8-24mp
    test("another user's handle ends nothing", async () => {
      const it = open(backend)
      const [mine, theirs] = [await signIn(it.sessions), await signIn(it.sessions)]
      assert.deepEqual(await it.sessions.revokeByHandle(mine.headers, theirs.session.handle), done(0))
      assert.deepEqual(await living(it, [mine, theirs]), [true, true])
    })

    test('what is no handle ends nothing', async () => {
      const it = open(backend)
      const mine = await signIn(it.sessions)
      for (const odd of [
        '',
        'e',
        mine.field,
        mine.userId,
        mine.token,
        '*',
        mine.session.handle.slice(1),
        `${mine.session.handle} `,
        '\ud800',
        'x'.repeat(1 << 16),
      ]) {
        assert.deepEqual(await it.sessions.revokeByHandle(mine.headers, odd), done(0))
      }
      assert.deepEqual(await living(it, [mine]), [true])
    })

    test('of all others ends all others, and nobody of another user', async () => {
      const it = open(backend)
      const all = await three(it)
      const stranger = await signIn(it.sessions)
      assert.deepEqual(await it.sessions.revokeOthers(all[1].headers), done(2))
      assert.deepEqual(await living(it, [...all, stranger]), [false, true, false, true])
      assert.deepEqual(await it.sessions.revokeOthers(all[1].headers), done(0))
    })

    test('takes the data beside a record along, and leaves the not-before time', async () => {
      const it = open(backend)
      const userId = newUser()
      await it.sessions.revokeAll(userId)
      const [first, second, third] = await three(it, { userId, authenticatedAt: Date.now() + 1 })
      const data = (session: SignedIn) => `d${session.field.slice(1)}`
      if (backend.isRedis) {
        for (const session of [first, second, third]) await backend.put(session.key, data(session), '{}')
      }
      await it.sessions.revokeOthers(first.headers)
      const kept = backend.isRedis ? ['e', first.field, data(first)] : ['e', first.field]
      assert.deepEqual([...(await backend.fields(first.key)).keys()].sort(), kept.sort())
      assert.deepEqual(await it.sessions.revokeCurrent(first.headers), done(1))
      assert.deepEqual([...(await backend.fields(first.key)).keys()], ['e'])
    })

    test('is told with how many ended, and not where none did', async () => {
      const it = open(backend)
      const [first] = await three(it)
      it.events.length = 0
      await it.sessions.revokeOthers(first.headers)
      await it.sessions.revokeOthers(first.headers)
      await it.sessions.revokeCurrent(first.headers)
      assert.deepEqual(it.events, [
        { type: 'revoked', count: 2 },
        { type: 'revoked', count: 1 },
      ])
    })

    // A stolen token that was ended must not end the sessions of its owner.
    test('by a session that is itself dead ends nothing', async () => {
      const it = open(backend)
      const [thief, ...owner] = await three(it)
      await it.sessions.revokeByHandle(owner[0].headers, thief.session.handle)
      await it.sessions.revokeOthers(thief.headers)
      await it.sessions.revokeByHandle(thief.headers, owner[0].session.handle)
      assert.deepEqual(await living(it, owner), [true, true])
    })

    test('by a session past its idle timeout, whose record is still there, ends nothing', async () => {
      const it = open(backend)
      const [late, ...owner] = await three(it)
      await shift(backend, late, { last_seen: -1_800 })
      await it.sessions.revokeOthers(late.headers)
      assert.deepEqual(await living(it, owner), [true, true], 'by revokeOthers')
      await it.sessions.revokeByHandle(late.headers, owner[0].session.handle)
      assert.deepEqual(await living(it, owner), [true, true], 'by revokeByHandle')
    })

    if (!backend.isRedis) return

    // S4
    test('after SCRIPT FLUSH works as before', async () => {
      const it = open(backend)
      const all = await three(it)
      await backend.server?.command('SCRIPT', 'FLUSH')
      assert.deepEqual(await it.sessions.revokeOthers(all[0].headers), done(2))
      await backend.server?.command('SCRIPT', 'FLUSH')
      assert.deepEqual(await it.sessions.revokeAll(all[0].userId), done(1))
      assert.deepEqual(await living(it, all), [false, false, false])
    })

    test('of this session is one command; by handle one look and one command', async () => {
      const it = open(backend)
      const [first, second] = await three(it)
      await it.sessions.revokeCurrent((await signIn(it.sessions)).headers)
      await backend.clear()
      await it.sessions.revokeByHandle(first.headers, second.session.handle)
      await it.sessions.revokeCurrent(first.headers)
      assert.deepEqual(
        (await backend.sent()).map(({ name }) => name),
        ['HGETALL', 'EVALSHA', 'EVALSHA'],
      )
    })
  })
}

async function three(
  { sessions }: Opened,
  from: { readonly userId?: string; readonly authenticatedAt?: number } = {},
): Promise<readonly [SignedIn, SignedIn, SignedIn]> {
  const of = { userId: newUser(), ...from }
  return [await signIn(sessions, of), await signIn(sessions, of), await signIn(sessions, of)]
}

function living({ sessions }: Opened, all: readonly SignedIn[]): Promise<boolean[]> {
  return Promise.all(all.map(async ({ headers }) => (await sessions.check(headers)).status === 'active'))
}
