// What the contract needs of a store beside its commands: a look at what is stored and at what was sent.

import type { SessionConfig } from 'twogate'
import { createSessions, type Sessions, type SessionsOptions } from 'twogate/dal'
import { memoryStore } from 'twogate/memory'
import { redisStore, type Send } from 'twogate/redis'
import type { Command, Monitor } from '../../support/monitor.ts'
import { RedisServer, type ServerOptions } from '../../support/redis.ts'
import type { Store } from './session.ts'

export type OnEvent = NonNullable<SessionsOptions['onEvent']>

export interface Backend {
  readonly name: string
  /** Whether a server is behind it, whose data can be changed by hand and which can fail. */
  readonly isRedis: boolean
  /** Whether the client takes text that looks like JSON for JSON: no text of ours does. */
  readonly readsJson?: boolean
  /** Whom the client signs in to the server as. */
  readonly user?: string
  /** The server behind it; none for the store in memory. */
  readonly server: RedisServer | undefined
  /** Whether answers are values of the native crate, brought over by its driver. */
  readonly isRust?: boolean
  /** A store over the same data; `timeout` in milliseconds. */
  store(timeout?: number): Store
  /** Sessions over it, of the implementation that this backend is about. */
  sessions(config: SessionConfig, onEvent: OnEvent, timeout?: number): Sessions
  open(): Promise<void>
  close(): Promise<void>
  /** Names and values of a user's hash; empty where there is no key. */
  fields(key: string): Promise<ReadonlyMap<string, string>>
  /** Overwrites a record behind the product's back. */
  put(key: string, field: string, record: string): Promise<void>
  /** Forgets the commands so far. */
  clear(): Promise<void>
  /** Commands since `clear`, as the server saw them (by MONITOR), without those that scripts made. */
  sent(): Promise<readonly Command[]>
  /** Commands that scripts made since `clear`; none where there is no server to ask. */
  scripted(): Promise<readonly Command[]>
  /** Every command since `open`, as text. */
  transcript(): Promise<string>
}

/** The embedded store. What it was sent is noted at its door: there is no server to ask. */
export class MemoryBackend implements Backend {
  readonly name: string = 'memory'
  readonly isRedis = false
  readonly server = undefined
  readonly #inner: Store
  readonly #all: string[] = []
  #sent: Command[] = []
  #create: string | undefined

  constructor(inner = memoryStore({ fresh: true })) {
    this.#inner = inner
  }

  store(): Store {
    return {
      ...this.#inner,
      send: (args, info) => {
        this.note(args)
        return this.#inner.send(args, info)
      },
    }
  }

  sessions(config: SessionConfig, onEvent: OnEvent): Sessions {
    return createSessions(config, { store: this.store(), onEvent })
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}

  async fields(key: string): Promise<ReadonlyMap<string, string>> {
    return pairs(await this.#send('HGETALL', key))
  }

  /** It has no HSET: the script that creates sessions stores any sound record. */
  async put(key: string, field: string, record: string): Promise<void> {
    if (this.#create === undefined) throw new Error('nothing was created yet')
    const now = Math.floor(Date.now() / 1000)
    await this.#send('HDEL', key, field)
    await this.#send(
      ...['EVALSHA', this.#create, '1', key, field, record, String(now)],
      ...[String(Number.MAX_SAFE_INTEGER), '1000', 'evict', '60'],
    )
  }

  async clear(): Promise<void> {
    this.#sent = []
  }

  async sent(): Promise<readonly Command[]> {
    return this.#sent
  }

  async scripted(): Promise<readonly Command[]> {
    return []
  }

  async transcript(): Promise<string> {
    return this.#all.join('\n')
  }

  protected note([name = '', ...args]: string[]): void {
    this.#sent.push({ source: 'memory', name, args })
    this.#all.push([name, ...args].join(' '))
    // The script of a creation is the one with seven arguments.
    if (name === 'EVALSHA' && args.length === 10) this.#create = args[0]
  }

  #send(...args: string[]): Promise<unknown> {
    return this.#inner.send(args, { key: args[1] ?? '', write: true })
  }
}

/** Milliseconds that a command may take where a case says nothing else. */
export const TIMEOUT = 5_000

/** A connected client of some library. */
export interface Connected {
  readonly send: Send
  /** Sessions through this client; `createSessions` over its store without. */
  readonly sessions?: (config: SessionConfig, onEvent: OnEvent, timeout: number) => Sessions
  close(): Promise<unknown>
}

interface RedisBackendOptions {
  readonly readsJson?: boolean
  readonly isRust?: boolean
  readonly user?: string
  readonly server?: ServerOptions
}

/** A real redis-server of its own, through a client library. */
export class RedisBackend implements Backend {
  readonly name: string
  readonly isRedis = true
  readonly #connect: (server: RedisServer) => Promise<Connected>
  #server: RedisServer | undefined
  #monitor: Monitor | undefined
  #client: Connected | undefined

  readonly readsJson: boolean
  readonly isRust: boolean
  readonly user: string
  readonly #options: ServerOptions

  constructor(
    name: string,
    connect: (server: RedisServer) => Promise<Connected>,
    { readsJson = false, isRust = false, user = 'default', server = {} }: RedisBackendOptions = {},
  ) {
    this.name = name
    this.readsJson = readsJson
    this.isRust = isRust
    this.user = user
    this.#options = server
    this.#connect = connect
  }

  get server(): RedisServer {
    if (this.#server === undefined) throw new Error('the server is not started')
    return this.#server
  }

  store(timeout = TIMEOUT): Store {
    return redisStore((args, info) => this.#open.client.send(args, info), { timeout })
  }

  sessions(config: SessionConfig, onEvent: OnEvent, timeout = TIMEOUT): Sessions {
    const { sessions } = this.#open.client
    return (
      sessions?.(config, onEvent, timeout) ?? createSessions(config, { store: this.store(timeout), onEvent })
    )
  }

  async open(): Promise<void> {
    this.#server = await RedisServer.start(this.#options)
    this.#monitor = await this.#server.monitor()
    this.#client = await this.#connect(this.#server)
  }

  async close(): Promise<void> {
    await this.#client?.close()
    await this.#server?.close()
  }

  async fields(key: string): Promise<ReadonlyMap<string, string>> {
    return pairs(await this.server.command('HGETALL', key))
  }

  async put(key: string, field: string, record: string): Promise<void> {
    await this.server.command('HSET', key, field, record)
  }

  async clear(): Promise<void> {
    await (await this.#listening()).clear()
  }

  async sent(): Promise<readonly Command[]> {
    return (await this.#listening()).sent()
  }

  async scripted(): Promise<readonly Command[]> {
    return (await this.#listening()).scripted()
  }

  async transcript(): Promise<string> {
    const monitor = await this.#listening()
    await monitor.drain()
    return monitor.transcript.join('\n')
  }

  /** Fails where the server did not come back; the monitor would wait for it. */
  async #listening(): Promise<Monitor> {
    await this.server.command('PING')
    return this.#open.monitor
  }

  get #open() {
    if (this.#client === undefined || this.#monitor === undefined) throw new Error('not open')
    return { client: this.#client, monitor: this.#monitor }
  }
}

function pairs(reply: unknown): ReadonlyMap<string, string> {
  const flat = reply as readonly string[]
  const map = new Map<string, string>()
  for (let i = 0; i + 1 < flat.length; i += 2) map.set(flat[i] ?? '', flat[i + 1] ?? '')
  return map
}
