// The full module: instances behind wasm-bindgen's glue, each replaced after a trap (W4, F5).
import module from '#full-module'
import { bind } from './generated/full.glue.js'

export type { Operation, RequestFacts, Rules } from './generated/full.glue.js'

/** What an instance offers. */
export type Full = ReturnType<typeof bind>

/**
 * Makes a value in an instance of its own at first use, and once more, in a new one, after that instance trapped. Whatever
 * the old one held or was in the middle of is lost: its objects throw. So keys, requests and the memory store of one
 * configuration share no fate with another's.
 */
export function inOwnInstance<T>(make: (full: Full) => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= {
      value: make(
        instantiate(() => {
          made = undefined
        }),
      ),
    }
    return made.value
  }
}

// Synchronous, without top-level await: the glue and the bytes come from the same build.
function instantiate(onTrap: () => void): Full {
  const full = bind()
  const { exports } = new WebAssembly.Instance(module, {
    './full_bg.js': full as unknown as WebAssembly.ModuleImports,
  })
  const watched = Object.entries(exports).map(([name, it]) => [
    name,
    typeof it === 'function'
      ? (...args: unknown[]) => {
          try {
            return it(...args)
          } catch (error) {
            // Errors are answers in core and values in the glue. What is thrown has left frames on the stack of the
            // instance and perhaps half a change in its memory: a trap, or the host's own stack at its end.
            full.__wbg_set_wasm(LOST)
            onTrap()
            throw error
          }
        }
      : it,
  ])
  full.__wbg_set_wasm(Object.fromEntries(watched))
  const start = exports['__wbindgen_start']
  if (typeof start === 'function') start()
  return full
}

/** In place of the exports of an instance that trapped. Freeing is nothing: the collector frees objects at any time. */
const LOST = new Proxy<WebAssembly.Exports>(
  {},
  {
    get: (_, name) =>
      String(name).endsWith('free')
        ? () => undefined
        : () => {
            throw new Error(
              'twogate: lost to a trap in the WASM module; the next request meets a new instance',
            )
          },
  },
)
