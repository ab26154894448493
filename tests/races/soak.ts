// Races for `npm run soak -- races`: one after the other, each with a seed of its own, and the sum of what they showed.

import { type Race, race, shortcomings } from './run.ts'

const OPERATIONS = 100_000
const BURSTS = 50

const figures = {
  operations: 0,
  sessions: 0,
  ended: 0,
  bursts: 0,
  resurrected: 0,
  'outlived its grace': 0,
  'above the limit': 0,
  'lost update': 0,
  /** How often an operation met an ending of its session. */
  overlaps: {} as Record<string, number>,
}
const seeds: number[] = []
const wanted = Number(process.argv[2])

while (figures.operations < wanted) {
  const before = figures.operations
  const operations = Math.min(OPERATIONS, wanted - before)
  let told = 0
  const onProgress = (done: number) => {
    if (done < told + 20_000) return
    told = done
    console.log(`  ${before + done} operations`)
  }
  const it = await race({ operations, bursts: BURSTS, graceToo: true, onProgress })
  add(it, operations)
  console.log(`  ${figures.operations} operations, ${it.violations.length} violations, seed ${it.seed}`)
  const wrong = shortcomings(it)
  for (const line of wrong) console.log(`finding: seed ${it.seed}: ${line}`)
  if (wrong.length > 0) process.exitCode = 1
}
console.log(`figures: ${JSON.stringify({ ...figures, seeds: seeds.join(' ') })}`)

function add(it: Race, operations: number): void {
  figures.operations += operations
  figures.sessions += it.sessions
  figures.ended += it.ended
  figures.bursts += it.bursts.length
  seeds.push(it.seed)
  for (const { rule } of it.violations) figures[rule] += 1
  for (const [op, count] of Object.entries(it.overlaps)) {
    figures.overlaps[op] = (figures.overlaps[op] ?? 0) + count
  }
}
