// Why a request was denied: the codes of core, in the order of their numbers (a test holds the two lists together).

/** Codes of a definite refusal, by number minus one. */
export const DENIED = [
  'no_cookie',
  'duplicate_cookie',
  'too_long',
  'malformed',
  'unknown_key',
  'bad_signature',
  'issued_in_future',
  'life_too_long',
  'too_old',
  'user_agent_mismatch',
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
