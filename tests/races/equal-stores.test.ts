// The memory store and a real Redis, given the same random operations: equal replies, equal fields.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { Child } from '../support/children.ts'
import { RedisServer } from '../support/redis.ts'
import { newSeed } from './random.ts'

const PROGRAM = join(import.meta.dirname, '../../target/debug/equal-stores')
const STEPS = 10_000

test(`the memory store answers ${STEPS} random operations as Redis does`, async (t) => {
  const redis = await RedisServer.start()
  t.after(() => redis.close())
  const child = new Child(PROGRAM, [redis.url, String(newSeed()), String(STEPS)])
  assert.equal(await child.ended, 0, child.tail)
  t.diagnostic(child.tail.trim())
  assert.match(child.tail, /10000 operations, \d{4} of them done/)
})
