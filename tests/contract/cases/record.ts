// Records that are not as they should be: denied with the reason, by the check; left out of the list; never adopted.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Backend } from '../support/backend.ts'
import { newUser, open, recordOf, replaced, signIn, vectors } from '../support/session.ts'

export function recordCases(backend: Backend): void {
  describe('odd records', () => {
    // R13: a swapped reply, or one copied by hand
    test("another session's record under our field is foreign, and keeps its cookie's session out", async () => {
      const { sessions } = open(backend)
      const userId = newUser()
      const [mine, theirs] = [await signIn(sessions, { userId }), await signIn(sessions)]
      await backend.put(mine.key, mine.field, await recordOf(backend, theirs))
      assert.deepEqual(await sessions.check(mine.headers), {
        status: 'denied',
        reason: 'foreign_record',
        clearsCookie: true,
      })
      assert.equal((await sessions.check(theirs.headers)).status, 'active')
    })

    // The store in memory takes only what it can read.
    if (!backend.isRedis) return

    // S16, S17, R14
    for (const it of [
      ...vectors.refused,
      { name: 'spaces', text: ' '.repeat(64), reason: 'corrupt_record' },
      { name: '64 bytes beyond ASCII', text: 'ü'.repeat(32), reason: 'corrupt_record' },
      { name: '1 MB', text: 'A'.repeat(1 << 20), reason: 'corrupt_record' },
      { name: 'a number', text: '1', reason: 'corrupt_record' },
      { name: 'JSON null', text: 'null', reason: 'corrupt_record' },
      { name: 'version Z', text: `Z${'.'.repeat(63)}`, reason: 'unsupported_record' },
    ]) {
      test(`${it.name}: ${it.reason}`, async () => {
        const { sessions, events } = open(backend)
        const signedIn = await signIn(sessions)
        events.length = 0
        await backend.put(signedIn.key, signedIn.field, it.text)
        const clearsCookie = it.reason !== 'unsupported_record'
        const checked = await sessions.check(signedIn.headers)
        if (backend.readsJson && isJson(it.text)) return assert.notEqual(checked.status, 'active')
        assert.deepEqual(checked, { status: 'denied', reason: it.reason, clearsCookie })
        assert.deepEqual(events, [{ type: 'denied', reason: it.reason }])
        assert.deepEqual(await sessions.touch(signedIn.headers), { status: 'done', count: 0 })
        const other = await signIn(sessions, { userId: signedIn.userId })
        const listed = await sessions.list(other.headers)
        assert.deepEqual(listed.status === 'done' && listed.devices.map(({ handle }) => handle), [
          other.session.handle,
        ])
      })
    }

    test('each part that is read, broken by itself', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      const good = await recordOf(backend, it)
      for (const [name, [, length]] of Object.entries(vectors.offsets)) {
        if (['version', 'family', 'id_check', 'user_agent_hash'].includes(name)) continue
        await backend.put(it.key, it.field, replaced(good, name, '"'.repeat(length)))
        const checked = await sessions.check(it.headers)
        assert.equal(checked.status === 'denied' && checked.reason, 'corrupt_record', name)
      }
      await backend.put(it.key, it.field, good)
      assert.equal((await sessions.check(it.headers)).status, 'active')
    })

    test('a session replaced by rotation lives until its moved deadline, is not listed, and is then called rotated', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      const rotated = replaced(await recordOf(backend, it), 'state', 'r')
      const now = Math.floor(Date.now() / 1000)
      await backend.put(it.key, it.field, replaced(rotated, 'absolute_deadline', now + 10))
      assert.equal((await sessions.check(it.headers)).status, 'active')
      const listed = await sessions.list(it.headers)
      assert.ok(listed.status !== 'done' || listed.devices.length === 0)
      await backend.put(it.key, it.field, replaced(rotated, 'absolute_deadline', now))
      assert.deepEqual(await sessions.check(it.headers), {
        status: 'denied',
        reason: 'rotated',
        clearsCookie: false,
      })
    })

    test('a not-before time that cannot be read denies: it does not let in', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      for (const odd of ['', 'E', 'x', '1', 'E00000000', 'E0000000000', 'E00000000-', 'F000000001']) {
        await backend.put(it.key, 'e', odd)
        const checked = await sessions.check(it.headers)
        if (backend.readsJson && isJson(odd)) assert.notEqual(checked.status, 'active')
        else assert.equal(checked.status === 'denied' && checked.reason, 'corrupt_record', odd)
      }
    })

    test('fields of a stranger in the hash are no sessions', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      for (const field of ['', 'x', 'E', 'data', 's', 'sshort']) await backend.put(it.key, field, 'foreign')
      assert.equal((await sessions.check(it.headers)).status, 'active')
      const listed = await sessions.list(it.headers)
      assert.equal(listed.status === 'done' && listed.devices.length, 1)
      await signIn(sessions, { userId: it.userId })
    })
  })
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
