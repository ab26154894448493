// A REST gateway in front of a real Redis, not a mock: carries JSON commands to the server and its answers back, as Upstash's REST API does.

import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createClient, ErrorReply } from 'redis'

export interface Gateway {
  readonly url: string
  close(): Promise<void>
}

type Answer = { readonly result: unknown } | { readonly error: string }

/** Serves `POST /` (one command) and `POST /pipeline` (a list) for a Redis at `redisUrl`. */
export async function startGateway(redisUrl: string, token: string): Promise<Gateway> {
  const redis = createClient({
    url: redisUrl,
    // REST answers as RESP2 does: maps are flat lists.
    RESP: 2,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: 50 },
  })
  redis.on('error', () => {})
  await redis.connect()

  async function run(command: readonly string[], encode: (text: string) => string): Promise<Answer> {
    try {
      return { result: encoded(await redis.sendCommand([...command]), encode) }
    } catch (error) {
      // What Redis answers is an answer; a lost connection is not.
      if (error instanceof ErrorReply) return { error: error.message }
      throw error
    }
  }

  const server = createServer(async (request, response) => {
    const reply = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    try {
      if (request.headers.authorization !== `Bearer ${token}`)
        return reply(401, { error: 'WRONGPASS invalid token' })
      const inBase64 = request.headers['upstash-encoding'] === 'base64'
      const encode = (text: string) => (inBase64 ? Buffer.from(text, 'utf8').toString('base64') : text)
      const body = JSON.parse(await text(request)) as unknown
      if (request.url === '/pipeline') {
        const answers = await Promise.all(
          (body as string[][]).map((command) => run(command.map(String), encode)),
        )
        return reply(200, answers)
      }
      const answer = await run((body as unknown[]).map(String), encode)
      return reply('error' in answer ? 400 : 200, answer)
    } catch {
      // As a proxy answers whose upstream is away: a status and no JSON.
      response.writeHead(502, { 'content-type': 'text/plain' })
      response.end('Bad Gateway')
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      redis.destroy()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** Strings in the encoding that was asked for; the client takes `OK` as it is. */
function encoded(reply: unknown, encode: (text: string) => string): unknown {
  if (Array.isArray(reply)) return reply.map((item) => encoded(item, encode))
  return typeof reply === 'string' && reply !== 'OK' ? encode(reply) : reply
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
