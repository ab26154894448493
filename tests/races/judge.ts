// Judges what all workers noted: whether anything that was ended came back, and whether a limit was passed.

import { type Entry, type Op, saysAlive } from './entry.ts'

/** How long a session that rotation replaced may go on, in milliseconds. */
const GRACE = 10_000

export interface Violation {
  readonly rule: 'resurrected' | 'outlived its grace' | 'above the limit' | 'lost update'
  readonly entry: Entry
  /** What it breaks with. */
  readonly because?: Entry
}

export interface Judgement {
  readonly violations: readonly Violation[]
  /** Operations by name and answer. */
  readonly answers: Readonly<Record<string, number>>
  /** How many operations were under way while something ended their session, by name. */
  readonly overlaps: Readonly<Record<string, number>>
  readonly sessions: number
  /** Sessions of which it is known that they were ended. */
  readonly ended: number
}

/** A session: how it began, and the first answer that ended it for certain. */
interface Life {
  readonly born: Entry
  /** Ticket when the authentication began that it goes back to. */
  readonly since: number
  readonly family: Set<string>
  ended?: Entry
  /** The rotation that replaced it. */
  replaced?: Entry
}

export function judge(entries: readonly Entry[], limit: number): Judgement {
  const lives = livesOf(entries)
  const endings = entries.filter(({ op, answer }) => ENDINGS.has(op) && answer === 'done')
  const livesByUser = groupBy([...lives], ([, { born }]) => born.user)
  for (const [user, ofUser] of groupBy(endings, (ending) => ending.user)) {
    markEnded(ofUser, livesByUser.get(user) ?? [], lives)
  }
  return {
    violations: [...entries.flatMap((entry) => broken(entry, lives, limit)), ...lostUpdates(entries)],
    answers: countBy(entries, ({ op, answer }) => `${op} ${answer}`),
    overlaps: overlaps(entries, endings, lives),
    sessions: lives.size,
    ended: [...lives.values()].filter(({ ended }) => ended !== undefined).length,
  }
}

/** Finds the first ending of each session of a user. */
function markEnded(
  endings: readonly Entry[],
  ofUser: readonly (readonly [string, Life])[],
  lives: ReadonlyMap<string, Life>,
): void {
  const coming = [...ofUser].sort(([, one], [, other]) => other.since - one.since)
  let open: (readonly [string, Life])[] = []
  for (const ending of [...endings].sort((one, other) => one.done - other.done)) {
    for (let next = coming.at(-1); next !== undefined && next[1].since < ending.done; next = coming.at(-1)) {
      open.push(next)
      coming.pop()
    }
    open = open.filter(([handle, life]) => {
      if (!ends(ending, handle, life, lives)) return true
      life.ended = ending
      return false
    })
  }
}

const ENDINGS = new Set<Op>(['signOut', 'endByHandle', 'endOthers', 'endAll'])

function livesOf(entries: readonly Entry[]): Map<string, Life> {
  const lives = new Map<string, Life>()
  const births = entries.filter(({ made }) => made !== undefined).sort((one, other) => one.done - other.done)
  for (const born of births) {
    const { made = '', op, session, since = 0 } = born
    // A rotation is noted after the birth of what it replaced: a session can ask once its own birth was answered.
    const before = op === 'rotate' ? lives.get(session) : undefined
    const family = before?.family ?? new Set<string>()
    family.add(made)
    lives.set(made, { born, since: before?.since ?? since, family })
    if (before !== undefined) before.replaced = born
  }
  return lives
}

/** Whether this answer means that the session is over, as of `ending.done` at the latest. */
function ends(ending: Entry, handle: string, life: Life, lives: ReadonlyMap<string, Life>): boolean {
  const wasThere = life.born.done < ending.begun
  switch (ending.op) {
    case 'endAll':
      // Also a sign-in that was under way.
      return life.since < ending.begun
    case 'endOthers':
      return wasThere && handle !== ending.session
    case 'signOut':
    case 'endByHandle': {
      const named = ending.op === 'signOut' ? ending.session : (ending.target ?? '')
      if (handle === named && ending.op === 'signOut') return true
      // It counts the one of the family that was in use: all of the family went with it.
      return wasThere && (ending.count ?? 0) > 0 && lives.get(named)?.family.has(handle) === true
    }
    default:
      return false
  }
}

function broken(entry: Entry, lives: ReadonlyMap<string, Life>, limit: number): Violation[] {
  const violations: Violation[] = []
  const life = lives.get(entry.session)
  const alive = saysAlive(entry)
  if (alive && life?.ended && entry.begun > life.ended.done) {
    violations.push({ rule: 'resurrected', entry, because: life.ended })
  }
  const made = entry.made === undefined ? undefined : lives.get(entry.made)
  if (made?.ended && entry.begun > made.ended.done) {
    violations.push({ rule: 'resurrected', entry, because: made.ended })
  }
  if (alive && life?.replaced && entry.from >= life.replaced.to + GRACE) {
    violations.push({ rule: 'outlived its grace', entry, because: life.replaced })
  }
  if ((entry.op === 'list' || entry.op === 'count') && (entry.count ?? 0) > limit) {
    violations.push({ rule: 'above the limit', entry })
  }
  return violations
}

/** Two writes that were both told to have made the same version of the same data. */
function lostUpdates(entries: readonly Entry[]): Violation[] {
  const written = new Map<string, Entry>()
  const violations: Violation[] = []
  for (const entry of entries) {
    if (entry.op !== 'write' || entry.answer !== 'done') continue
    const version = `${entry.session} ${entry.count}`
    const because = written.get(version)
    if (because) violations.push({ rule: 'lost update', entry, because })
    written.set(version, entry)
  }
  return violations
}

/** How often an operation met an ending of its session: without that nothing is proven. */
function overlaps(
  entries: readonly Entry[],
  endings: readonly Entry[],
  lives: ReadonlyMap<string, Life>,
): Record<string, number> {
  const sorted = [...endings].sort((one, other) => one.begun - other.begun)
  const byUser = groupBy(sorted, (ending) => ending.user)
  const longest = endings.reduce((most, { begun, done }) => Math.max(most, done - begun), 0)
  const met = entries.filter((entry) => {
    const handle = entry.op === 'signIn' ? entry.made : entry.session
    const life = lives.get(handle ?? '')
    if (ENDINGS.has(entry.op) || handle === undefined || life === undefined) return false
    const near = byUser.get(entry.user) ?? []
    for (let i = firstFrom(near, entry.begun - longest); i < near.length; i += 1) {
      const ending = near[i]
      if (ending === undefined || ending.begun > entry.done) return false
      if (ending.done > entry.begun && touches(ending, handle, life)) return true
    }
    return false
  })
  return countBy(met, ({ op }) => op)
}

/** Whether an ending is about this session. */
function touches(ending: Entry, handle: string, life: Life): boolean {
  if (ending.op === 'endAll') return true
  if (ending.op === 'endOthers') return ending.session !== handle
  return life.family.has(ending.op === 'signOut' ? ending.session : (ending.target ?? ''))
}

/** The first of those sorted by `begun` that begins at or after a ticket. */
function firstFrom(sorted: readonly Entry[], ticket: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle]?.begun ?? 0) < ticket) low = middle + 1
    else high = middle
  }
  return low
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(key(item))
    if (group) group.push(item)
    else groups.set(key(item), [item])
  }
  return groups
}

function countBy(entries: readonly Entry[], name: (entry: Entry) => string): Record<string, number> {
  const groups = [...groupBy(entries, name)].sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(groups.map(([group, { length }]) => [group, length]))
}
