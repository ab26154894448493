// What every answer of ours that sets, clears or refuses carries, and the names of the one-shot marker.

/** A shared cache must not keep it, and must not serve it to another cookie (CVE-2025-48947, CVE-2025-64762). */
export const NO_STORE = { 'cache-control': 'private, no-store', vary: 'Cookie' } as const

/** Marks a navigation that comes back from the renew route (core reads it). */
export const RENEWED_PARAMETER = 'twogate-renewed'
/** Says for seconds that this browser was renewed: two hosts whose clocks differ cannot send it round in circles. */
export const RENEWED_COOKIE = 'twogate-renewed'
/** Seconds after which a client of an unavailable store may come again. */
export const RETRY_AFTER = 5
