// `twogate/verify`: the plain first check. A token in, a verdict out; synchronous, no I/O, no framework.
import module from '#edge-module'
import type { Denied } from './denied.js'
import { DENIED_AT_EDGE } from './denied-at-edge.js'
import type { KeyOptions } from './secret.js'
import { type EdgeExports, instantiate, setKeys } from './wasm/instance.js'

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

export interface VerifierOptions extends KeyOptions {
  /** The audience that the tokens were minted for. Default none. */
  readonly audience?: string
  /** How far in the future a token may have been issued, in seconds. Default 30. */
  readonly clockSkew?: number
  /** The longest absolute timeout of any session, in seconds. Default 12 hours. */
  readonly absoluteTimeout?: number
}

/**
 * Makes a verifier. Keys come from the options, else from `TWOGATE_EDGE_KEYS`, `TWOGATE_SECRETS` or `TWOGATE_SECRET`.
 * @throws where the keys are missing, weak or no keys.
 */
export function createVerifier(options: VerifierOptions = {}): (token: string, now?: number) => Verdict {
  const instance = instantiate<EdgeExports>(module)
  const { exports, write, read } = instance
  const { audience = '', clockSkew = 30, absoluteTimeout = 43_200 } = options
  setKeys(instance, options, audience, clockSkew, absoluteTimeout)

  return (token, now = Date.now() / 1000) => {
    // A number that is no time is a denial, not the year 1970.
    if (!(now >= 0)) return { status: 'denied', reason: 'issued_in_future' }
    // Callers without types hand in what a cookie jar gave them.
    if (typeof token !== 'string') return { status: 'denied', reason: 'malformed' }
    const length = write(token)
    if (length < 0) return { status: 'denied', reason: 'too_long' }
    const verdict = exports.verify_token(length, now)
    const status = verdict & 0xff
    if (status > 1) return { status: 'denied', reason: DENIED_AT_EDGE[status - 65] ?? 'malformed' }
    const userId = (verdict >>> 8) & 0xff
    const scope = verdict >>> 16
    return {
      status: status === 0 ? 'fresh' : 'stale',
      userId: read(userId),
      scope: scope === 0 ? [] : read(scope, userId).split(' '),
      issuedAt: exports.issued_at(),
      expiresAt: exports.expires_at(),
    }
  }
}
