// The dashboard's figures: sums over the invoices of the signed-in user.
import 'server-only'
import { requireSession } from '@/lib/dal'
import { db } from './demo-data'

export interface Total {
  count: number
  sum: number
}

export interface FiguresDto {
  currency: string
  /** Sums in hundredths of the currency. */
  outstanding: Total
  /** Of the outstanding ones. */
  overdue: Total
  paid: Total
  /** Income of the last six months, this month last. */
  months: { name: string; sum: number }[]
}

const MONTHS = 6
const monthName = new Intl.DateTimeFormat('en', { month: 'short', timeZone: 'UTC' })

export async function getFigures(): Promise<FiguresDto> {
  const { userId } = await requireSession()
  const rows = db.invoices.filter((row) => row.userId === userId)
  const now = Date.now()
  const outstanding = rows.filter((row) => row.paidAt === null)
  return {
    currency: rows[0]?.currency ?? 'EUR',
    outstanding: total(outstanding),
    overdue: total(outstanding.filter((row) => row.dueAt < now)),
    paid: total(rows.filter((row) => row.paidAt !== null)),
    months: lastMonths(now).map((month) => ({
      name: monthName.format(month),
      sum: total(rows.filter((row) => row.paidAt !== null && monthOf(row.paidAt) === month)).sum,
    })),
  }
}

function total(rows: { amount: number }[]): Total {
  return { count: rows.length, sum: rows.reduce((sum, row) => sum + row.amount, 0) }
}

/** The first instant of the month, in UTC. */
function monthOf(time: number): number {
  const date = new Date(time)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
}

function lastMonths(now: number): number[] {
  const date = new Date(now)
  return Array.from({ length: MONTHS }, (_, i) =>
    Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - MONTHS + 1 + i),
  )
}
