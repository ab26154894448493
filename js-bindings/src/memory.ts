// `twogate/memory`: the embedded store, for development and tests. Core executes the commands as Redis would.
import type { Store } from './store.js'
import { inOwnInstance } from './wasm/full.js'

/** A framework may load this module more than once in a process: all copies share one store. */
const shared = globalThis as { [key: symbol]: Store | undefined }
const KEY = Symbol.for('twogate.memory')

/**
 * Sessions in this process. They end with it and are not shared with another: not for production, where `createDal`
 * warns of it. The same store for every caller of a process, unless `fresh`.
 */
export function memoryStore(options: { readonly fresh?: boolean } = {}): Store {
  if (options.fresh) return create()
  shared[KEY] ??= create()
  return shared[KEY]
}

function create(): Store {
  // A trap loses the sessions, as the end of the process does: the store goes on, empty.
  const memory = inOwnInstance(({ Memory }) => new Memory())
  return { volatile: true, send: async (args) => memory().execute(args, Date.now()) }
}
