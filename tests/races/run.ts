// Runs a race: a Redis, workers of several kinds that fight over the same users, and the judge.

import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { userKey } from '../contract/support/session.ts'
import { Child } from '../support/children.ts'
import { RedisServer } from '../support/redis.ts'
import { freshSecret } from '../support/tokens.ts'
import type { Entry } from './entry.ts'
import { type Judgement, judge } from './judge.ts'
import { newSeed } from './random.ts'
import { BURST, burstUser, LIMIT, type Planted, type Task, type Through, USERS } from './task.ts'

export interface RaceOptions {
  /** Operations of all workers together. */
  readonly operations: number
  readonly bursts: number
  readonly workers?: readonly Through[]
  readonly seed?: number
  /** Whether to wait, before all cookies are shown once more, until no rotation's grace is left. */
  readonly graceToo?: boolean
  readonly planted?: Planted
  /** Told how many operations are done, about once a second. */
  readonly onProgress?: (done: number) => void
}

export interface Race extends Judgement {
  readonly seed: number
  /** Of each burst: what its answers say, and what was in the store in the end. */
  readonly bursts: readonly Burst[]
  /** What is wrong with what is left in the store. */
  readonly leftovers: readonly string[]
}

export interface Burst {
  readonly refuses: boolean
  readonly created: number
  readonly evicted: number
  readonly refused: number
  readonly left: number
  readonly most: number
}

export async function race(options: RaceOptions): Promise<Race> {
  const { workers = ['node-redis', 'rust', 'ioredis', 'rust'], seed = newSeed() } = options
  const folder = await mkdtemp(join(tmpdir(), 'twogate-races-'))
  const redis = await RedisServer.start()
  const tasks = workers.map((through, worker): Task => {
    // A little longer than a session that was replaced may go on.
    const grace = options.graceToo ? 10_500 : 0
    const share = { operations: Math.ceil(options.operations / workers.length), bursts: options.bursts }
    const planted = options.planted === undefined ? {} : { planted: options.planted }
    const here = { worker, workers: workers.length, through, port: redis.port, seed: seed + worker }
    return { ...here, ...share, ...planted, grace, secret, log: join(folder, `${worker}.jsonl`) }
  })
  try {
    await run(tasks, options.onProgress)
    const entries = (await Promise.all(tasks.map(({ log }) => read(log)))).flat()
    return {
      ...judge(entries, LIMIT),
      seed,
      bursts: Array.from({ length: options.bursts }, (_, burst) => outcome(entries, burst)),
      leftovers: await leftovers(redis),
    }
  } finally {
    await redis.close()
    await rm(folder, { recursive: true, force: true })
  }
}

const secret = freshSecret()

async function run(tasks: readonly Task[], onProgress: (done: number) => void = () => {}): Promise<void> {
  const children = tasks.map(
    (task) =>
      new Child(process.execPath, [
        ...['--import', 'tsx', join(import.meta.dirname, 'worker.ts'), JSON.stringify(task)],
      ]),
  )
  const progress = () =>
    children.reduce((sum, { output }) => sum + Number(output.join('').match(/\d+(?=\n$)/)?.[0] ?? 0), 0)
  let over = false
  const told = (async () => {
    while (!over) {
      await sleep(1_000, undefined, { ref: false })
      onProgress(progress())
    }
  })()
  try {
    const codes = await Promise.all(
      children.map(async (child) => {
        const code = await child.ended
        // The others would wait for it at the next barrier.
        if (code !== 0) for (const other of children) other.kill('SIGTERM')
        return code
      }),
    )
    const failed = codes.findIndex((code) => code > 0)
    if (failed !== -1) throw new Error(`worker ${failed} failed:\n${children[failed]?.tail}`)
  } finally {
    over = true
    await told
    await Promise.all(children.map((child) => child.stop()))
  }
}

async function read(log: string): Promise<Entry[]> {
  const entries: Entry[] = []
  for await (const line of createInterface({ input: createReadStream(log) }))
    entries.push(JSON.parse(line) as Entry)
  return entries
}

function outcome(entries: readonly Entry[], burst: number): Burst {
  const { user, refuses } = burstUser(burst)
  const here = entries.filter((entry) => entry.user === user)
  const answers = (answer: string) => here.filter((entry) => entry.op === 'signIn' && entry.answer === answer)
  const counts = here.filter(({ op }) => op === 'count')
  return {
    refuses,
    created: answers('created').length,
    evicted: answers('created').reduce((sum, { count = 0 }) => sum + count, 0),
    refused: answers('refused').length,
    left: counts.find(({ answer }) => answer === 'in the end')?.count ?? 0,
    most: Math.max(...counts.map(({ count = 0 }) => count)),
  }
}

/** Everything that a race shows to be wrong, or not to have been tried: a race in which nothing met proves nothing. */
export function shortcomings({ violations, leftovers, bursts, answers, overlaps }: Race): string[] {
  const operations = Object.values(answers).reduce((sum, count) => sum + count, 0)
  const meetings = ['check', 'touch', 'read', 'write', 'rotate', 'signIn', 'list']
  return [
    ...violations.map((violation) => JSON.stringify(violation)),
    ...leftovers,
    ...bursts.filter((burst) => !isAsItHasToBe(burst)).map((burst) => `a burst: ${JSON.stringify(burst)}`),
    ...Object.keys(answers).filter((name) => name.includes('unavailable')),
    ...meetings
      .filter((op) => (overlaps[op] ?? 0) < operations / 5_000)
      .map((op) => `${op} met the end of its session ${overlaps[op] ?? 0} times only`),
  ]
}

function isAsItHasToBe({ refuses, created, evicted, refused, left, most }: Burst): boolean {
  const kept = left === LIMIT && most <= LIMIT
  if (refuses) return kept && created === LIMIT && evicted === 0 && refused === BURST - LIMIT
  return kept && created === BURST && evicted === BURST - LIMIT && refused === 0
}

/** Looks for data without their session, for more sessions than the limit, and for keys that never expire. */
async function leftovers(redis: RedisServer): Promise<string[]> {
  const wrong: string[] = []
  for (const user of USERS) {
    const key = userKey(user)
    const flat = (await redis.command('HGETALL', key)) as string[]
    const fields = new Map(
      flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1] ?? '']] : [])) as [string, string][],
    )
    for (const name of fields.keys()) {
      if (name.startsWith('d') && !fields.has(`s${name.slice(1)}`))
        wrong.push(`${user}: data without a session`)
    }
    const used = [...fields.values()].filter((value) => value.startsWith('Aa')).length
    if (used > LIMIT) wrong.push(`${user}: ${used} sessions in use`)
    if (Number(await redis.command('TTL', key)) === -1) wrong.push(`${user}: the key does not expire`)
  }
  return wrong
}
