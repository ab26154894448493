// The contract's backends of the native crate: its memory store, and its Redis store on a real Redis.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SessionConfig } from 'twogate'
import type { Sessions } from 'twogate/dal'
import { MemoryBackend, type OnEvent, RedisBackend, TIMEOUT } from './backend.ts'
import { RustDriver } from './rust.ts'
import type { Store } from './session.ts'

const ACL = join(import.meta.dirname, '../../../crates/session/redis.acl')
const IN_MEMORY = { url: null, timeout: TIMEOUT }

/** The memory store of the native crate, in the process of its driver. */
export class RustMemoryBackend extends MemoryBackend {
  override readonly name = 'memory in Rust'
  readonly isRust = true
  readonly #driver: RustDriver

  constructor() {
    const driver = new RustDriver()
    super(driver.store(IN_MEMORY))
    this.#driver = driver
    driver.onSent = (args) => this.note(args)
  }

  /** The driver says what it was sent. */
  override store(): Store {
    return this.#driver.store(IN_MEMORY)
  }

  override sessions(config: SessionConfig, onEvent: OnEvent): Sessions {
    return this.#driver.sessions(config, IN_MEMORY, onEvent)
  }

  override close(): Promise<void> {
    return this.#driver.close()
  }
}

const PASSWORD = 'hunter2'

/** The native crate on a Redis of its own, as the user of the ACL file that it ships. */
export function rustOnRedis(name: string, environment: Record<string, string> = {}): RedisBackend {
  // Two of the cases have prefixes of their own.
  const acl = readFileSync(ACL, 'utf8').replace('PASSWORD', PASSWORD).replace('~tg:*', '~tg:* ~one:* ~two:*')
  const user = 'twogate'
  return new RedisBackend(
    name,
    async (server) => {
      const url = server.url.replace('//', `//${user}:${PASSWORD}@`)
      const driver = new RustDriver()
      const { send } = driver.store({ url, timeout: TIMEOUT })
      return {
        send,
        sessions: (config, onEvent, timeout) => driver.sessions(config, { url, timeout }, onEvent),
        close: () => driver.close(),
      }
    },
    { isRust: true, user, server: { acl, environment } },
  )
}
