// Where the keys come from: the configuration, or the environment. Read at first use, so that a build needs none.

/** Keys as a module takes them. */
export interface Keys {
  readonly text: string
  readonly areEdgeKeys: boolean
  /** Name of the setting, for errors. */
  readonly setting: string
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
  const { TWOGATE_EDGE_KEYS, TWOGATE_SECRETS, TWOGATE_SECRET } = globalThis.process?.env ?? {}
  const settings = { edgeKeys, secret, TWOGATE_EDGE_KEYS, TWOGATE_SECRETS, TWOGATE_SECRET }
  for (const [setting, keys] of Object.entries(settings)) {
    const areEdgeKeys = /edge/i.test(setting)
    // An empty variable is one that is not set; an empty option (in lower case) is a mistake.
    const isSet = keys || (keys === '' && setting > 'a')
    if (isSet && (edge || !areEdgeKeys)) return { text: `${keys}`, areEdgeKeys, setting }
  }
  throw new Error(`twogate: set TWOGATE_SECRET: ${HOW}`)
}

/** The error for keys that core refuses. Never repeats them. */
export function badKeys({ setting }: Keys, why = 'cannot be used'): Error {
  return new Error(`twogate: ${setting} ${why}: ${HOW}`)
}
