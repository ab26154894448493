// What all contestants verify: the same claims, under keys of the same length.
import { randomBytes, randomUUID } from 'node:crypto'

/** The two user ids that are measured, by name: a token of 226 and one of 256 characters. */
export const USER_IDS = {
  short: () => `user_${randomBytes(4).toString('hex')}`,
  uuid: randomUUID,
}

/** The length of our token for each of them. */
export const TOKEN_LENGTHS = { short: 226, uuid: 256 }

/**
 * The claims of `count` sessions, issued now for an hour, the longest life of a token. Many, because a server never
 * sees one token over and over.
 */
export function claimsOf(userId, count = 64) {
  const iat = Math.floor(Date.now() / 1000)
  return Array.from({ length: count }, () => ({
    sid: randomBytes(16).toString('base64url'),
    sub: USER_IDS[userId](),
    iat,
    exp: iat + 3600,
  }))
}
