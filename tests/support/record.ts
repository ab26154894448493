// A session's record in Redis, read and changed through the offset table of tests/vectors/record.json.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RedisServer } from './redis.ts'

interface Vectors {
  readonly offsets: { readonly last_seen: readonly [start: number, length: number] }
}

export interface StoredRecord {
  readonly key: string
  readonly field: string
  readonly record: string
}

/** All session records in a Redis, whoever they belong to. */
export async function records(redis: RedisServer): Promise<StoredRecord[]> {
  const found: StoredRecord[] = []
  for (const key of (await redis.command('KEYS', '*')) as string[]) {
    const pairs = (await redis.command('HGETALL', key)) as string[]
    for (let i = 0; i + 1 < pairs.length; i += 2) {
      const [field = '', record = ''] = pairs.slice(i, i + 2)
      if (field.startsWith('s')) found.push({ key, field, record })
    }
  }
  return found
}

/** Seconds since 1970. */
export function lastSeen({ record }: StoredRecord): number {
  const [start, length] = offset()
  return Number.parseInt(record.slice(start, start + length), 36)
}

/** Writes the record back as if its session had been used `seconds` earlier than it was. */
export async function ageLastSeen(redis: RedisServer, stored: StoredRecord, seconds: number): Promise<void> {
  const [start, length] = offset()
  const earlier = (lastSeen(stored) - seconds).toString(36).padStart(length, '0')
  await redis.command(
    'HSET',
    stored.key,
    stored.field,
    stored.record.slice(0, start) + earlier + stored.record.slice(start + length),
  )
}

function offset(): readonly [number, number] {
  const text = readFileSync(join(import.meta.dirname, '../vectors/record.json'), 'utf8')
  return (JSON.parse(text) as Vectors).offsets.last_seen
}
