// The native crate as one more implementation: a driver that speaks its sessions over standard streams, a line each.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { SessionConfig } from 'twogate'
import type { Asking, RequestHeaders, SessionEvent, Sessions } from 'twogate/dal'
import { plainEnvironment } from '../../support/children.ts'
import type { Store } from './session.ts'

const DRIVER = join(import.meta.dirname, '../../../target/debug/examples/driver')

/** Where the driver keeps sessions: a Redis, or the memory of its process. */
export interface At {
  readonly url: string | null
  /** Milliseconds. */
  readonly timeout: number
}

interface Line {
  readonly id?: number
  readonly answer?: unknown
  readonly error?: string
  readonly sessions?: number
  readonly event?: SessionEvent
  readonly sent?: string[]
}

interface Waiting {
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: Error) => void
}

export class RustDriver {
  /** Told of each command to the memory store. */
  onSent: (args: string[]) => void = () => {}
  readonly #child
  readonly #waiting = new Map<number, Waiting>()
  readonly #hooks = new Map<number, (event: SessionEvent) => void>()
  #ids = 0
  #ended: Error | undefined

  constructor() {
    if (!existsSync(DRIVER)) throw new Error(`${DRIVER} is missing: npm test -- --only contract builds it`)
    // It ends with its standard input, hence with this process.
    this.#child = spawn(DRIVER, { env: plainEnvironment(), stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(JSON.parse(line) as Line))
    this.#child.once('close', (code) => {
      this.#ended = new Error(`the driver has ended with ${code}`)
      for (const { reject } of this.#waiting.values()) reject(this.#ended)
    })
  }

  /** The store itself, for commands by hand. */
  store(at: At): Store {
    return { send: (args, { key, write }) => this.#ask('send', { store: at, args, key, write }) }
  }

  /** The same functions as `createSessions` makes, answered by the native crate. */
  sessions(config: SessionConfig, at: At, onEvent: (event: SessionEvent) => void): Sessions {
    const { home: _home, clientAddress = 'unknown', keys, ...rest } = config
    const sessions = ++this.#ids
    this.#hooks.set(sessions, onEvent)
    const opened = this.#ask('open', {
      sessions,
      config: { ...rest, clientAddress },
      secret: `${keys().secret}`,
      store: at,
    })
    // Whoever asks these sessions is told; until then nobody is.
    opened.catch(() => {})
    const names = ['cookie', 'user-agent', addressHeader(config)]
    const from = (headers: RequestHeaders, { cookie, notBefore = 0 }: Asking) => {
      const pairs = names.map((name) => [
        name,
        name === 'cookie' ? (cookie ?? headers.get(name)) : headers.get(name),
      ])
      return {
        sessions,
        headers: pairs.filter(([, value]) => value !== null),
        notBefore: milliseconds(notBefore),
      }
    }
    const ask = async <A>(op: string, more: object): Promise<A> => {
      await opened
      return (await this.#ask(op, more)) as A
    }
    return {
      check: (headers, { issue = false, data = false, ...asking } = {}) =>
        ask('check', { from: from(headers, asking), issue, data }),
      touch: (headers, asking = {}) => ask('touch', { from: from(headers, asking) }),
      create: (headers, userId, { authenticatedAt, authLevel = 0, scope, ...asking } = {}) =>
        ask('create', {
          from: from(headers, asking),
          userId: utf8(userId),
          scope,
          authenticatedAt: authenticatedAt === undefined ? undefined : milliseconds(authenticatedAt),
          authLevel: level(authLevel),
        }),
      rotate: (headers, { scope, authLevel } = {}, asking = {}) =>
        ask('rotate', {
          from: from(headers, asking),
          scope,
          authLevel: authLevel === undefined ? undefined : level(authLevel),
        }),
      readData: (headers, asking = {}) => ask('readData', { from: from(headers, asking) }),
      writeData: (headers, { text, version }, asking = {}) =>
        ask('writeData', { from: from(headers, asking), text: utf8(text), version }),
      revokeCurrent: (headers, asking = {}) => ask('revokeCurrent', { from: from(headers, asking) }),
      revokeByHandle: (headers, handle, asking = {}) =>
        ask('revokeByHandle', { from: from(headers, asking), handle: utf8(handle) }),
      revokeOthers: (headers, asking = {}) => ask('revokeOthers', { from: from(headers, asking) }),
      revokeAll: (userId) => ask('revokeAll', { sessions, userId }),
      list: (headers, asking = {}) => ask('list', { from: from(headers, asking) }),
      refuseCrossSite: () => unasked('refuseCrossSite'),
      removal: () => unasked('removal'),
      safeNext: () => unasked('safeNext'),
    }
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.stdin.end()
    await closed
  }

  #ask(op: string, more: object): Promise<unknown> {
    const id = ++this.#ids
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended)
      this.#waiting.set(id, { resolve, reject })
      this.#child.stdin.write(`${JSON.stringify({ id, op, ...more })}\n`)
    })
  }

  #take({ id, answer, error, sessions, event, sent }: Line): void {
    if (sent !== undefined) this.onSent(sent)
    if (sessions !== undefined && event !== undefined) this.#hooks.get(sessions)?.(event)
    if (id === undefined) return
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(answer)
    else waiting?.reject(new Error(error))
  }
}

function addressHeader({ clientAddress }: SessionConfig): string {
  return clientAddress !== undefined && 'header' in clientAddress ? clientAddress.header : 'x-forwarded-for'
}

/** A time as Rust takes it: a whole number; JSON makes null of what is none. */
function milliseconds(time: number): number {
  return time === Number.POSITIVE_INFINITY ? Number.MAX_SAFE_INTEGER : time
}

/** A level as Rust takes it, eight bits: what is none becomes one that core refuses. */
function level(number: number): number {
  return Number.isInteger(number) && number >= 0 && number < 256 ? number : 255
}

/** Half a surrogate pair cannot cross: no text in Rust holds one. */
function utf8(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8')
}

function unasked(name: string): never {
  throw new Error(`the contract does not ask for ${name}`)
}
