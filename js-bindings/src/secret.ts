// Where the keys come from: the configuration, or the environment. Read at first use, so that a build needs none.

/** Keys as a module takes them. */
export interface Keys {
  readonly text: string
  readonly areEdgeKeys: boolean
}

export interface KeyOptions {
  /** Root secret, or several: the first signs, all verify. Base64url of at least 32 random bytes each. */
  readonly secret?: string | readonly string[] | undefined
  /** Derived keys for a host that only verifies, as printed by `deriveEdgeKeys`. */
  readonly edgeKeys?: string | undefined
}

// 64 hexadecimal digits are base64url too.
const HOW = 'at least 32 random bytes as base64url, from `openssl rand -hex 32`'

/** The keys of a configuration, else `TWOGATE_EDGE_KEYS` (at the edge), `TWOGATE_SECRETS` or `TWOGATE_SECRET`. */
export function findKeys({ secret, edgeKeys }: KeyOptions, edge: boolean): Keys {
  const env = globalThis.process?.env ?? {}
  const derived = edge && (edgeKeys || (!secret && env['TWOGATE_EDGE_KEYS']))
  if (derived) return { text: derived, areEdgeKeys: true }
  const root = secret || env['TWOGATE_SECRETS'] || env['TWOGATE_SECRET']
  if (!root) throw new Error(`twogate: set TWOGATE_SECRET: ${HOW}`)
  return { text: `${root}`, areEdgeKeys: false }
}

/** The error for keys that core refuses. Never repeats them. */
export function badKeys({ areEdgeKeys }: Keys, why = 'cannot be used'): Error {
  return new Error(`twogate: the ${areEdgeKeys ? 'edge keys' : 'secret'} ${why}: ${HOW}`)
}
