// What all benches share: ratios are judged by their median, a missed goal is an exit status, a picture shows every row.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, test } from 'node:test'
import { barChart } from '../lib/chart.mjs'
import { interleave } from '../lib/interleave.mjs'
import { byRound, judged } from '../lib/ratios.mjs'

test('a ratio is judged by its median', () => {
  const values = byRound([30, 90, 20, 80], [10, 10, 10, 20])
  assert.deepEqual(values, [3, 9, 2, 4])
  const shape = { median: 3.5, min: 2, max: 9 }
  assert.deepEqual(judged(values, { atLeast: 3.5 }), { ...shape, goal: 3.5, holds: true })
  assert.deepEqual(judged(values, { atLeast: 3.6 }), { ...shape, goal: 3.6, holds: false })
  assert.deepEqual(judged(values, { atMost: 3.5 }), { ...shape, goal: 3.5, holds: true })
  assert.deepEqual(judged(values, { atMost: 3.4 }), { ...shape, goal: 3.4, holds: false })
  assert.deepEqual(judged(values), { ...shape, goal: null, holds: true })
})

test('each contestant takes one sample a round, and no order stays', async () => {
  const order = []
  const contestant = (key) => ({ key, run: (count) => order.push(key) && spin(count) })
  const rounds = 12
  let warm = 0
  const samples = await interleave(['a', 'b', 'c'].map(contestant), {
    rounds,
    sampleMs: 0.01,
    onRound: (round) => {
      if (round === 1) warm = order.length - 3
    },
  })
  for (const { wall, cpu } of Object.values(samples))
    assert.deepEqual([wall.length, cpu.length], [rounds, rounds])
  const orders = Array.from({ length: rounds }, (_, round) =>
    order
      .slice(warm + 3 * round)
      .slice(0, 3)
      .join(''),
  )
  for (const it of orders) assert.equal([...it].sort().join(''), 'abc')
  assert.ok(new Set(orders).size > 2, orders.join(' '))
})

describe('npm run bench:NAME', () => {
  const bench = (...args) => {
    const source = `
      import { bench } from './benches/lib/bench.mjs'
      import { judged } from './benches/lib/ratios.mjs'
      await bench({
        name: 'test-of-the-harness', parts: [], rounds: 2,
        measure: async ({ rounds }) => ({
          ratios: { good_vs_bad: judged([2, 3], { atLeast: 2 }), slow_vs_fast: judged([0.5], { atLeast: 3 }) },
          seen: rounds,
        }),
        draw: () => { throw new Error('drawn') },
      })`
    return spawnSync(process.execPath, ['--input-type=module', '-e', source, '--', ...args], {
      encoding: 'utf8',
    })
  }

  test('with --check ends with 1 where a goal is missed, names it, and writes nothing', () => {
    const { status, stderr } = bench('--check')
    assert.equal(status, 1)
    assert.match(stderr, /^missed: slow_vs_fast is 0.5, goal 3$/m)
    assert.doesNotMatch(stderr, /good_vs_bad/)
    assert.ok(!existsSync(new URL('../results/test-of-the-harness.json', import.meta.url)))
  })

  test('with --json prints the results and nothing else to standard output', () => {
    const { stdout } = bench('--check', '--json', '--rounds', '5')
    const results = JSON.parse(stdout)
    assert.deepEqual(Object.keys(results), ['machine', 'rounds', 'ratios', 'seen'])
    assert.deepEqual([results.rounds, results.seen], [5, 5])
    assert.deepEqual(results.ratios.slow_vs_fast, { median: 0.5, min: 0.5, max: 0.5, goal: 3, holds: false })
    assert.match(results.machine, /cores, .* Node \d+.* Rust \d+/)
  })

  test('refuses what it does not know with 2', () => {
    assert.equal(bench('--rounds', '0').status, 2)
    assert.equal(bench('--fast').status, 2)
  })
})

test('a chart shows every row, its values, and bars that grow with them', () => {
  const svg = barChart({
    title: 'Less & <less>',
    series: ['first', 'second'],
    sections: [
      {
        heading: 'All',
        rows: [
          { label: 'us', values: [2, 3], isOurs: true },
          { label: 'peer', values: [20, 300] },
        ],
      },
    ],
    format: (value) => `${value} ns`,
    notes: ['one line'],
  })
  for (const text of [
    'Less &amp; &lt;less>',
    'first',
    'second',
    'All',
    'us',
    'peer',
    '2 ns',
    '300 ns',
    'one line',
  ])
    assert.ok(svg.includes(`>${text}</text>`), text)
  const widths = ['a', 'b', 'other-a', 'other-b'].map((style) =>
    Number(
      [...svg.matchAll(/width="([\d.]+)"[^>]* class="([\w-]+)"/g)].findLast(
        ([, , name]) => name === style,
      )[1],
    ),
  )
  assert.deepEqual(
    widths,
    widths.toSorted((a, b) => a - b),
  )
})

function spin(count) {
  let sum = 0
  for (let i = 0; i < count * 100; i += 1) sum += Math.sqrt(i)
  return sum > 0 ? undefined : sum
}
