// What one implementation wrote the other reads: JavaScript and Rust on the same Redis, field by field.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createClient } from 'redis'
import { defineSession } from 'twogate'
import { createSessions, type SessionEvent, type Sessions } from 'twogate/dal'
import { nodeRedis, redisStore } from 'twogate/redis'
import { RustDriver } from '../contract/support/rust.ts'
import {
  CHROME,
  FIREFOX,
  fieldOf,
  head,
  IPHONE,
  newUser,
  number,
  part,
  rotate,
  type SignedIn,
  secret,
  signIn,
  tokenOf,
  userKey,
  vectors,
} from '../contract/support/session.ts'
import { RedisServer } from '../support/redis.ts'
import { aged, payloadOf, signingKey } from '../support/tokens.ts'

const TIMES = ['created', 'absolute_deadline', 'last_seen']
const config = defineSession({
  secret,
  clientAddress: { forwardedFor: { hops: 1 } },
  binding: { userAgent: 'strict', ip: 'report' },
})

describe('what one implementation writes the other reads', () => {
  let server: RedisServer
  let driver: RustDriver
  let client: ReturnType<typeof createClient>
  const events = { JavaScript: [] as SessionEvent[], Rust: [] as SessionEvent[] }
  const made: Partial<Record<'JavaScript' | 'Rust', Sessions>> = {}
  const pairs = [
    ['JavaScript', 'Rust'],
    ['Rust', 'JavaScript'],
  ] as const

  before(async () => {
    server = await RedisServer.start()
    driver = new RustDriver()
    client = createClient({ url: server.url })
    const store = redisStore(nodeRedis(client))
    await client.connect()
    made.JavaScript = createSessions(config, { store, onEvent: (event) => events.JavaScript.push(event) })
    const at = { url: server.url, timeout: 5_000 }
    made.Rust = driver.sessions(config, at, (event) => events.Rust.push(event))
  })
  after(async () => {
    client.destroy()
    await driver.close()
    await server.close()
  })

  function sessions(name: 'JavaScript' | 'Rust'): Sessions {
    const found = made[name]
    assert.ok(found)
    return found
  }

  async function fields(key: string): Promise<ReadonlyMap<string, string>> {
    const flat = (await server.command('HGETALL', key)) as string[]
    return new Map(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1] ?? ''] as const] : [])))
  }

  async function record(it: SignedIn): Promise<string> {
    const found = (await fields(it.key)).get(it.field)
    assert.ok(found)
    return found
  }

  test('the same sign-in is the same record, under the same names, in the same cookie', async () => {
    for (const [userAgent, address] of [
      [CHROME, '203.0.113.77'],
      [IPHONE, '2001:db8:0:7::1'],
      ['', undefined],
    ] as const) {
      const both = []
      for (const [name] of pairs) {
        const from = { userAgent, ...(address !== undefined && { address }) }
        const created = await sessions(name).create(head(from), newUser(), { scope: 'read write' })
        assert.ok(created.status === 'created')
        const { sid, sub, iat, exp, ...claims } = payloadOf(tokenOf(created.setCookie))
        const stored = await fields(userKey(sub))
        assert.deepEqual([...stored.keys()], [fieldOf(sid)])
        const text = stored.get(fieldOf(sid)) ?? ''
        assert.equal(text.length, vectors.length)
        assert.ok(Math.abs(number(text, 'created') - Date.now()) < 5_000)
        assert.equal(number(text, 'absolute_deadline') - number(text, 'last_seen'), 43_200)
        const parts = Object.keys(vectors.offsets).filter((it) => !TIMES.includes(it) && it !== 'id_check')
        both.push({
          parts: parts.map((it) => [it, part(text, it)]),
          claims,
          life: exp - iat,
          attributes: created.setCookie.slice(created.setCookie.indexOf(';')),
          ttl: Number(await server.command('TTL', userKey(sub))) > 43_190,
        })
      }
      assert.deepEqual(both[0], both[1], userAgent)
    }
  })

  for (const [writer, reader] of pairs) {
    test(`${writer} signs in, ${reader} checks: the same answer to the last member`, async () => {
      const it = await signIn(sessions(writer), { scope: 'a b', address: '203.0.113.77' })
      for (const headers of [
        it.headers,
        head({ token: it.token, address: '198.51.100.1' }),
        head({ token: it.token, userAgent: FIREFOX, address: '203.0.113.77' }),
        head({ token: aged(it.token, 600, signingKey(secret)), address: '203.0.113.77' }),
        head({ token: `${it.token}x`, address: '203.0.113.77' }),
      ]) {
        events.JavaScript.length = events.Rust.length = 0
        const [own, others] = [await sessions(writer).check(headers), await sessions(reader).check(headers)]
        assert.deepEqual(others, own)
        assert.deepEqual(events.Rust, events.JavaScript)
      }
      const checked = await sessions(reader).check(it.headers)
      assert.ok(checked.status === 'active')
      assert.deepEqual(checked.session, it.session)
    })

    test(`${writer} signs in, ${reader} renews, touches and lists`, async () => {
      const it = await signIn(sessions(writer), { address: '203.0.113.77' })
      const renewed = await sessions(reader).check(it.headers, { issue: true })
      assert.ok(renewed.status === 'active' && renewed.setCookie !== null)
      const again = head({ token: tokenOf(renewed.setCookie), address: '203.0.113.77' })
      assert.equal((await sessions(writer).check(again)).status, 'active')

      const before = await record(it)
      const [start, length] = vectors.offsets['last_seen'] ?? [0, 0]
      const earlier = (number(before, 'last_seen') - 600).toString(36).padStart(length, '0')
      const late = before.slice(0, start) + earlier + before.slice(start + length)
      await server.command('HSET', it.key, it.field, late)
      const checked = await sessions(reader).check(it.headers)
      assert.ok(checked.status === 'active' && checked.touchDue)
      assert.deepEqual(await sessions(reader).touch(it.headers), { status: 'done', count: 1 })
      const touched = await record(it)
      assert.ok(number(touched, 'last_seen') >= number(before, 'last_seen'))
      assert.equal(
        touched.slice(0, start) + touched.slice(start + length),
        late.slice(0, start) + late.slice(start + length),
      )

      await signIn(sessions(reader), { userId: it.userId, userAgent: IPHONE, address: '2001:db8::1' })
      const listed = await sessions(reader).list(it.headers)
      assert.deepEqual(listed, await sessions(writer).list(it.headers))
      assert.ok(listed.status === 'done' && listed.devices.length === 2)
    })

    test(`${writer} rotates, ${reader} knows the new id and the old one as it was`, async () => {
      const old = await signIn(sessions(writer), { scope: 'read', address: '203.0.113.77' })
      await sessions(reader).writeData(old.headers, { text: '{"theme":"dark"}', version: 0 })
      const next = await rotate(sessions(writer), old, { scope: 'read admin', authLevel: 2 })
      for (const it of [old, next]) {
        const [own, others] = [
          await sessions(writer).check(it.headers, { data: true }),
          await sessions(reader).check(it.headers, { data: true }),
        ]
        assert.deepEqual(others, own)
        assert.equal(own.status, 'active')
      }
      const checked = await sessions(reader).check(next.headers, { data: true })
      assert.ok(checked.status === 'active')
      assert.deepEqual(checked.session, next.session)
      const again = await sessions(reader).rotate(old.headers)
      assert.deepEqual(again, { status: 'denied', reason: 'rotated', clearsCookie: false })
      assert.deepEqual(await sessions(reader).list(old.headers), await sessions(writer).list(old.headers))
    })

    test(`${writer} writes data, ${reader} reads them and is told who was first`, async () => {
      const { headers, key, field } = await signIn(sessions(writer))
      const texts = ['{"theme":"dark"}', 'ü, 100 % and \u{1f600}\n', '', 'x'.repeat(4_000)]
      for (const [version, text] of texts.entries()) {
        const written = await sessions(writer).writeData(headers, { text, version })
        assert.deepEqual(written, { status: 'done', version: version + 1 })
        const stored = (await fields(key)).get(`d${field.slice(1)}`)
        const read = await sessions(reader).readData(headers)
        assert.deepEqual(read, { status: 'done', text, version: version + 1 })
        const late = await sessions(reader).writeData(headers, { text: 'late', version })
        assert.deepEqual(late, { status: 'conflict', text, version: version + 1 })
        assert.equal((await fields(key)).get(`d${field.slice(1)}`), stored)
      }
      assert.deepEqual(await sessions(reader).readData(headers), await sessions(writer).readData(headers))
    })

    test(`${writer} ends sessions, for ${reader} they have ended`, async () => {
      const userId = newUser()
      const three = async () =>
        [
          await signIn(sessions(writer), { userId }),
          await signIn(sessions(reader), { userId }),
          await signIn(sessions(writer), { userId }),
        ] as const
      const denied = async (it: SignedIn) => {
        const [own, others] = [
          await sessions(writer).check(it.headers),
          await sessions(reader).check(it.headers),
        ]
        assert.deepEqual(others, own)
        return own.status === 'denied' ? own.reason : own.status
      }
      const [first, second, third] = await three()
      await sessions(writer).revokeCurrent(first.headers)
      await sessions(writer).revokeByHandle(second.headers, third.session.handle)
      assert.deepEqual(await Promise.all([first, second, third].map(denied)), [
        'not_found',
        'active',
        'not_found',
      ])
      const [fourth, fifth, sixth] = await three()
      await sessions(writer).revokeOthers(fifth.headers)
      assert.deepEqual(await Promise.all([second, fourth, fifth, sixth].map(denied)), [
        'not_found',
        'not_found',
        'active',
        'not_found',
      ])
      const saved = await record(fifth)
      const began = Date.now()
      assert.deepEqual(await sessions(writer).revokeAll(userId), { status: 'done', count: 1 })
      const refused = await sessions(reader).create(head({}), userId, { authenticatedAt: began - 1 })
      assert.deepEqual(refused, { status: 'refused', reason: 'revoked_meanwhile' })
      await server.command('HSET', fifth.key, fifth.field, saved)
      assert.equal(await denied(fifth), 'revoked')
      assert.equal(await denied(await signIn(sessions(reader), { userId })), 'active')
    })
  }
})
