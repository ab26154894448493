// A connection to Redis in its wire format (RESP2), as small as the tests allow. Nothing between the test and the server.

import { connect, type Socket } from 'node:net'

export type Reply = string | number | null | RedisError | Reply[]

export class RedisError extends Error {}

export class Connection {
  /** `127.0.0.1:port` of this end: how MONITOR names us. */
  readonly localAddress: string
  readonly #socket: Socket
  readonly #listener: (reply: Reply) => void
  #buffer: Buffer = Buffer.alloc(0)

  private constructor(socket: Socket, onReply: (reply: Reply) => void) {
    this.#socket = socket
    this.#listener = onReply
    this.localAddress = `${socket.localAddress}:${socket.localPort}`
    socket.on('data', (bytes) => this.#receive(bytes))
    socket.on('error', () => undefined)
  }

  static open(
    port: number,
    onReply: (reply: Reply) => void,
    onClose: () => void = () => undefined,
  ): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        socket.setNoDelay(true)
        socket.once('close', onClose)
        resolve(new Connection(socket, onReply))
      })
    })
  }

  send(args: readonly string[]): void {
    const parts = args.map((arg) => `$${Buffer.byteLength(arg)}\r\n${arg}\r\n`)
    this.#socket.write(`*${args.length}\r\n${parts.join('')}`)
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(bytes: Buffer): void {
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes])
    let offset = 0
    for (;;) {
      const parsed = parse(this.#buffer, offset)
      if (parsed === undefined) break
      offset = parsed.next
      this.#listener(parsed.reply)
    }
    this.#buffer = this.#buffer.subarray(offset)
  }
}

interface Waiting {
  readonly resolve: (reply: Reply) => void
  readonly reject: (error: Error) => void
}

/** One command after the other over one connection; an error reply is thrown. */
export class Client {
  readonly localAddress: string
  readonly #connection: Connection
  readonly #waiting: Waiting[]

  private constructor(connection: Connection, waiting: Waiting[]) {
    this.#connection = connection
    this.#waiting = waiting
    this.localAddress = connection.localAddress
  }

  static async open(port: number): Promise<Client> {
    const waiting: Waiting[] = []
    const connection = await Connection.open(
      port,
      (reply) => {
        const next = waiting.shift()
        if (reply instanceof RedisError) next?.reject(reply)
        else next?.resolve(reply)
      },
      () => {
        for (const one of waiting.splice(0)) one.reject(new Error('connection closed'))
      },
    )
    return new Client(connection, waiting)
  }

  command(...args: string[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#connection.send(args)
    })
  }

  close(): void {
    this.#connection.close()
  }
}

function parse(buffer: Buffer, offset: number): { reply: Reply; next: number } | undefined {
  const end = buffer.indexOf('\r\n', offset)
  if (end === -1) return undefined
  const line = buffer.toString('utf8', offset + 1, end)
  const next = end + 2
  switch (String.fromCharCode(buffer[offset] ?? 0)) {
    case '+':
      return { reply: line, next }
    case '-':
      return { reply: new RedisError(line), next }
    case ':':
      return { reply: Number(line), next }
    case '$': {
      const length = Number(line)
      if (length < 0) return { reply: null, next }
      if (buffer.length < next + length + 2) return undefined
      return { reply: buffer.toString('utf8', next, next + length), next: next + length + 2 }
    }
    case '*': {
      const count = Number(line)
      if (count < 0) return { reply: null, next }
      const items: Reply[] = []
      let at = next
      for (let i = 0; i < count; i += 1) {
        const item = parse(buffer, at)
        if (item === undefined) return undefined
        items.push(item.reply)
        at = item.next
      }
      return { reply: items, next: at }
    }
    default:
      throw new Error(`not RESP2: ${line}`)
  }
}
