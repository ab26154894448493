// `twogate/verify`: the plain first check. A token in, a verdict out; synchronous, no I/O, no framework.
import module from '#edge-module'
import type { Denied } from './denied.js'
import { DENIED_AT_EDGE } from './denied-at-edge.js'
import type * as wasm from './wasm/generated/edge.glue.js'

/** What a token is worth. Times in seconds since 1970. Only the full check lets a request touch data. */
export type Verdict =
  | {
      /** `fresh`: worth forwarding. `stale`: the signature holds, to be renewed by a full check. */
      readonly status: 'fresh' | 'stale'
      readonly userId: string
      readonly scope: readonly string[]
      readonly issuedAt: number
      readonly expiresAt: number
    }
  | { readonly status: 'denied'; readonly reason: Denied }

export interface VerifierOptions {
  /** Derived keys, as `deriveEdgeKeys` of `twogate/keys` prints them. Default `TWOGATE_EDGE_KEYS`. */
  readonly edgeKeys?: string | undefined
  /** How far in the future a token may have been issued, in seconds. Default 30. */
  readonly clockSkew?: number
  /** The longest absolute timeout of any session, in seconds. Default 12 hours. */
  readonly absoluteTimeout?: number
}

type Exports = Omit<typeof wasm, '__wbg_set_wasm'> & { readonly memory: WebAssembly.Memory }

// The places of the module's memory, as crates/wasm/src/token.rs lays them out: times, input, payload.
const INPUT = 16
const INPUT_LENGTH = 1024
/** Behind `{"sid":"`, the session id and `","sub":"`. */
const USER_ID = INPUT + INPUT_LENGTH + 39
/** From the end of a user id to the scope, where there is one: `","scope":"`. */
const SCOPE_GAP = 11
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Makes a verifier. It takes edge keys alone: the root secret has no business where this runs.
 * @throws where there are none, or they are no edge keys.
 */
export function createVerifier({
  edgeKeys = globalThis.process?.env['TWOGATE_EDGE_KEYS'],
  clockSkew = 30,
  absoluteTimeout = 43_200,
}: VerifierOptions = {}): (token: string, now?: number) => Verdict {
  // Instances are cheap, and each holds one key ring: keys of two never meet in one memory.
  const exports = new WebAssembly.Instance(module).exports as unknown as Exports
  // The module never grows its memory, so the views stay good.
  const { buffer } = exports.memory
  const start = exports.start()
  const times = new Float64Array(buffer, start, 2)
  const input = new Uint8Array(buffer, start + INPUT, INPUT_LENGTH)
  const output = new Uint8Array(buffer, start + USER_ID)
  /** The length in bytes; one that no input has where the text does not fit. */
  const write = (text: string) => {
    const { read, written } = encoder.encodeInto(text, input)
    return read === text.length ? written : -1
  }
  // A view for each length is kept: making one takes a third of the time of reading.
  const views: Uint8Array[] = []
  const view = (length: number) => {
    views[length] ??= output.subarray(0, length)
    return views[length]
  }

  if (!exports.set_keys(write(`${edgeKeys}`), clockSkew, absoluteTimeout)) {
    throw new Error('twogate: set TWOGATE_EDGE_KEYS to what deriveEdgeKeys of twogate/keys prints')
  }

  return (token, now = Date.now() / 1000) => {
    // A number that is no time is a denial, not the year 1970.
    if (!(now >= 0)) return { status: 'denied', reason: 'issued_in_future' }
    // Callers without types hand in what a cookie jar gave them.
    if (typeof token !== 'string') return { status: 'denied', reason: 'malformed' }
    const verdict = exports.verify_token(write(token), now)
    const status = verdict & 0xff
    if (status > 1) return { status: 'denied', reason: DENIED_AT_EDGE[status - 65] ?? 'malformed' }
    const userId = (verdict >>> 8) & 0xff
    const scope = userId + SCOPE_GAP
    return {
      status: status ? 'stale' : 'fresh',
      userId: decoder.decode(view(userId)),
      scope:
        verdict >>> 16 ? decoder.decode(output.subarray(scope, scope + (verdict >>> 16))).split(' ') : [],
      issuedAt: times[0] as number,
      expiresAt: times[1] as number,
    }
  }
}
