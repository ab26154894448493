// What every `npm run bench:NAME` does around its measurement: options, set-up, results, picture, goals.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { at } from '../../scripts/lib/paths.mjs'
import { main, Stop } from '../../scripts/lib/stop.mjs'
import { setUp } from '../../scripts/setup/index.mjs'
import { machine } from './machine.mjs'

const USAGE = `options:
  --check      measure again, write nothing, exit 1 where a goal is missed
  --rounds N   rounds to measure
  --json       print the results as JSON; progress goes to standard error
  --verbose    show what the build prints`

/**
 * Runs a bench. `parts`: set-up parts. `measure({ rounds, verbose, progress })` resolves to
 * `{ ratios, ...details }`; `draw(results)` to the SVG.
 */
export function bench({ name, parts, rounds, measure, draw }) {
  return main(async () => {
    const options = read(rounds)
    // Standard output is for the results: what set-up and builds say goes where progress goes.
    const { log } = console
    console.log = console.error
    await setUp(parts, options)
    const found = await measure({ ...options, progress })
    const results = { machine: await machine(), rounds: options.rounds, ...found }
    if (options.json) log(JSON.stringify(results, null, 2))
    else print(results.ratios, log)
    if (!options.check) save(name, results, await draw(results))
    const missed = Object.entries(results.ratios).filter(([, { holds }]) => !holds)
    for (const [key, { median, goal }] of missed) console.error(`missed: ${key} is ${median}, goal ${goal}`)
    return options.check && missed.length > 0 ? 1 : 0
  })
}

function read(rounds) {
  try {
    const { values } = parseArgs({
      options: {
        check: { type: 'boolean', default: false },
        rounds: { type: 'string', default: String(rounds) },
        json: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
      },
    })
    if (!/^[1-9]\d{0,4}$/.test(values.rounds))
      throw new Error(`--rounds ${values.rounds}: not a number of rounds`)
    return { ...values, rounds: Number(values.rounds) }
  } catch (error) {
    throw new Stop(`${error.message}\n${USAGE}`, 2)
  }
}

function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
  else console.error(text)
}

function print(ratios, log) {
  const row = (...cells) => log(cells[0].padEnd(46), ...cells.slice(1).map((it) => String(it).padStart(8)))
  log('')
  row('ratio', 'median', 'min', 'max', 'goal', '')
  for (const [key, { median, min, max, goal, holds }] of Object.entries(ratios)) {
    row(key, median, min, max, goal ?? '-', holds ? '' : 'MISSED')
  }
}

function save(name, results, svg) {
  const folder = at('benches/results')
  mkdirSync(folder, { recursive: true })
  writeFileSync(path.join(folder, `${name}.json`), `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(path.join(folder, `${name}.svg`), svg)
  console.error(`written: benches/results/${name}.json and ${name}.svg`)
}
