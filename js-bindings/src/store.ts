// A store: one function that carries a command, and the carrying of an operation.
import type { Operation } from './wasm/full.js'

/** What a client that routes or reads from replicas needs to know of a command. */
export interface CommandInfo {
  /** The one key of the command. */
  readonly key: string
  /** Whether it may write: never to a replica, never sent twice. */
  readonly write: boolean
}

/** Where sessions are kept. */
export interface Store {
  /** Sends one command; resolves to null, a number, a string or an array of these; rejects with the store's error. */
  send(args: string[], info: CommandInfo): Promise<unknown>
  /** Keeps sessions in this process only. */
  readonly volatile?: boolean
}

/** Carries an operation to its answer. The store's errors become answers too: this rejects for no store. */
export async function carry<A>(store: Store, operation: Operation): Promise<A> {
  try {
    for (let args = operation.command(); args; args = operation.command()) {
      try {
        operation.resume(await store.send(args, { key: operation.key() ?? '', write: operation.write() }))
      } catch (error) {
        operation.fail(error instanceof Error ? error.message : String(error))
      }
    }
    return JSON.parse(operation.answer()) as A
  } finally {
    operation.free()
  }
}
