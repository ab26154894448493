// Application data: comes back as it was written, never over another write, and is gone with its session.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Backend } from '../support/backend.ts'
import { head, newUser, open, rotate, type SignedIn, shift, signIn } from '../support/session.ts'

const dataField = (it: SignedIn) => `d${it.field.slice(1)}`

export function dataCases(backend: Backend): void {
  describe('application data', () => {
    test('nothing was written: empty, version 0', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      assert.deepEqual(await sessions.readData(it.headers), { status: 'done', text: '', version: 0 })
    })

    // Clients that take text for JSON, numbers or bytes garble what is not our envelope.
    test('comes back as it was written, whatever a client could take it for', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      const texts = [
        '{"theme":"dark","cart":[1,2,3]}',
        '[]',
        '""',
        '"quoted"',
        'null',
        'true',
        '1',
        '0010667700',
        '1e400',
        '',
        ' ',
        'OK',
        'QUEUED',
        '100 % %41 %',
        'Grüße, 世界, 🦀, \u0000, \u001f, \u007f, \u2028',
        '\r\n+OK\r\n$-1\r\n',
        "'); redis.call('FLUSHALL') --",
        'D0000001x',
        'x'.repeat(4088),
        'ü'.repeat(681),
      ]
      for (const [version, text] of texts.entries()) {
        const written = await sessions.writeData(it.headers, { text, version })
        assert.deepEqual(written, { status: 'done', version: version + 1 }, text)
        const data = { text, version: version + 1 }
        assert.deepEqual(await sessions.readData(it.headers), { status: 'done', ...data })
        const checked = await sessions.check(it.headers, { data: true })
        assert.deepEqual(checked.status === 'active' && checked.data, data)
        const stored = (await backend.fields(it.key)).get(dataField(it)) ?? ''
        assert.match(stored, /^D[0-9a-z]{7}[ -~]*$/)
        assert.ok(stored.length <= 4096)
      }
    })

    test('comes with the check in one command, and only where it is asked for', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      await backend.clear()
      const plain = await sessions.check(it.headers)
      const full = await sessions.check(it.headers, { data: true })
      await sessions.readData(it.headers)
      assert.ok(plain.status === 'active' && full.status === 'active')
      assert.deepEqual([plain.data, full.data], [null, { text: '', version: 0 }])
      assert.deepEqual(
        (await backend.sent()).map(({ name, args }) => [name, args.length]),
        [
          ['HMGET', 3],
          ['HMGET', 4],
          ['HMGET', 4],
        ],
      )
    })

    // R7
    test('of writes that read the same version one is done, the others are told what is there', async () => {
      const { sessions } = open(backend, {}, 20_000)
      const it = await signIn(sessions)
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, i) => sessions.writeData(it.headers, { text: `${i}`, version: 0 })),
      )
      const winner = answers.findIndex(({ status }) => status === 'done')
      const there = { text: `${winner}`, version: 1 }
      for (const [i, answer] of answers.entries()) {
        assert.deepEqual(
          answer,
          i === winner ? { status: 'done', version: 1 } : { status: 'conflict', ...there },
        )
      }
      assert.deepEqual(await sessions.readData(it.headers), { status: 'done', ...there })
    })

    test('forty that add one to what they read, again until it is written, lose none', async () => {
      const { sessions } = open(backend, {}, 20_000)
      const it = await signIn(sessions)
      const add = async (): Promise<void> => {
        const read = await sessions.readData(it.headers)
        assert.ok(read.status === 'done')
        const text = `${Number(read.text) + 1}`
        const written = await sessions.writeData(it.headers, { text, version: read.version })
        if (written.status === 'conflict') return add()
        assert.equal(written.status, 'done')
      }
      await Promise.all(Array.from({ length: 40 }, add))
      assert.deepEqual(await sessions.readData(it.headers), { status: 'done', text: '40', version: 40 })
    })

    // R1
    test('of a session that is not alive is neither read nor written, and the reason is told', async () => {
      const { sessions, events } = open(backend)
      for (const [changes, reason] of [
        [{ last_seen: -1_800 }, 'idle_timeout'],
        [{ absolute_deadline: -43_200 }, 'absolute_timeout'],
      ] as const) {
        const it = await signIn(sessions)
        await shift(backend, it, changes)
        const denied = { status: 'denied', reason, clearsCookie: true }
        assert.deepEqual(await sessions.writeData(it.headers, { text: 'x', version: 0 }), denied)
        assert.deepEqual(events.at(-1), { type: 'denied', reason })
        assert.deepEqual(await sessions.readData(it.headers), denied)
        assert.equal((await backend.fields(it.key)).has(dataField(it)), false)
      }
      const it = await signIn(sessions)
      await sessions.revokeCurrent(it.headers)
      const gone = { status: 'denied', reason: 'not_found', clearsCookie: true }
      assert.deepEqual(await sessions.writeData(it.headers, { text: 'x', version: 0 }), gone)
      assert.deepEqual(await sessions.readData(it.headers), gone)
      assert.equal((await backend.fields(it.key)).size, 0)
    })

    // -1, 0, +1 ms
    test("of a session that is revoked in the application's row, or by configuration, is not written", async () => {
      const { sessions } = open(backend)
      for (const [by, alive] of [
        [-1, true],
        [0, false],
        [1, false],
      ] as const) {
        const it = await signIn(sessions)
        const notBefore = it.session.createdAt + by
        const own = await sessions.writeData(it.headers, { text: 'x', version: 0 }, { notBefore })
        assert.equal(own.status === 'done', alive)
        const configured = open(backend, { notBefore }).sessions
        const answer = await configured.writeData(it.headers, { text: 'x', version: alive ? 1 : 0 })
        assert.equal(answer.status === 'done', alive)
        if (!alive) assert.deepEqual(answer, { status: 'denied', reason: 'revoked', clearsCookie: true })
      }
    })

    test('is gone with its session, whatever ends it', async () => {
      const ends = {
        'sign-out': ({ sessions }, it) => sessions.revokeCurrent(it.headers),
        'by handle': ({ sessions }, it, other) => sessions.revokeByHandle(other.headers, it.session.handle),
        others: ({ sessions }, _, other) => sessions.revokeOthers(other.headers),
        all: ({ sessions }, it) => sessions.revokeAll(it.userId),
        eviction: async ({ sessions }, it) => {
          await shift(backend, it, { last_seen: -60 })
          await signIn(sessions, { userId: it.userId })
        },
        pruning: async ({ sessions }, it) => {
          await shift(backend, it, { last_seen: -1_800 })
          await signIn(sessions, { userId: it.userId })
        },
      } satisfies Record<
        string,
        (opened: ReturnType<typeof open>, it: SignedIn, other: SignedIn) => Promise<unknown>
      >
      for (const [name, end] of Object.entries(ends)) {
        const opened = open(backend, { sessionsPerUser: 2 })
        const userId = newUser()
        const it = await signIn(opened.sessions, { userId })
        const other = await signIn(opened.sessions, { userId })
        // The store in memory ages a record by writing it anew, which takes its data away.
        if (backend.isRedis || !['eviction', 'pruning'].includes(name)) {
          await opened.sessions.writeData(it.headers, { text: 'x', version: 0 })
          assert.ok((await backend.fields(it.key)).has(dataField(it)))
        }
        await end(opened, it, other)
        const left = [...(await backend.fields(it.key)).keys()]
        assert.ok(!left.includes(it.field) && !left.includes(dataField(it)), name)
      }
    })

    test('moves along with a rotation', async () => {
      const { sessions } = open(backend)
      const old = await signIn(sessions)
      await sessions.writeData(old.headers, { text: 'one', version: 0 })
      const next = await rotate(sessions, old)
      await sessions.writeData(next.headers, { text: 'two', version: 1 })
      assert.deepEqual(await sessions.readData(next.headers), { status: 'done', text: 'two', version: 2 })
      assert.deepEqual(await sessions.readData(old.headers), { status: 'done', text: 'one', version: 1 })
      await sessions.revokeCurrent(old.headers)
      assert.equal((await backend.fields(old.key)).size, 0)
    })

    // L20
    test('above 4 kB is refused by its length, and nothing is sent', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      await backend.clear()
      for (const text of ['x'.repeat(4_089), 'ü'.repeat(682), 'x'.repeat(1 << 20)]) {
        const written = sessions.writeData(it.headers, { text, version: 0 })
        await assert.rejects(written, /session data must be at most 4096 bytes as stored/)
      }
      // Rust has no such versions.
      const odd = backend.isRust ? [] : [-1, 0.5, Number.NaN, 2 ** 60, Number.POSITIVE_INFINITY]
      for (const version of odd) {
        const written = sessions.writeData(it.headers, { text: 'x', version })
        await assert.rejects(written, { name: 'TypeError', message: /version must be the one that was read/ })
      }
      assert.deepEqual(await backend.sent(), [])
    })

    test('nothing is asked of the store for a token that fails the first check', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      await backend.clear()
      for (const headers of [head({}), head({ token: `${it.token}x` })]) {
        assert.equal((await sessions.readData(headers)).status, 'denied')
        assert.equal((await sessions.writeData(headers, { text: 'x', version: 0 })).status, 'denied')
      }
      assert.deepEqual(await backend.sent(), [])
    })

    if (!backend.isRedis) return

    // S17
    test('that was not written so denies, and opens nothing', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      for (const odd of ['', 'x', 'D', 'D000000', '{}', 'D0000001%', 'D0000001%41', 'E0000001x']) {
        await backend.put(it.key, dataField(it), odd)
        const read = await sessions.readData(it.headers)
        // A client that takes `{}` for JSON has garbled it already.
        assert.ok(read.status !== 'done', odd)
        if (!backend.readsJson) assert.ok(read.status === 'denied' && read.reason === 'corrupt_record', odd)
        assert.equal((await sessions.check(it.headers)).status, 'active')
      }
    })
  })
}
