// Why a request was denied: the codes of core, in the order of their numbers (a test holds the two lists together).

import { DENIED_AT_EDGE } from './denied-at-edge.js'

/** Codes of a definite refusal, by number minus one. */
export const DENIED = [
  ...DENIED_AT_EDGE,
  'not_found',
  'revoked',
  'idle_timeout',
  'absolute_timeout',
  'address_mismatch',
  'corrupt_record',
  'unsupported_record',
  'foreign_record',
  'rotated',
] as const

/** A definite refusal. Codes are never renamed. What each means is said in `twogate-core`'s `Denied`. */
export type Denied = (typeof DENIED)[number]
