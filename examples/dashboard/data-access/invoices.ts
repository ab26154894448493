// Invoices: every function asks for the session first and sees only its user's rows.
import 'server-only'
import { requireSession } from '@/lib/dal'
import { db, type InvoiceRow } from './demo-data'

export interface InvoiceDto {
  id: string
  customer: string
  /** In hundredths of the currency. */
  amount: number
  currency: string
  status: 'open' | 'overdue' | 'paid'
  /** ISO 8601. */
  dueAt: string
  paidAt: string | null
}

export async function listInvoices(): Promise<InvoiceDto[]> {
  const { userId } = await requireSession()
  return db.invoices.filter((row) => row.userId === userId).map(toDto)
}

/** False when there is no such open invoice, or it is somebody else's. */
export async function markAsPaid(id: string): Promise<boolean> {
  const { userId } = await requireSession()
  const row = db.invoices.find((row) => row.id === id && row.userId === userId && row.paidAt === null)
  if (!row) return false
  row.paidAt = Date.now()
  return true
}

function toDto({ id, customer, amount, currency, dueAt, paidAt }: InvoiceRow): InvoiceDto {
  const status = paidAt !== null ? 'paid' : dueAt < Date.now() ? 'overdue' : 'open'
  return {
    id,
    customer,
    amount,
    currency,
    status,
    dueAt: new Date(dueAt).toISOString(),
    paidAt: paidAt === null ? null : new Date(paidAt).toISOString(),
  }
}
