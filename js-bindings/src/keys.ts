// `twogate/keys`: derived keys for hosts that only verify.
import { inOwnInstance } from './wasm/full.js'

const derive = inOwnInstance((full) => full.deriveEdgeKeys)

/**
 * The edge keys of one or several root secrets: `kid.key`, separated by commas, for `TWOGATE_EDGE_KEYS`.
 * Whoever holds them can sign tokens, but opens no data without a live session id; the root stays at home.
 * @throws where a secret is missing or weak.
 */
export function deriveEdgeKeys(secret: string | readonly string[], audience = ''): string {
  return derive()(typeof secret === 'string' ? secret : secret.join(','), audience)
}
