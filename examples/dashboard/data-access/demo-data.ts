// The demo's database: two users, their invoices. It lives in memory and starts anew with the server.
import 'server-only'
import data from './demo-data.json'

export interface UserRow {
  readonly id: string
  readonly userName: string
  readonly fullName: string
  /** scrypt, base64url: what a dump of the user table would show. */
  readonly salt: string
  readonly hash: string
}

export interface InvoiceRow {
  readonly id: string
  readonly userId: string
  readonly customer: string
  /** In hundredths of the currency. */
  readonly amount: number
  readonly currency: string
  /** Milliseconds, as all times here. */
  readonly dueAt: number
  paidAt: number | null
}

const DAY = 86_400_000
const started = Date.now()

/** Id, customer, amount, due in days, paid days ago. */
type Row = [string, string, number, number, number | null]

function seed(): InvoiceRow[] {
  return Object.entries(data.invoices).flatMap(([userId, { currency, rows }]) =>
    (rows as Row[]).map(([id, customer, amount, dueInDays, paidDaysAgo]): InvoiceRow => {
      const paidAt = paidDaysAgo === null ? null : started - paidDaysAgo * DAY
      return { id, userId, customer, amount, currency, dueAt: started + dueInDays * DAY, paidAt }
    }),
  )
}

// On globalThis, because Next.js may load this file more than once in a process, and payments must be seen by all.
const shared = globalThis as { demoInvoices?: InvoiceRow[] }
shared.demoInvoices ??= seed()

const users: readonly UserRow[] = data.users

export const db = { users, invoices: shared.demoInvoices }
