// The invoices of the signed-in user; an open one can be marked as paid.
import type { Metadata } from 'next'
import { payInvoice } from '@/app/actions'
import { Time } from '@/components/time'
import { type InvoiceDto, listInvoices } from '@/data-access/invoices'
import { money } from '@/lib/format'

export const metadata: Metadata = { title: 'Invoices' }

export default async function InvoicesPage() {
  const invoices = await listInvoices()
  return (
    <>
      <div className="title">
        <h1>Invoices</h1>
      </div>
      <table className="panel invoices">
        <thead>
          <tr>
            <th scope="col">Customer</th>
            <th scope="col">Status</th>
            <th scope="col" className="amount">
              Amount
            </th>
            <th scope="col">
              <span className="unseen">Action</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {invoices.map((invoice) => (
            <Row key={invoice.id} invoice={invoice} />
          ))}
        </tbody>
      </table>
    </>
  )
}

function Row({ invoice }: { invoice: InvoiceDto }) {
  const { id, customer, amount, currency, status, dueAt, paidAt } = invoice
  return (
    <tr>
      <th scope="row" id={id}>
        {customer} <span className="hint">{id}</span>
      </th>
      <td>
        <span className={`badge ${status}`}>{status}</span>{' '}
        <span className="hint">
          {paidAt === null ? 'due ' : null}
          <Time at={paidAt ?? dueAt} />
        </span>
      </td>
      <td className="amount">{money(amount, currency)}</td>
      <td className="action">
        {status !== 'paid' && (
          <form action={payInvoice}>
            <input type="hidden" name="id" value={id} />
            <button type="submit" className="button" aria-describedby={id}>
              Mark as paid
            </button>
          </form>
        )}
      </td>
    </tr>
  )
}
