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

const HOW = `make one with: node -e "console.log(require('crypto').randomBytes(32).toString('base64url'))"`

/** The keys of a configuration, else `TWOGATE_EDGE_KEYS` (where allowed), `TWOGATE_SECRETS` or `TWOGATE_SECRET`. */
export function findKeys(options: KeyOptions, edge: boolean): Keys {
  const { secret, edgeKeys } = options
  if (edge && edgeKeys !== undefined) return { text: edgeKeys, areEdgeKeys: true, setting: 'edgeKeys' }
  if (secret !== undefined) {
    return { text: typeof secret === 'string' ? secret : secret.join(','), areEdgeKeys: false, setting: 'secret' }
  }
  const env = globalThis.process?.env ?? {}
  if (edge && env['TWOGATE_EDGE_KEYS']) {
    return { text: env['TWOGATE_EDGE_KEYS'], areEdgeKeys: true, setting: 'TWOGATE_EDGE_KEYS' }
  }
  for (const setting of ['TWOGATE_SECRETS', 'TWOGATE_SECRET']) {
    const text = env[setting]
    if (text) return { text, areEdgeKeys: false, setting }
  }
  throw new Error(`twogate: no secret. Set TWOGATE_SECRET; ${HOW}`)
}

/** The error for keys that core refuses. Never repeats them. */
export function badKeys(setting: string, why = 'is no usable key'): Error {
  return new Error(`twogate: ${setting} ${why}: 32 or more random bytes as base64url; ${HOW}`)
}
