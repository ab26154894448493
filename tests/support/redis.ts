// A real redis-server of the tests' own: started on a free port, stopped, frozen, restarted, and listened to.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Child, plainEnvironment } from './children.ts'
import { Monitor } from './monitor.ts'
import { freePort } from './ports.ts'
import { Client, type Reply } from './resp.ts'
import { until } from './until.ts'

export interface ServerOptions {
  /** Variables of its process. */
  readonly environment?: Record<string, string>
  /** Lines of an ACL file. */
  readonly acl?: string
}

export class RedisServer {
  readonly port: number
  readonly #directory: string
  readonly #options: ServerOptions
  readonly #monitors: Monitor[] = []
  #child: Child | undefined
  #client: Client | undefined

  private constructor(port: number, directory: string, options: ServerOptions) {
    this.port = port
    this.#directory = directory
    this.#options = options
  }

  /** Starts an empty server on a free port of 127.0.0.1 and waits until it answers. */
  static async start(options: ServerOptions = {}): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), 'twogate-redis-'))
    const server = new RedisServer(await freePort(), directory, options)
    await server.restart()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts the server again on its port, with the data that `stop` saved; the monitors listen again. */
  async restart(): Promise<void> {
    const { acl, environment } = this.#options
    const users = join(this.#directory, 'users.acl')
    if (acl !== undefined) await writeFile(users, acl)
    const child = new Child(
      'redis-server',
      [
        ...['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#directory],
        ...['--save', '', '--appendonly', 'no', '--loglevel', 'warning'],
        ...(acl === undefined ? [] : ['--aclfile', users]),
      ],
      { env: plainEnvironment(environment) },
    )
    this.#child = child
    this.#client = await until(`redis-server on port ${this.port}`, async () => {
      if (!child.running) throw new Error(`redis-server has ended: ${child.tail}`)
      const client = await Client.open(this.port)
      if ((await client.command('PING')) === 'PONG') return client
      client.close()
      return undefined
    })
    for (const monitor of this.#monitors) await monitor.listen(this.#client)
  }

  /** Stops the server by its pid. With `keepData` the data are there again after `restart`. */
  async stop(options: { keepData: boolean }): Promise<void> {
    if (options.keepData) await this.command('SAVE')
    else await rm(join(this.#directory, 'dump.rdb'), { force: true })
    for (const monitor of this.#monitors) await monitor.drain()
    this.#client?.close()
    this.#client = undefined
    await this.#child?.stop()
  }

  /** Freezes the process: connections stay open and nothing answers. */
  freeze(): void {
    this.#child?.kill('SIGSTOP')
  }

  thaw(): void {
    this.#child?.kill('SIGCONT')
  }

  /** Sends one command over the tests' own connection, which the monitors leave out. */
  command(...args: string[]): Promise<Reply> {
    if (this.#client === undefined) return Promise.reject(new Error('redis-server is stopped'))
    return this.#client.command(...args)
  }

  /** Listens to the commands of all other clients from now on. */
  async monitor(): Promise<Monitor> {
    if (this.#client === undefined) throw new Error('redis-server is stopped')
    const monitor = new Monitor(this.port)
    await monitor.listen(this.#client)
    this.#monitors.push(monitor)
    return monitor
  }

  /** Ends the server for good and removes its directory. */
  async close(): Promise<void> {
    for (const monitor of this.#monitors.splice(0)) monitor.close()
    this.#client?.close()
    this.#client = undefined
    this.thaw()
    await this.#child?.stop()
    await rm(this.#directory, { recursive: true, force: true })
  }
}
