// Tokens made by hand, for times and claims that the vectors do not have.

import { signingKey, sign as signWith } from '../../../tests/support/tokens.ts'
import type { Claims } from './vectors.ts'

export { freshSecret, readEdgeKeys } from '../../../tests/support/tokens.ts'

/** Claims of a session that signed in `age` seconds ago, in a token of five minutes. */
export function claimsOf(sub: string, age = 0, more: Partial<Claims> = {}): Claims {
  const iat = Math.floor(Date.now() / 1000) - age
  return { sid: Buffer.alloc(16, 7).toString('base64url'), sub, iat, exp: iat + 300, ...more }
}

/** A token of the profile under the first key of a secret, or of several separated by commas. */
export function sign(claims: Claims, secret: string): string {
  return signWith(claims, signingKey(secret))
}
