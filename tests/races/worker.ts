// One process of a race: asks for this and that of sessions that other processes ask for too, and notes every answer.

import { createWriteStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { createSessions, type Ended, type Sessions } from 'twogate/dal'
import { ioRedis, nodeRedis, redisStore, type Send } from 'twogate/redis'
import { RustDriver } from '../contract/support/rust.ts'
import { userKey } from '../contract/support/session.ts'
import { Client } from '../support/resp.ts'
import type { Entry, Op } from './entry.ts'
import { plant } from './planted.ts'
import { Random } from './random.ts'
import {
  ADDRESS_HEADER,
  ADDRESSES,
  BURST,
  burstUser,
  configuration,
  LANES,
  type Task,
  USER_AGENT,
  USERS,
} from './task.ts'

/** Milliseconds that a command may take: the machine may be busy, and a time-out would only blur what happened. */
const TIMEOUT = 30_000
/** How many cookies of a user are known at most; those of ended sessions are shown too. */
const KNOWN = 6

const WEIGHTS = {
  ...{ signIn: 14, visit: 32, edit: 18, rotate: 9, list: 5 },
  ...{ signOut: 10, endByHandle: 6, endOthers: 4, endAll: 2 },
} as const

/** A cookie that somebody was given, as the board tells it to all. */
interface Shown {
  readonly user: string
  readonly handle: string
  readonly headers: Headers
}

const task = JSON.parse(process.argv[2] ?? '') as Task
const random = new Random(task.seed)
const board = await Client.open(task.port)
const log = createWriteStream(task.log)
const { sessions, refusing, close } = await connect()
/** Everything this worker signed in or rotated, for the sweep. */
const made: Shown[] = []
let begun = 0

await bursts()
await Promise.all(Array.from({ length: LANES }, () => lane()))
await graceAndSweep()
await close()
board.close()
await new Promise((resolve) => log.end(resolve))

/** Sessions as the task says, over one connection; and the same where the limit refuses. */
async function connect(): Promise<{ sessions: Sessions; refusing: Sessions; close: () => unknown }> {
  const url = `redis://127.0.0.1:${task.port}`
  const config = configuration(task.secret)
  const refuses = configuration(task.secret, { atLimit: 'refuse' })
  if (task.through === 'rust') {
    const driver = new RustDriver()
    const open = (one: typeof config) => driver.sessions(one, { url, timeout: TIMEOUT }, () => {})
    return { sessions: open(config), refusing: open(refuses), close: () => driver.close() }
  }
  const over = (send: Send, quit: () => unknown) => {
    const plain = redisStore(send, { timeout: TIMEOUT })
    const store = task.planted === undefined ? plain : plant(plain, task.planted)
    return {
      sessions: createSessions(config, { store }),
      refusing: createSessions(refuses, { store }),
      close: quit,
    }
  }
  if (task.through === 'ioredis') {
    const client = new Redis(url)
    return over(ioRedis(client), () => client.quit())
  }
  const client = createClient({ url })
  await client.connect()
  return over(nodeRedis(client), () => client.close())
}

/** One operation after the other. */
async function lane(): Promise<void> {
  for (;;) {
    if (begun >= task.operations) return
    begun += 1
    if (begun % 1000 === 0) console.log(`progress ${begun}`)
    await operation()
  }
}

async function operation(): Promise<void> {
  const user = USERS[random.below(USERS.length)] ?? ''
  const what = random.weighted(WEIGHTS)
  if (what === 'signIn') return signIn(sessions, user)
  if (what === 'endAll') {
    await ask('endAll', { user }, () => sessions.revokeAll(user), counted)
    return
  }
  const shown = await pick(user)
  if (shown === undefined) return signIn(sessions, user)
  const { headers } = shown
  switch (what) {
    case 'visit': {
      const checked = await ask('check', shown, () => sessions.check(headers))
      if (checked.status === 'active' && (checked.touchDue || random.below(4) === 0)) {
        await ask('touch', shown, () => sessions.touch(headers), counted)
      }
      return
    }
    case 'edit': {
      const read = await ask('read', shown, () => sessions.readData(headers))
      if (read.status !== 'done') return
      // No two writes are alike, or both would have been the one that made a version.
      const data = { text: `written at ${await ticket()}`, version: read.version }
      await ask(
        'write',
        shown,
        () => sessions.writeData(headers, data),
        (written) => ('version' in written ? { count: written.version } : {}),
      )
      return
    }
    case 'rotate': {
      const rotated = await ask(
        'rotate',
        shown,
        () => sessions.rotate(headers),
        (answer) => (answer.status === 'done' ? { made: answer.session.handle } : {}),
      )
      if (rotated.status === 'done') await show(user, rotated.session.handle, rotated.setCookie)
      return
    }
    case 'list':
      await ask(
        'list',
        shown,
        () => sessions.list(headers),
        (listed) => (listed.status === 'done' ? { count: listed.devices.length } : {}),
      )
      return
    case 'signOut':
      await ask('signOut', shown, () => sessions.revokeCurrent(headers), counted)
      return
    case 'endByHandle': {
      const target = (await pick(user))?.handle ?? ''
      await ask(
        'endByHandle',
        shown,
        () => sessions.revokeByHandle(headers, target),
        (ended) => ({
          target,
          ...counted(ended),
        }),
      )
      return
    }
    case 'endOthers':
      await ask('endOthers', shown, () => sessions.revokeOthers(headers), counted)
  }
}

/** A login: it begins, some time goes by, it is done. */
async function signIn(sessions: Sessions, user: string): Promise<void> {
  const authenticatedAt = Date.now()
  const since = await ticket()
  if (random.below(3) === 0) await sleep(random.below(4))
  const created = await ask(
    'signIn',
    { user },
    () => sessions.create(head(), user, { authenticatedAt }),
    (answer) => ({
      since,
      ...(answer.status === 'created' && { made: answer.session.handle, count: answer.evicted }),
    }),
  )
  if (created.status === 'created') await show(user, created.session.handle, created.setCookie)
}

/** Many sign-ins of one user at once, by all workers; the first one looks on. */
async function bursts(): Promise<void> {
  for (let burst = 0; burst < task.bursts; burst += 1) {
    const { user, refuses } = burstUser(burst)
    const share = Math.floor((BURST + task.worker) / task.workers)
    await all(`burst ${burst}`)
    const signIns = Promise.all(
      Array.from({ length: share }, () => signIn(refuses ? refusing : sessions, user)),
    )
    if (task.worker === 0) {
      let over = false
      signIns.finally(() => (over = true))
      while (!over) await count(user, 'so far')
    }
    await signIns
    await all(`end of burst ${burst}`)
    if (task.worker === 0) await count(user, 'in the end')
  }
}

/** When all is over and the grace of every rotation with it: who is alive? */
async function graceAndSweep(): Promise<void> {
  await all('operations')
  await sleep(task.grace)
  let next = 0
  const sweep = async () => {
    for (let shown = made[next++]; shown !== undefined; shown = made[next++]) {
      const { headers } = shown
      await ask('sweep', shown, () => sessions.check(headers))
    }
  }
  await Promise.all(Array.from({ length: LANES }, sweep))
  await all('sweep')
}

/** How many sessions are in use in the store itself. */
async function count(user: string, answer: string): Promise<void> {
  const values = (await board.command('HVALS', userKey(user))) as string[]
  const count = values.filter((value) => value.startsWith('Aa')).length
  note({ op: 'count', user, session: '', begun: 0, done: 0, from: 0, to: 0, answer, count })
}

/** Asks, draws a ticket before and after, and notes the answer. */
async function ask<A extends { readonly status: string }>(
  op: Op,
  { user, handle = '' }: { readonly user: string; readonly handle?: string },
  question: () => Promise<A>,
  more: (answer: A) => Partial<Entry> = () => ({}),
): Promise<A> {
  const begun = await ticket()
  const from = Date.now()
  const answer = await question()
  const to = Date.now()
  const done = await ticket()
  const cause = 'cause' in answer ? ` ${answer.cause}` : ''
  note({ op, user, session: handle, begun, done, from, to, answer: answer.status + cause, ...more(answer) })
  return answer
}

function note(entry: Entry): void {
  log.write(`${JSON.stringify(entry)}\n`)
}

function counted(ended: Ended): Partial<Entry> {
  return ended.status === 'done' ? { count: ended.count } : {}
}

async function ticket(): Promise<number> {
  return Number(await board.command('INCR', 'ticket'))
}

/** Shows a cookie to all workers, and forgets the oldest. */
async function show(user: string, handle: string, setCookie: string): Promise<void> {
  const cookie = setCookie.split(';', 1)[0] ?? ''
  made.push({ user, handle, headers: head(cookie) })
  await board.command('LPUSH', `board ${user}`, `${handle} ${cookie}`)
  await board.command('LTRIM', `board ${user}`, '0', String(KNOWN - 1))
}

/** A cookie of this user that somebody was given, rather a new one: most of the old are of sessions that have ended. */
async function pick(user: string): Promise<Shown | undefined> {
  const place = Math.min(random.below(KNOWN), random.below(KNOWN))
  const text = (await board.command('LINDEX', `board ${user}`, String(place))) as string | null
  if (text === null) return undefined
  const [handle = '', cookie] = text.split(' ')
  return { user, handle, headers: head(cookie) }
}

function head(cookie?: string): Headers {
  const headers = new Headers({ 'user-agent': USER_AGENT })
  if (cookie !== undefined) {
    headers.set('cookie', cookie)
    headers.set(ADDRESS_HEADER, ADDRESSES[random.below(ADDRESSES.length)] ?? '')
  }
  return headers
}

/** Waits until all workers have come here. */
async function all(where: string): Promise<void> {
  const key = `arrived at ${where}`
  await board.command('INCR', key)
  while (Number(await board.command('GET', key)) < task.workers) await sleep(2)
}
