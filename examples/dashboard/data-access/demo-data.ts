// The demo's database: two users, their invoices. It lives in memory and starts anew with the server.
import 'server-only'

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

const users: readonly UserRow[] = [
  {
    id: 'u-5hq2m8',
    userName: 'ada',
    fullName: 'Ada Lovelace',
    salt: 'jyPELM7CvGVMQe10UJVLyA',
    hash: 'pvD9sjpluYX1jy6belZ3QT2aLOpRLRjyoD-s6i8w9xQ',
  },
  {
    id: 'u-9xk4t3',
    userName: 'grace',
    fullName: 'Grace Hopper',
    salt: 'SLRKoMOt4gvIcYsMxxftyg',
    hash: '9653PRkrhNBWdDfNQ-TdPTPBJv4iiQd4tsqJrX-GUL4',
  },
]

const DAY = 86_400_000
const started = Date.now()

function invoicesOf(userId: string, currency: string, rows: [string, string, number, number, number?][]) {
  return rows.map(([id, customer, amount, dueInDays, paidDaysAgo]): InvoiceRow => {
    const paidAt = paidDaysAgo === undefined ? null : started - paidDaysAgo * DAY
    return { id, userId, customer, amount, currency, dueAt: started + dueInDays * DAY, paidAt }
  })
}

function seed(): InvoiceRow[] {
  return [
    ...invoicesOf('u-5hq2m8', 'GBP', [
      ['AL-1052', 'Babbage & Sons', 184_000, 24],
      ['AL-1051', 'Royal Astronomical Society', 96_500, 17],
      ['AL-1050', 'Menabrea Translations', 42_000, 9],
      ['AL-1049', 'Wheatstone Telegraphs', 128_050, 3],
      ['AL-1048', 'Jacquard Weaving Mill', 73_000, -6],
      ['AL-1047', 'Babbage & Sons', 184_000, -2, 4],
      ['AL-1046', 'Somerville Observatory', 61_500, -20, 31],
      ['AL-1045', 'Menabrea Translations', 87_500, -48, 58],
      ['AL-1044', 'Royal Astronomical Society', 142_000, -75, 92],
      ['AL-1043', 'Babbage & Sons', 118_000, -110, 123],
      ['AL-1042', 'Wheatstone Telegraphs', 93_000, -140, 151],
    ]),
    ...invoicesOf('u-9xk4t3', 'USD', [
      ['GH-0416', 'Harvard Computation Laboratory', 310_000, 28],
      ['GH-0415', 'Eckert & Mauchly', 225_000, 14],
      ['GH-0414', 'Philadelphia Naval Yard', 148_000, 5],
      ['GH-0413', 'Flow-Matic Users Group', 56_000, -11],
      ['GH-0412', 'Remington Office Machines', 198_000, -1, 6],
      ['GH-0411', 'Harvard Computation Laboratory', 240_000, -30, 37],
      ['GH-0410', 'Eckert & Mauchly', 164_000, -61, 66],
      ['GH-0409', 'Philadelphia Naval Yard', 127_500, -88, 97],
      ['GH-0408', 'Remington Office Machines', 205_000, -120, 128],
      ['GH-0407', 'Harvard Computation Laboratory', 182_000, -150, 158],
    ]),
  ]
}

// On globalThis, because Next.js may load this file more than once in a process, and payments must be seen by all.
const shared = globalThis as { demoInvoices?: InvoiceRow[] }
shared.demoInvoices ??= seed()

export const db = { users, invoices: shared.demoInvoices }
