// What other clients send to Redis, seen through the server's own MONITOR.

import { type Client, Connection, type Reply } from './resp.ts'

/** One command as Redis ran it. */
export interface Command {
  /** `127.0.0.1:port` of the client, or `lua` for a call made by a script. */
  readonly source: string
  /** In upper case. */
  readonly name: string
  readonly args: readonly string[]
}

const WRITES = new Set([
  'EVAL',
  'EVALSHA',
  'FCALL',
  'HSET',
  'HSETNX',
  'HSETEX',
  'HMSET',
  'HDEL',
  'DEL',
  'UNLINK',
  'SET',
  'EXPIRE',
  'PEXPIRE',
  'EXPIREAT',
  'PEXPIREAT',
])

export class Monitor {
  /** Every line since the monitor began, over restarts and clears: what must never hold a secret. */
  readonly transcript: string[] = []
  readonly #port: number
  readonly #own = new Set<string>()
  readonly #markers = new Map<string, () => void>()
  #commands: Command[] = []
  #connection: Connection | undefined
  #client: Client | undefined
  #drained = 0

  constructor(port: number) {
    this.#port = port
  }

  /** Opens (again) a connection that only monitors. Commands of `client` are the tests' own and are left out. */
  async listen(client: Client): Promise<void> {
    this.#connection?.close()
    this.#client = client
    this.#own.add(client.localAddress)
    await new Promise<void>((resolve, reject) => {
      Connection.open(this.#port, (reply) => (reply === 'OK' ? resolve() : this.#take(reply))).then(
        (connection) => {
          this.#connection = connection
          connection.send(['MONITOR'])
        },
        reject,
      )
    })
  }

  /** Waits until all that Redis has run before this call has arrived here. */
  async drain(): Promise<void> {
    if (this.#client === undefined) throw new Error('the monitor is not listening')
    this.#drained += 1
    const marker = `drained-${this.#drained}`
    const seen = new Promise<void>((resolve) => this.#markers.set(marker, resolve))
    await this.#client.command('ECHO', marker)
    await seen
  }

  /** Forgets the commands so far, also those still on their way. */
  async clear(): Promise<void> {
    await this.drain()
    this.#commands = []
  }

  /** The commands that clients sent since `clear`, without those that scripts made. */
  async sent(): Promise<readonly Command[]> {
    await this.drain()
    return this.#commands.filter((command) => command.source !== 'lua')
  }

  /** The commands that scripts ran since `clear`. */
  async scripted(): Promise<readonly Command[]> {
    await this.drain()
    return this.#commands.filter((command) => command.source === 'lua')
  }

  close(): void {
    this.#connection?.close()
    this.#connection = undefined
    this.#client = undefined
  }

  #take(reply: Reply): void {
    if (typeof reply !== 'string') return
    const line = /^[\d.]+ \[\d+ (\S+)\] (.*)$/s.exec(reply)
    if (line === null) return
    const [, source = '', rest = ''] = line
    const [name = '', ...args] = words(rest)
    if (this.#own.has(source)) {
      const [marker = ''] = args
      this.#markers.get(marker)?.()
      this.#markers.delete(marker)
      return
    }
    this.transcript.push(reply)
    this.#commands.push({ source, name: name.toUpperCase(), args })
  }
}

/** Whether a command changes data, by its name; a script counts as a write. */
export function isWrite(command: Command): boolean {
  return WRITES.has(command.name)
}

const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' }

/** The words of a MONITOR line, as Redis quotes them. */
function words(line: string): string[] {
  return Array.from(line.matchAll(/"((?:[^"\\]|\\.)*)"/gs), ([, quoted = '']) =>
    quoted.replace(/\\(?:x([0-9a-f]{2})|(.))/gs, (_, hex: string | undefined, one: string | undefined) =>
      hex === undefined ? (ESCAPES[one ?? ''] ?? one ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
    ),
  )
}
