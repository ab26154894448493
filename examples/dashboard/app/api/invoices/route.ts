// GET /api/invoices: the invoices as JSON, 401 without a session, 503 when nobody can say.
import { listInvoices } from '@/data-access/invoices'
import { refuse, verifySession } from '@/lib/dal'

export async function GET(): Promise<Response> {
  const check = await verifySession()
  if (check.status !== 'active') return refuse(check)
  return Response.json(await listInvoices(), { headers: { 'cache-control': 'private, no-store' } })
}
