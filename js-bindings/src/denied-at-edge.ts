// Denials that the first check can give. A file of their own, so that the edge ships no others.

/** Codes that the first check can give, by number minus one. */
export const DENIED_AT_EDGE = [
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
] as const
