// The reasons of TypeScript and of Rust are one list.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DENIED } from 'twogate'
import { reasons } from './support/vectors.ts'

test('the codes are those of core, in the order of their numbers', () => {
  assert.deepEqual(
    reasons.map(({ code }) => code),
    DENIED,
  )
  assert.deepEqual(
    reasons.map(({ number }) => number),
    DENIED.map((_, index) => index + 1),
  )
})

test('a cookie is cleared for a definite refusal, and kept where another host or a later moment may accept it', () => {
  assert.deepEqual(
    reasons.filter((reason) => !reason.clears_cookie).map(({ code }) => code),
    ['no_cookie', 'unknown_key', 'issued_in_future', 'unsupported_record', 'rotated'],
  )
})
