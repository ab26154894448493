// Hosts that do it wrong, in ways that are common: the judge has to notice.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionsOptions } from 'twogate/dal'
import type { Planted } from './task.ts'

type Store = SessionsOptions['store']

const LUA = join(import.meta.dirname, '../../crates/core/src/session/lua')
const sha1 = (name: string) =>
  createHash('sha1')
    .update(readFileSync(join(LUA, 'shared.lua')))
    .update(readFileSync(join(LUA, `${name}.lua`)))
    .digest('hex')

/** The store with a mistake in front. */
export function plant(store: Store, planted: Planted): Store {
  return { ...store, send: MISTAKES[planted](store) }
}

const MISTAKES: Record<Planted, (store: Store) => Store['send']> = {
  // What connect-redis and many others do: HSET of the whole record, without looking whether it is still there.
  'touch writes back what was read': (store) => {
    const touch = sha1('touch')
    const read = new Map<string, string>()
    return async (args, info) => {
      const [name, , , key = '', field = ''] = args
      if (name === 'EVALSHA' && args[1] === touch) {
        const record = read.get(`${key} ${field}`)
        if (record === undefined) return 0
        await store.send(['HSET', key, field, record], info)
        return 1
      }
      const reply = await store.send(args, info)
      if (name === 'HMGET' && Array.isArray(reply) && typeof reply[0] === 'string') {
        read.set(`${args[1]} ${args[2]}`, reply[0])
      }
      return reply
    }
  },
  'revoke-all forgets not-before': (store) => {
    const revokeAll = sha1('revoke_all')
    return async (args, info) => {
      const reply = await store.send(args, info)
      if (args[1] === revokeAll) await store.send(['HDEL', info.key, 'e'], info)
      return reply
    }
  },
  'no limit': (store) => {
    const create = sha1('create')
    return (args, info) =>
      store.send(args[1] === create ? [...args.slice(0, 8), '1000', ...args.slice(9)] : args, info)
  },
}
