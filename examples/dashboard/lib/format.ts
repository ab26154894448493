// How numbers and times read; only ever called on the server, so that server and browser cannot disagree.
import 'server-only'

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const absolute = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'short',
  timeZone: 'UTC',
})

const units = [
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** `3 days ago`, `in 2 hours`, `just now`. */
export function relativeTime(at: number, now = Date.now()): string {
  const distance = at - now
  for (const [unit, length] of units) {
    if (Math.abs(distance) >= length) return relative.format(Math.round(distance / length), unit)
  }
  return 'just now'
}

export function absoluteTime(at: number): string {
  return `${absolute.format(at)} UTC`
}

/** `amount` in hundredths of the currency. */
export function money(amount: number, currency: string): string {
  const fractionDigits = amount % 100 === 0 ? 0 : 2
  return new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    minimumFractionDigits: fractionDigits,
    maximumFractionDigits: fractionDigits,
  }).format(amount / 100)
}
