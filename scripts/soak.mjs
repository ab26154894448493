// `npm run soak -- SUITE [--only PART,PART] [--minutes N] [--verbose]`: what takes longer than `npm test` may.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { at } from './lib/paths.mjs'
import { attempt } from './lib/run.mjs'
import { main, Stop } from './lib/stop.mjs'
import { suites } from './soak/index.mjs'

const OPTIONS = {
  only: { type: 'string' },
  minutes: { type: 'string' },
  'keep-corpus': { type: 'boolean', default: false },
  verbose: { type: 'boolean', default: false },
}

await main(async () => {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true })
  const [name] = positionals
  const suite = suites[name]
  if (suite === undefined || positionals.length > 1) {
    throw new Stop(`name one suite: ${Object.keys(suites).join(', ')}\n${list()}`, 2)
  }
  const options = { ...values, minutes: minutes(values.minutes), keepCorpus: values['keep-corpus'] }
  const results = []
  for (const part of choose(suite, values.only)) {
    results.push(await work(part, options))
    // After each part: one that is stopped half-way takes nothing of the others with it.
    await note(name, suite, results.at(-1))
  }
  print(results, name)
  return results.some(({ status }) => status === 'failed') ? 1 : 0
})

function choose(suite, only) {
  if (only === undefined) return suite
  const names = only.split(',').filter(Boolean)
  const unknown = names.filter((name) => !suite.some((part) => part.name === name))
  if (names.length === 0 || unknown.length > 0)
    throw new Stop(`no such part: ${unknown.join(', ')}\n${list()}`, 2)
  return suite.filter((part) => names.includes(part.name))
}

function minutes(text) {
  const number = text === undefined ? 10 : Number(text)
  if (!(number > 0)) throw new Stop(`--minutes is ${text}: a number of minutes for each fuzz target`, 2)
  return number
}

/** A part resolves to `{ figures, findings, skipped }`: what was counted, what is wrong, what could not be done and why. */
async function work(part, options) {
  console.log(`${part.name}: ${part.does}`)
  const begin = performance.now()
  const say = (line) => console.log(`  ${line}`)
  let result
  try {
    result = await part.run({ ...options, say })
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    result = { findings: [error.message] }
  }
  const { figures = {}, findings = [], skipped = [] } = result
  const status = findings.length > 0 ? 'failed' : Object.keys(figures).length > 0 ? 'ok' : 'skipped'
  for (const line of [...findings, ...skipped.map((why) => `not done: ${why}`)]) say(line)
  return { name: part.name, status, seconds: seconds(begin), figures, findings, skipped }
}

/** Puts the result of a part beside the latest ones of the others. */
async function note(name, suite, result) {
  const file = at('target/soak', `${name}.json`)
  const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).parts : []
  const commit = (await attempt('git', ['rev-parse', '--short', 'HEAD'])).stdout.trim()
  const machine = { cpu: cpus()[0]?.model, parallel: availableParallelism(), node: process.version }
  const of = (part) =>
    part.name === result.name ? { ...result, commit, machine } : before.find((it) => it.name === part.name)
  const parts = suite.map(of).filter(Boolean)
  mkdirSync(at('target/soak'), { recursive: true })
  writeFileSync(file, `${JSON.stringify({ suite: name, parts }, undefined, 2)}\n`)
}

function print(results, name) {
  console.log('')
  for (const { name: part, status, seconds: took, figures, findings, skipped } of results) {
    console.log(`${status.padEnd(8)} ${part.padEnd(14)} ${`${took} s`.padStart(9)}`)
    for (const [key, value] of Object.entries(figures)) console.log(`           ${key}: ${shown(value)}`)
    for (const line of findings) console.log(`           finding: ${line.split('\n')[0]}`)
    for (const line of skipped) console.log(`           not done: ${line}`)
  }
  console.log(`written to target/soak/${name}.json`)
}

function shown(value) {
  if (typeof value === 'number') return value.toLocaleString('en')
  if (typeof value !== 'object') return String(value)
  return Object.entries(value)
    .map(([key, inner]) => `${key} ${shown(inner)}`)
    .join(', ')
}

function seconds(begin) {
  return Number(((performance.now() - begin) / 1000).toFixed(1))
}

function list() {
  return Object.entries(suites)
    .flatMap(([name, suite]) => suite.map((part) => `  ${name} ${part.name.padEnd(14)} ${part.does}`))
    .join('\n')
}
