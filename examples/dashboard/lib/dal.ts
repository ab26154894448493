// The second check: does the session still live? Sessions are kept in Redis, or in memory when REDIS_URL is not set.
import 'server-only'
import { createClient } from 'redis'
import { memoryStore } from 'twogate/memory'
import { createDal } from 'twogate/next'
import { nodeRedis, redisStore } from 'twogate/redis'
import { session } from '@/session.config'

function connect(url: string) {
  const client = createClient({ url, commandOptions: { timeout: 1_000 } })
  client.on('error', (error) => console.error('Redis:', String(error)))
  client.connect().catch(() => {}) // reported by the error event
  return redisStore(nodeRedis(client))
}

type Store = Parameters<typeof createDal>[1]['store']
// On globalThis, because Next.js may load this file more than once in a process.
const shared = globalThis as { sessionStore?: Store }
shared.sessionStore ??= process.env.REDIS_URL ? connect(process.env.REDIS_URL) : memoryStore()

const dal = createDal(session, { store: shared.sessionStore })
export const { verifySession, requireSession, createSession, deleteSession } = dal
export const { listSessions, revokeSession, revokeOtherSessions, safeNext, refuse, sessionRoutes } = dal
