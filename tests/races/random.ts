// Random numbers that a seed fixes.

import { randomInt } from 'node:crypto'

/** A new seed each time; `TWOGATE_SEED` shows a failure again. */
export function newSeed(): number {
  return Number(process.env['TWOGATE_SEED'] ?? randomInt(2 ** 31))
}

/** Mulberry32: 32 bits of state, enough to mix operations. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** A whole number from 0 to below. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
  }

  /** One of these, each as likely as its weight says. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const all = Object.entries(weights) as [T, number][]
    let at = this.below(all.reduce((sum, [, weight]) => sum + weight, 0))
    for (const [name, weight] of all) {
      if (at < weight) return name
      at -= weight
    }
    throw new Error('no weight')
  }
}
