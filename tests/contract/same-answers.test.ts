// The memory store and Redis give the same replies and hold the same data, command by command, over a clock of our own.

import assert from 'node:assert/strict'
import { after, before, describe, mock, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { createClient } from 'redis'
import { defineSession } from 'twogate'
import { createSessions } from 'twogate/dal'
import { nodeRedis } from 'twogate/redis'
import { inOwnInstance } from '../../js-bindings/dist/wasm/full.js'
import { RedisServer } from '../support/redis.ts'
import { freshSecret } from '../support/tokens.ts'
import { head, type Store } from './support/session.ts'

const OPERATIONS = 3_000
/** Milliseconds: around a millisecond, the grace of a rotation, a touch, the idle and the absolute timeout. */
const PAUSES = [...Array<number>(30).fill(0), 1, 1, 999, 1_000, 6_000, 7_000, 9_000, 10_000, 11_000, 60_000]

describe('the memory store and Redis, command by command', () => {
  let server: RedisServer
  const clients: { destroy(): void }[] = []

  before(async () => {
    server = await RedisServer.start()
  })
  after(async () => {
    for (const client of clients) client.destroy()
    await server.close()
  })

  /** Sends every command to both, and notes where they answer or then hold something else. */
  function both(): { readonly store: Store; readonly differences: unknown[] } {
    const client = createClient({ url: server.url })
    clients.push(client)
    const send = nodeRedis(client)
    const memory = inOwnInstance(({ Memory }) => new Memory())()
    // The clock of the store only forgets keys, which Redis does by its own: what scripts judge by, they are passed.
    const inMemory = async (...args: string[]) => memory.execute(args, 0) as unknown
    const hash = (reply: unknown) => {
      const flat = Array.isArray(reply) ? reply : Object.entries(reply ?? {}).flat()
      return Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]]] : [])))
    }
    const differences: unknown[] = []
    const compare = (what: string, one: unknown, other: unknown) => {
      if (!isDeepStrictEqual(one, other)) differences.push({ what, one, other })
    }
    const store: Store = {
      async send(args, { key, write }) {
        // Redis first: a script that it does not know yet is sent again.
        const other = await send(args, { key, write })
        const one = await inMemory(...args)
        const what = `${args.slice(0, 2).join(' ').slice(0, 60)}`
        // The fields of a hash come in no order.
        if (args[0] === 'HGETALL') compare(what, hash(one), hash(other))
        else compare(what, one, other)
        if (write) {
          const [held, stored] = [await inMemory('HGETALL', key), await server.command('HGETALL', key)]
          compare(`what is held after ${what}`, hash(held), hash(stored))
        }
        return one
      },
    }
    return { store, differences }
  }

  for (const [seed, atLimit, ip] of [
    [1, 'evict', 'prefix'],
    [2, 'refuse', 'exact'],
  ] as const) {
    test(`${OPERATIONS} operations, seed ${seed}`, async (t) => {
      const { store, differences } = both()
      let now = Date.UTC(2026, 0, 1)
      const clock = mock.method(Date, 'now', () => now)
      t.after(() => clock.mock.restore())
      const random = generator(seed)
      const one = <T>(all: readonly T[]): T => all[random(all.length)] as T
      const sessions = createSessions(
        defineSession({
          secret: freshSecret(),
          idleTimeout: '60s',
          absoluteTimeout: '10m',
          keyPrefix: `${seed}:`,
          sessionsPerUser: 3,
          atLimit,
          clientAddress: { forwardedFor: { hops: 1 } },
          binding: { ip: 'report', ipMatch: ip },
        }),
        { store },
      )
      const browsers: { headers: Headers; handle: string; version: number }[] = []
      const statuses = new Map<string, number>()
      const keep = (answer: { setCookie: string; session: { handle: string } }) => {
        const headers = head({ address: one(['203.0.113.7', '203.0.114.7', '2001:db8::1', 'unknown']) })
        headers.set('cookie', answer.setCookie.split(';')[0] ?? '')
        browsers.push({ headers, handle: answer.session.handle, version: 0 })
        if (browsers.length > 12) browsers.shift()
      }
      for (let i = 0; i < OPERATIONS; i += 1) {
        now += one(PAUSES)
        const it = browsers.length > 0 && random(6) > 0 ? one(browsers) : undefined
        const operation = it ? random(12) : 0
        const headers = it?.headers ?? head({ address: '203.0.113.7' })
        const asking = random(30) === 0 ? { notBefore: now - random(120_000) } : {}
        const run = async () => {
          switch (operation) {
            case 0: {
              const userId = one(['ann', 'bob'])
              const authenticatedAt = random(4) === 0 ? { authenticatedAt: now - random(30_000) } : {}
              const created = await sessions.create(headers, userId, authenticatedAt)
              if (created.status === 'created') keep(created)
              return created
            }
            case 1:
            case 2: {
              const rotated = await sessions.rotate(headers, { authLevel: random(10) }, asking)
              if (rotated.status === 'done') keep(rotated)
              return rotated
            }
            case 3:
              return sessions.revokeCurrent(headers, asking)
            case 4:
              return random(5) > 0 ? sessions.list(headers, asking) : sessions.revokeAll(one(['ann', 'bob']))
            case 5:
              return sessions.revokeByHandle(headers, one(browsers).handle, asking)
            case 6:
              return random(3) > 0 ? sessions.touch(headers) : sessions.revokeOthers(headers, asking)
            case 7:
            case 8: {
              const read = await sessions.readData(headers, asking)
              if (it && read.status === 'done') it.version = read.version
              return read
            }
            case 9:
              return sessions.writeData(
                headers,
                { text: `${i} ü`, version: random(3) > 0 ? (it?.version ?? 0) : 0 },
                asking,
              )
            default:
              return sessions.touch(headers)
          }
        }
        const { status } = await run()
        assert.deepEqual(differences, [], `operation ${i}`)
        statuses.set(`${operation} ${status}`, (statuses.get(`${operation} ${status}`) ?? 0) + 1)
      }
      // Every operation was done and refused, or this compared nothing.
      for (const [operation, expected] of [
        [0, ['created', 'refused']],
        [1, ['done', 'denied']],
        [3, ['done']],
        [4, ['done', 'denied']],
        [5, ['done', 'denied']],
        [6, ['done', 'denied']],
        [7, ['done', 'denied']],
        [9, ['done', 'denied', 'conflict']],
      ] as const) {
        for (const status of expected) {
          const count = statuses.get(`${operation} ${status}`) ?? 0
          assert.ok(count > 2, `${operation} ${status}: ${count}\n${[...statuses].join('\n')}`)
        }
      }
      assert.ok(![...statuses.keys()].some((status) => status.endsWith('unavailable')))
    })
  }
})

/** Numbers from a seed (Knuth, MMIX): the same operations at every run. */
function generator(seed: number): (below: number) => number {
  let state = BigInt(seed)
  return (below) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn
    return Number((state >> 33n) % BigInt(below))
  }
}
