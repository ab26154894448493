// Signing in: what is stored, under which names, for how long; and what is handed out.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { payloadOf } from '../../support/tokens.ts'
import type { Backend } from '../support/backend.ts'
import {
  CHROME,
  fieldOf,
  handleOf,
  head,
  newUser,
  number,
  open,
  part,
  recordOf,
  signIn,
  tokenOf,
  userKey,
  vectors,
} from '../support/session.ts'

export function createCases(backend: Backend): void {
  describe('signing in', () => {
    test('the names in the store are those of the vectors', () => {
      for (const it of vectors.users) assert.equal(userKey(it.user_id, it.key_prefix), it.key)
      for (const it of vectors.sessions) {
        assert.equal(fieldOf(it.session_id), it.field)
        assert.equal(handleOf(it.field), it.handle)
      }
    })

    test('a session that was created is active, and its record says what the answer says', async () => {
      const { sessions } = open(backend)
      const before = Date.now()
      const it = await signIn(sessions, { scope: 'read write' })
      const checked = await sessions.check(it.headers)
      assert.equal(checked.status, 'active')
      assert.deepEqual(checked.session, it.session)
      const { handle, createdAt, ...rest } = it.session
      assert.ok(createdAt >= before && createdAt <= Date.now())
      assert.equal(handle, handleOf(it.field))
      assert.deepEqual(rest, {
        userId: it.userId,
        scope: ['read', 'write'],
        lastSeenAt: Math.floor(createdAt / 1000) * 1000,
        expiresAt: (Math.floor(createdAt / 1000) + 43_200) * 1000,
        authLevel: 0,
      })
      const record = await recordOf(backend, it)
      assert.equal(record.length, vectors.length)
      assert.deepEqual(
        ['created', 'absolute_deadline', 'last_seen', 'idle', 'auth_level'].map((name) =>
          number(record, name),
        ),
        [createdAt, rest.expiresAt / 1000, rest.lastSeenAt / 1000, 1800, 0],
      )
      assert.deepEqual(
        ['version', 'state', 'user_agent_class', 'ipv4', 'ipv6', 'user_agent_hash', 'family', 'ip_match'].map(
          (name) => part(record, name),
        ),
        ['A', 'a', 'CLD', '......', '...........', '....', '....', '.'],
      )
    })

    // L17, T23
    test('what an application and the cookie get is a list of what is allowed', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      assert.deepEqual(Object.keys(it.session).sort(), [
        'authLevel',
        'createdAt',
        'expiresAt',
        'handle',
        'lastSeenAt',
        'scope',
        'userId',
      ])
      assert.deepEqual(Object.keys(payloadOf(it.token)), ['sid', 'sub', 'ua', 'iat', 'exp'])
    })

    test('the authentication level is stored and shown; what is none is refused', async () => {
      const { sessions } = open(backend)
      const userId = newUser()
      for (const authLevel of [0, 1, 9]) {
        const created = await sessions.create(head({}), userId, { authLevel })
        assert.ok(created.status === 'created')
        assert.equal(created.session.authLevel, authLevel)
      }
      for (const authLevel of [-1, 10, 255, 256, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
        await assert.rejects(sessions.create(head({}), userId, { authLevel }), /level must be 0 to 9/)
      }
      assert.equal((await backend.fields(userKey(userId))).size, 3)
    })

    // R11: -1, 0, +1 ms
    test("an authentication that began before a revocation in the application's row is refused, and a later one lives", async () => {
      const { sessions } = open(backend)
      const notBefore = Date.now() + 60_000
      for (const [by, refused] of [
        [-1, true],
        [0, true],
        [1, false],
      ] as const) {
        const created = await sessions.create(head({}), newUser(), {
          authenticatedAt: notBefore + by,
          notBefore,
        })
        assert.equal(created.status === 'refused' && created.reason === 'revoked_meanwhile', refused)
        if (created.status !== 'created') continue
        const headers = head({ token: tokenOf(created.setCookie) })
        assert.equal((await sessions.check(headers, { notBefore })).status, 'active')
      }
      // Rust has no such time.
      if (backend.isRust) return
      await assert.rejects(sessions.create(head({}), newUser(), { notBefore: Number.NaN }), {
        message: 'twogate: notBefore must be milliseconds since 1970',
      })
    })

    // L1, K12
    test('every sign-in has an id of its own', async () => {
      const { sessions } = open(backend, { sessionsPerUser: 100 })
      const userId = newUser()
      const all = await Promise.all(Array.from({ length: 40 }, () => signIn(sessions, { userId })))
      assert.equal(new Set(all.map(({ token }) => payloadOf(token).sid)).size, 40)
      assert.equal(new Set(all.map(({ session }) => session.handle)).size, 40)
      assert.equal((await backend.fields(userKey(userId))).size, 40)
    })

    test('user ids of every allowed shape have a hash of their own', async () => {
      const { sessions } = open(backend)
      const seed = newUser()
      const ids = [
        `${seed}}`,
        `{${seed}}`,
        `${seed} `,
        ` ${seed}`,
        `${seed}:*`,
        `${seed}*`,
        seed.padEnd(128, '~'),
        `${seed}\n`.trim(),
      ]
      const all = await Promise.all(ids.map((userId) => signIn(sessions, { userId })))
      assert.equal(new Set(all.map(({ key }) => key)).size, ids.length)
      for (const it of all) {
        const checked = await sessions.check(it.headers)
        assert.equal(checked.status === 'active' && checked.session.userId, it.userId)
        assert.equal((await backend.fields(it.key)).size, 1)
      }
    })

    test('a bad user id or scope is an error, and nothing is sent', async () => {
      const { sessions } = open(backend)
      await backend.clear()
      for (const userId of ['', 'a"b', 'a\\b', 'a\n', 'ü', '\u{1f600}', 'u'.repeat(129)]) {
        await assert.rejects(sessions.create(head({}), userId), /user id must be 1 to 128 printable ASCII/)
      }
      for (const scope of ['', ' ', 'a  b', 'a ', 'a"', 'ü', 's'.repeat(257)]) {
        await assert.rejects(sessions.create(head({}), newUser(), { scope }), /scope must be/)
      }
      assert.deepEqual(await backend.sent(), [])
    })

    // S3
    test('applications with prefixes of their own do not see each other', async () => {
      const userId = newUser()
      const [one, two] = [open(backend, { keyPrefix: 'one:' }), open(backend, { keyPrefix: 'two:' })]
      const it = await signIn(one.sessions, { userId })
      assert.deepEqual(await two.sessions.check(it.headers), {
        status: 'denied',
        reason: 'not_found',
        clearsCookie: true,
      })
      assert.equal((await one.sessions.check(it.headers)).status, 'active')
      assert.equal((await backend.fields(userKey(userId, 'one:'))).size, 1)
      assert.equal((await backend.fields(userKey(userId, 'two:'))).size, 0)
    })

    // T14
    test('an audience of its own makes the token of another noise', async () => {
      const it = await signIn(open(backend, { audience: 'one' }).sessions)
      const checked = await open(backend, { audience: 'two' }).sessions.check(it.headers)
      assert.deepEqual(checked, { status: 'denied', reason: 'unknown_key', clearsCookie: false })
    })

    // A value of Rust's is its owner's alone: what the driver brings over is a copy.
    if (!backend.isRust)
      test('answers are frozen', async () => {
        const { sessions } = open(backend)
        const it = await signIn(sessions, { scope: 'a b' })
        const checked = await sessions.check(it.headers)
        assert.ok(checked.status === 'active')
        for (const frozen of [it.session, it.session.scope, checked.session, checked.session.scope]) {
          assert.ok(Object.isFrozen(frozen))
        }
        assert.throws(() => Object.assign(checked.session, { userId: 'admin' }), TypeError)
      })

    test('each is told once', async () => {
      const { sessions, events } = open(backend)
      const it = await signIn(sessions, { userAgent: CHROME })
      await sessions.check(it.headers)
      await sessions.revokeCurrent(it.headers)
      await sessions.check(it.headers)
      assert.deepEqual(events, [
        { type: 'created', userId: it.userId, evicted: 0 },
        { type: 'revoked', count: 1 },
        { type: 'denied', reason: 'not_found' },
      ])
    })

    if (!backend.isRedis) return

    test('the key expires with the longest session, and later sign-ins never shorten that', async () => {
      const userId = newUser()
      const ttl = async () => Number(await backend.server?.command('TTL', userKey(userId)))
      const assertTtl = async (expected: number) => {
        const actual = await ttl()
        assert.ok(actual > expected - 10 && actual <= expected, `${actual} is not ${expected}`)
      }
      const short = open(backend, { absoluteTimeout: '1h' }).sessions
      const long = open(backend, { absoluteTimeout: '30d' }).sessions
      await signIn(short, { userId })
      await assertTtl(3_600)
      const it = await signIn(long, { userId })
      await assertTtl(30 * 86_400)
      await signIn(short, { userId })
      await assertTtl(30 * 86_400)
      await long.touch(it.headers)
      await assertTtl(30 * 86_400)
      await long.revokeOthers(it.headers)
      await assertTtl(30 * 86_400)
    })

    test('revoking all does not shorten the life of the key', async () => {
      const userId = newUser()
      await signIn(open(backend, { absoluteTimeout: '30d' }).sessions, { userId })
      await open(backend, { absoluteTimeout: '1h' }).sessions.revokeAll(userId)
      assert.ok(Number(await backend.server?.command('TTL', userKey(userId))) > 3_600)
    })
  })
}
