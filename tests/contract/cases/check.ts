// The full check: one command, nothing for what is forged, and a definite answer.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aged, flipped, payloadOf, sign, signingKey } from '../../support/tokens.ts'
import type { Backend } from '../support/backend.ts'
import { head, newUser, open, secret, signIn, tokenOf, userKey } from '../support/session.ts'

const key = signingKey(secret)
const notFound = { status: 'denied', reason: 'not_found', clearsCookie: true }

export function checkCases(backend: Backend): void {
  describe('the full check', () => {
    test('is one HMGET and nothing else', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      await backend.clear()
      for (let i = 0; i < 5; i += 1) await sessions.check(it.headers)
      const sent = (await backend.sent()).map(({ name, args }) => [name, ...args])
      assert.deepEqual(sent, Array(5).fill(['HMGET', it.key, it.field, 'e']))
    })

    test('is one HMGET also where the answer is no, and where a new token is asked for', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      await sessions.revokeCurrent(it.headers)
      await backend.clear()
      await sessions.check(it.headers)
      await sessions.check(it.headers, { issue: true })
      assert.deepEqual(
        (await backend.sent()).map(({ name }) => name),
        ['HMGET', 'HMGET'],
      )
    })

    // T26, A5
    test('a forged token, or none, sends no command: neither a check nor any other operation', async () => {
      const { sessions } = open(backend)
      const { token } = await signIn(sessions)
      const payload = payloadOf(token)
      const stranger = signingKey(
        Buffer.from(Array.from({ length: 32 }, (_, i) => (i * 89 + i * i * 7 + 13) & 255)).toString(
          'base64url',
        ),
      )
      const forged: readonly (readonly [reason: string, headers: Headers])[] = [
        ['no_cookie', head({})],
        ['malformed', head({ token: '' })],
        ['malformed', head({ token: 'x' })],
        ['malformed', head({ token: payload.sid })],
        ['bad_signature', head({ token: flipped(token, 'payload', 100) })],
        ['bad_signature', head({ token: flipped(token, 'signature', 0) })],
        ['bad_signature', head({ token: sign(payload, { ...stranger, kid: key.kid }) })],
        ['unknown_key', head({ token: sign(payload, stranger) })],
        ['too_old', head({ token: aged(token, 43_200, key) })],
        ['issued_in_future', head({ token: aged(token, -600, key) })],
        ['life_too_long', head({ token: sign({ ...payload, exp: payload.iat + 3601 }, key) })],
        ['too_long', head({ token: token + 'A'.repeat(1024) })],
        ['duplicate_cookie', new Headers({ cookie: `__Host-session=${token}; __Host-session=${token}` })],
        ['no_cookie', new Headers({ cookie: `session=${token}`, authorization: `Bearer ${token}` })],
      ]
      await backend.clear()
      for (const [reason, headers] of forged) {
        for (const answer of [
          await sessions.check(headers),
          await sessions.check(headers, { issue: true }),
          await sessions.touch(headers),
          await sessions.revokeCurrent(headers),
          await sessions.revokeByHandle(headers, 'x'.repeat(16)),
          await sessions.revokeOthers(headers),
          await sessions.list(headers),
        ]) {
          assert.equal(answer.status === 'denied' && answer.reason, reason)
        }
      }
      assert.deepEqual(await backend.sent(), [])
    })

    // L3: Django CVE-2015-5143, Fiber CVE-2024-38513
    test('an id that nobody was given is denied, and no operation creates anything for it', async () => {
      const { sessions } = open(backend)
      const { token } = await signIn(sessions)
      const userId = newUser()
      const headers = head({ token: sign({ ...payloadOf(token), sub: userId }, key) })
      assert.deepEqual(await sessions.check(headers), notFound)
      assert.deepEqual(await sessions.touch(headers), { status: 'done', count: 0 })
      assert.deepEqual(await sessions.revokeCurrent(headers), { status: 'done', count: 0 })
      assert.deepEqual(await sessions.revokeOthers(headers), notFound)
      assert.deepEqual(await sessions.revokeByHandle(headers, 'x'.repeat(16)), notFound)
      assert.equal((await backend.fields(userKey(userId))).size, 0)
      if (backend.server) assert.equal(await backend.server.command('EXISTS', userKey(userId)), 0)
    })

    test("another user's name on a living id finds nothing", async () => {
      const { sessions } = open(backend)
      const [mine, theirs] = [await signIn(sessions), await signIn(sessions)]
      const crossed = head({ token: sign({ ...payloadOf(mine.token), sub: theirs.userId }, key) })
      assert.deepEqual(await sessions.check(crossed), notFound)
      assert.equal((await sessions.check(mine.headers)).status, 'active')
    })

    test('a stale token is a living session: it is told, and a new token is issued where asked for', async () => {
      const { sessions } = open(backend)
      const it = await signIn(sessions)
      const headers = head({ token: aged(it.token, 600, key) })
      const checked = await sessions.check(headers)
      assert.ok(checked.status === 'active' && checked.stale && checked.setCookie === null)
      const renewed = await sessions.check(headers, { issue: true })
      assert.ok(renewed.status === 'active' && renewed.setCookie !== null)
      const token = tokenOf(renewed.setCookie)
      const { sid, sub, exp, iat } = payloadOf(token)
      assert.deepEqual([sid, sub, exp - iat], [payloadOf(it.token).sid, it.userId, 300])
      const again = await sessions.check(head({ token }))
      assert.ok(again.status === 'active' && !again.stale)
      assert.deepEqual(again.session, it.session)
    })

    test('no token outlives the absolute deadline', async () => {
      const { sessions } = open(backend, { idleTimeout: '60s', absoluteTimeout: '60s', tokenLife: '60s' })
      const it = await signIn(sessions)
      const checked = await sessions.check(it.headers, { issue: true })
      assert.ok(checked.status === 'active' && checked.setCookie !== null)
      const { exp } = payloadOf(tokenOf(checked.setCookie))
      assert.equal(exp * 1000, it.session.expiresAt)
      assert.ok(Number(/Max-Age=(\d+)/.exec(checked.setCookie)?.[1]) <= 60)
    })

    test('many at once: each answer is that of its own session', async () => {
      const { sessions } = open(backend, {}, 20_000)
      const all = await Promise.all(Array.from({ length: 20 }, () => signIn(sessions)))
      const answers = await Promise.all(
        Array.from({ length: 400 }, (_, i) => all[i % all.length]).map(async (it) => {
          assert.ok(it)
          const checked = await sessions.check(it.headers)
          return (
            checked.status === 'active' &&
            checked.session.handle === it.session.handle &&
            checked.session.userId === it.userId
          )
        }),
      )
      assert.ok(answers.every(Boolean))
    })

    // K5
    test('a secret in rotation: the old one verifies, the new one signs', async () => {
      const next = signingKeySecret()
      const before = await signIn(open(backend).sessions)
      const both = open(backend, { secret: [next, secret] }).sessions
      assert.equal((await both.check(before.headers)).status, 'active')
      const renewed = await both.check(before.headers, { issue: true })
      assert.ok(renewed.status === 'active' && renewed.setCookie)
      const after = open(backend, { secret: next }).sessions
      assert.equal((await after.check(head({ token: tokenOf(renewed.setCookie) }))).status, 'active')
      assert.deepEqual(await after.check(before.headers), {
        status: 'denied',
        reason: 'unknown_key',
        clearsCookie: false,
      })
    })
  })
}

function signingKeySecret(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
}
