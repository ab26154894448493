// Races of several processes, in JavaScript and in Rust, on one Redis: nothing that was ended comes back.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Race, race, shortcomings } from './run.ts'
import type { Planted } from './task.ts'

describe('races', () => {
  test('in 100,000 operations nothing comes back and no limit is passed', async (t) => {
    const it = await race({ operations: 100_000, bursts: 10, graceToo: true })
    t.diagnostic(summary(it))
    assert.deepEqual(shortcomings(it).slice(0, 3), [], `seed ${it.seed}`)
  })

  for (const planted of [
    'touch writes back what was read',
    'revoke-all forgets not-before',
    'no limit',
  ] satisfies Planted[]) {
    test(`a host with a mistake is found out: ${planted}`, async (t) => {
      const it = await race({ operations: 5_000, bursts: 0, workers: ['node-redis', 'ioredis'], planted })
      t.diagnostic(summary(it))
      const rule = planted === 'no limit' ? 'above the limit' : 'resurrected'
      assert.ok(
        it.violations.some((violation) => violation.rule === rule),
        `seed ${it.seed}`,
      )
    })
  }
})

/** What a reader wants to know of a race. */
function summary({ seed, violations, sessions, ended, bursts, answers, overlaps }: Race): string {
  const counts = { seed, violations: violations.length, sessions, ended, bursts: bursts.length }
  return JSON.stringify({ ...counts, overlaps, answers })
}
