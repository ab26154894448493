// What an application is told beside its answers, and that nobody can change an answer.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Sessions } from 'twogate/dal'
import type { Backend } from '../support/backend.ts'
import { head, open, rotate, type SignedIn, shift, signIn } from '../support/session.ts'

export function eventCases(backend: Backend): void {
  /** Every operation of a session that asks for something. */
  const asks = (sessions: Sessions, { headers, session }: SignedIn) =>
    ({
      check: () => sessions.check(headers),
      list: () => sessions.list(headers),
      rotate: () => sessions.rotate(headers),
      'read data': () => sessions.readData(headers),
      'write data': () => sessions.writeData(headers, { text: 'x', version: 0 }),
      'revoke by handle': () => sessions.revokeByHandle(headers, session.handle),
      'revoke others': () => sessions.revokeOthers(headers),
    }) as const

  describe('events', () => {
    test('a refusal is told by every operation that asks for something', async () => {
      const { sessions, events } = open(backend)
      const it = await signIn(sessions)
      await shift(backend, it, { last_seen: -1_800 })
      for (const [name, ask] of Object.entries(asks(sessions, it))) {
        events.length = 0
        assert.equal((await ask()).status, 'denied', name)
        assert.deepEqual(events, [{ type: 'denied', reason: 'idle_timeout' }], name)
      }
      events.length = 0
      const forged = head({ token: `${it.token}x` })
      assert.equal((await sessions.touch(forged)).status, 'denied')
      assert.deepEqual(events, [{ type: 'denied', reason: 'malformed' }])
    })

    test('a browser without a session that signs out was refused nothing', async () => {
      const { sessions, events } = open(backend)
      assert.equal((await sessions.revokeCurrent(head({}))).status, 'denied')
      assert.deepEqual(events, [])
    })

    test('what went as it should is told where it changes sessions, and holds no secret', async () => {
      const { sessions, events } = open(backend)
      const it = await signIn(sessions)
      const next = await rotate(sessions, it)
      for (const ask of Object.values(asks(sessions, { ...it, ...next }))) await ask()
      await sessions.touch(it.headers)
      const types = events.map(({ type }) => type)
      assert.deepEqual(types, ['created', 'rotated', 'rotated', 'denied', 'denied', 'denied'])
      const told = JSON.stringify(events)
      for (const hidden of [it.token, next.token, it.field, next.field]) assert.ok(!told.includes(hidden))
    })
  })

  // A value of Rust's is its owner's alone: what the driver brings over is a copy.
  if (backend.isRust) return

  describe('answers', () => {
    // L17
    test('are frozen to the last part', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions, { scope: 'read' })
      const answers = [
        await sessions.create(head({}), it.userId),
        await sessions.rotate((await signIn(sessions)).headers),
        await sessions.check(it.headers, { data: true }),
        await sessions.list(it.headers),
        await sessions.readData(it.headers),
        await sessions.writeData(it.headers, { text: 'x', version: 0 }),
      ]
      for (const answer of answers) assertFrozen(answer)
      const listed = answers[3]
      assert.ok(listed?.status === 'done' && 'devices' in listed && listed.devices.length === 2)
      assert.throws(() => Object.assign(listed.devices[0] ?? {}, { handle: '' }), TypeError)
    })
  })
}

function assertFrozen(part: unknown): void {
  if (part === null || typeof part !== 'object') return
  assert.ok(Object.isFrozen(part), JSON.stringify(part))
  Object.values(part).forEach(assertFrozen)
}
