// The judge of races knows a race that was lost.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Entry, Op } from './entry.ts'
import { judge } from './judge.ts'

const USER = 'u'
let clock = 0

/** An operation on its own: it begins after everything before it was answered. */
function entry(op: Op, session: string, answer: string, more: Partial<Entry> = {}): Entry {
  clock += 2
  return {
    op,
    user: USER,
    session,
    answer,
    begun: clock,
    done: clock + 1,
    from: clock,
    to: clock + 1,
    ...more,
  }
}

const signIn = (made: string, more: Partial<Entry> = {}): Entry => {
  clock += 1
  const since = clock
  return entry('signIn', '', 'created', { made, since, count: 0, ...more })
}
const rules = (...entries: Entry[]) => judge(entries, 3).violations.map(({ rule }) => rule)

describe('what was ended is over', () => {
  test('a check after it was answered must not be active; before it may', () => {
    const born = signIn('a')
    const before = entry('check', 'a', 'active')
    const ended = entry('signOut', 'a', 'done', { count: 1 })
    assert.deepEqual(rules(born, before, ended, entry('check', 'a', 'denied')), [])
    assert.deepEqual(rules(born, before, ended, entry('check', 'a', 'active')), ['resurrected'])
  })

  test('what was under way at the same time may have come first', () => {
    const born = signIn('a')
    const ended = entry('signOut', 'a', 'done', { count: 1 })
    const during = entry('check', 'a', 'active', { begun: ended.begun, done: ended.done + 1 })
    const judgement = judge([born, ended, during], 3)
    assert.deepEqual([judgement.violations, judgement.overlaps], [[], { check: 1 }])
  })

  for (const [op, answer, more] of [
    ['touch', 'done', { count: 1 }],
    ['read', 'done', {}],
    ['write', 'done', { count: 1 }],
    ['write', 'conflict', {}],
    ['list', 'done', { count: 1 }],
    ['rotate', 'done', { made: 'b' }],
    ['endOthers', 'done', { count: 0 }],
    ['sweep', 'active', {}],
  ] as const) {
    test(`nor may a ${op} be answered ${answer}`, () => {
      const entries = [signIn('a'), entry('signOut', 'a', 'done', { count: 1 }), entry(op, 'a', answer, more)]
      assert.ok(rules(...entries).includes('resurrected'))
    })
  }

  test('an answer that says nothing ended ends nothing, and neither does an outage', () => {
    for (const ended of [
      entry('endByHandle', 'b', 'done', { target: 'a', count: 0 }),
      entry('signOut', 'a', 'unavailable'),
      entry('endOthers', 'b', 'denied'),
    ]) {
      const after = { ...ended, begun: 1_000, done: 1_001 }
      assert.deepEqual(
        rules(signIn('a'), after, entry('check', 'a', 'active', { begun: 1_002, done: 1_003 })),
        [],
      )
    }
  })

  test('by handle, with all others, with all', () => {
    for (const ended of [
      () => entry('endByHandle', 'b', 'done', { target: 'a', count: 1 }),
      () => entry('endOthers', 'b', 'done', { count: 1 }),
      () => entry('endAll', '', 'done', { count: 2 }),
    ]) {
      const entries = [signIn('a'), ended(), entry('check', 'a', 'active')]
      assert.deepEqual(rules(...entries), ['resurrected'])
    }
  })

  test('a login that began before the revocation of all must not come through', () => {
    const since = ++clock
    const ended = entry('endAll', '', 'done', { count: 0 })
    assert.deepEqual(rules(ended, signIn('a', { since })), ['resurrected'])
    assert.deepEqual(rules(ended, signIn('a')), [])
  })

  test('a successor ends with the session that it replaced', () => {
    const entries = [
      signIn('a'),
      entry('rotate', 'a', 'done', { made: 'b' }),
      entry('signOut', 'a', 'done', { count: 1 }),
    ]
    assert.deepEqual(rules(...entries, entry('check', 'b', 'active')), ['resurrected'])
  })
})

test('a session that was replaced goes on for its grace and no longer', () => {
  const rotated = entry('rotate', 'a', 'done', { made: 'b' })
  const later = (by: number) => entry('check', 'a', 'active', { from: rotated.to + by, to: rotated.to + by })
  const born = signIn('a', { begun: 0, done: 1, since: 0 })
  assert.deepEqual(rules(born, rotated, later(9_999)), [])
  assert.deepEqual(rules(born, rotated, later(10_000)), ['outlived its grace'])
})

test('more sessions than the limit are noticed, in a list and in the store', () => {
  for (const op of ['list', 'count'] as const) {
    assert.deepEqual(rules(entry(op, 'a', 'done', { count: 3 })), [])
    assert.deepEqual(rules(entry(op, 'a', 'done', { count: 4 })), ['above the limit'])
  }
})

test('two writes that made the same version are one lost', () => {
  const write = (count: number) => entry('write', 'a', 'done', { count })
  assert.deepEqual(rules(write(1), write(2)), [])
  assert.deepEqual(rules(write(1), write(1)), ['lost update'])
})
