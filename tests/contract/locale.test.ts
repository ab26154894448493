// The contract on a Redis that compares texts by the rules of English: ours compares numbers, and must not notice.

import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { englishLocale } from '../support/locale.ts'
import { RedisServer } from '../support/redis.ts'
import { contract } from './contract.ts'
import { rustOnRedis } from './support/rust-backend.ts'

const { environment, remove } = englishLocale()
after(remove)

describe('Redis under en_US.UTF-8', () => {
  test('compares texts otherwise than by their bytes', async () => {
    const before = "return tostring('a' < 'B')"
    for (const [server, answer] of [
      [await RedisServer.start({ environment }), 'true'],
      [await RedisServer.start({ environment: { LC_ALL: 'C' } }), 'false'],
    ] as const) {
      assert.equal(await server.command('EVAL', before, '0'), answer)
      await server.close()
    }
  })
  contract(rustOnRedis('Redis through Rust', environment))
})
