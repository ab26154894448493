// Tokens made by hand with node:crypto, for times and claims that the vectors do not have.

import { createHmac, randomBytes } from 'node:crypto'
import { deriveEdgeKeys } from 'twogate/keys'
import type { Claims } from './vectors.ts'

/** A root secret as `TWOGATE_SECRET` takes it. */
export function freshSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Claims of a session that signed in `age` seconds ago, in a token of five minutes. */
export function claimsOf(sub: string, age = 0, more: Partial<Claims> = {}): Claims {
  const iat = Math.floor(Date.now() / 1000) - age
  return { sid: Buffer.alloc(16, 7).toString('base64url'), sub, iat, exp: iat + 300, ...more }
}

/** A token of the profile under the first key of a secret. */
export function sign({ sid, sub, scope, ua, iat, exp }: Claims, secret: string): string {
  const [kid = '', key = ''] = deriveEdgeKeys(secret).split(/[.,]/)
  const header = encode(`{"alg":"HS256","typ":"tg+jwt","kid":"${kid}"}`)
  // JSON.stringify keeps this order and leaves out what is undefined.
  const signed = `${header}.${encode(JSON.stringify({ sid, sub, scope, ua, iat, exp }))}`
  const mac = createHmac('sha256', Buffer.from(key, 'base64url'))
  return `${signed}.${mac.update(signed).digest('base64url')}`
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}
