// `twogate/redis`: Redis through the client you already have. One function carries the commands.
import type { CommandInfo, Store } from './store.js'

/** Sends one command to Redis. */
export type Send = (args: string[], info: CommandInfo) => Promise<unknown>

export interface RedisStoreOptions {
  /** Milliseconds after which a command counts as failed. Default 1000. */
  readonly timeout?: number
}

/** A store over one function that sends a command. Every failure and every silence is bounded in time. */
export function redisStore(send: Send, options: RedisStoreOptions = {}): Store {
  const { timeout = 1000 } = options
  return { send: async (args, info) => flat(await within(timeout, send(args, info))) }
}

/** node-redis (`redis`), 5 or later: a client or a pool. Connects at the first command if nobody did before. */
export function nodeRedis(client: {
  readonly isOpen: boolean
  connect(): Promise<unknown>
  on(event: 'error', listener: (error: unknown) => void): unknown
  listenerCount(event: 'error'): number
  sendCommand(args: string[]): Promise<unknown>
}): Send {
  // Without a listener a lost connection would end the process; the commands that fail say what happened.
  if (client.listenerCount('error') === 0) client.on('error', () => {})
  return (args) => {
    // Connecting goes on in the background however long it takes; the command's own limit bounds the request.
    if (!client.isOpen) client.connect().catch(() => {})
    return client.sendCommand(args)
  }
}

/** ioredis, 5 or later. */
export function ioRedis(client: { call(command: string, ...args: string[]): Promise<unknown> }): Send {
  return ([command = '', ...args]) => client.call(command, ...args)
}

/** Upstash's REST client. A global database reads from replicas: a revocation can lag there. */
export function upstashRedis(client: { exec(args: [string, ...string[]]): Promise<unknown> }): Send {
  return ([command = '', ...args]) => client.exec([command, ...args])
}

/** Maps (RESP3, REST) as flat lists, the way RESP2 answers. */
function flat(reply: unknown): unknown {
  if (Array.isArray(reply) || reply === null || typeof reply !== 'object') return reply
  return (reply instanceof Map ? [...reply] : Object.entries(reply)).flat()
}

async function within<T>(timeout: number, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('TIMEOUT')), timeout)
  })
  try {
    return await Promise.race([promise, limit])
  } finally {
    clearTimeout(timer)
  }
}
