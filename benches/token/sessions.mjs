// What all contestants verify: the same claims.
import { randomBytes, randomUUID } from 'node:crypto'

/** The two kinds of user id that are measured, and how long our token is with each. */
export const TOKEN_LENGTHS = { short: 226, uuid: 256 }

const USER_IDS = {
  /** 13 characters. */
  short: () => `user_${randomBytes(4).toString('hex')}`,
  uuid: randomUUID,
}

/** The claims of `count` sessions, issued now for an hour, the longest life of a token. Many: a server sees more than one. */
export function claimsOf(userId, count = 64) {
  const iat = Math.floor(Date.now() / 1000)
  return Array.from({ length: count }, () => ({
    sid: randomBytes(16).toString('base64url'),
    sub: USER_IDS[userId](),
    iat,
    exp: iat + 3600,
  }))
}
