// Tokens for the negative cases: made by hand from design.md section 3, signed with the key the package derives.

import { createHmac, randomBytes } from 'node:crypto'
import { deriveEdgeKeys } from 'twogate/keys'

/** Members in the order of the profile; times in seconds. */
export interface Payload {
  readonly sid: string
  readonly sub: string
  readonly scope?: string
  readonly ua?: string
  readonly iat: number
  readonly exp: number
}

export interface SigningKey {
  readonly kid: string
  readonly bytes: Buffer
}

/** A root secret as `TWOGATE_SECRET` takes it. */
export function freshSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** The key that signs session tokens under a root secret. */
export function signingKey(secret: string): SigningKey {
  const [first] = readEdgeKeys(deriveEdgeKeys(secret))
  if (first === undefined) throw new Error('no edge key was derived')
  return first
}

/** Key ids and keys of a list of edge keys: each is the end of a header, `"kid"}` in base64url, a dot, and the key. */
export function readEdgeKeys(text: string): SigningKey[] {
  return text.split(',').map((edgeKey) => {
    const [end = '', key = ''] = edgeKey.split('.')
    const { kid } = JSON.parse(`{"kid":${Buffer.from(end, 'base64url')}`) as { kid: string }
    return { kid, bytes: Buffer.from(key, 'base64url') }
  })
}

export function payloadOf(token: string): Payload {
  const [, payload = ''] = token.split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Payload
}

export function sign(payload: Payload, key: SigningKey): string {
  const { sid, sub, scope, ua, iat, exp } = payload
  const header = `{"alg":"HS256","typ":"tg+jwt","kid":"${key.kid}"}`
  // JSON.stringify keeps this order and leaves out what is undefined.
  const signed = `${base64url(header)}.${base64url(JSON.stringify({ sid, sub, scope, ua, iat, exp }))}`
  return `${signed}.${createHmac('sha256', key.bytes).update(signed).digest('base64url')}`
}

/** The same session's token as it would look `seconds` later than it was made: time moved, everything else as it was. */
export function aged(token: string, seconds: number, key: SigningKey): string {
  const payload = payloadOf(token)
  return sign({ ...payload, iat: payload.iat - seconds, exp: payload.exp - seconds }, key)
}

/** The token with one bit of one part turned over. */
export function flipped(token: string, part: 'header' | 'payload' | 'signature', bit: number): string {
  const parts = token.split('.')
  const index = { header: 0, payload: 1, signature: 2 }[part]
  const bytes = Buffer.from(parts[index] ?? '', 'base64url')
  const at = bit >> 3
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7))
  parts[index] = bytes.toString('base64url')
  return parts.join('.')
}

function base64url(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}
