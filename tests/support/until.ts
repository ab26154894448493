// Waiting for a condition, never for a length of time.

import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks again and again until the answer is truthy, and returns it.
 *
 * @param what Named in the error when the condition does not come true.
 * @param condition Asked at once, then every 25 ms. An exception counts as "not yet".
 * @param limit Milliseconds after which to give up.
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  limit = 15_000,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + limit
  let last: unknown
  for (;;) {
    try {
      const answer = await condition()
      if (answer) return answer
      last = answer
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) throw new Error(`waited ${limit} ms in vain: ${what}`, { cause: last })
    await sleep(25)
  }
}
