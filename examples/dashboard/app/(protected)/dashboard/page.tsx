// The dashboard: figures of the signed-in user, and the session that let them through.
import type { Metadata } from 'next'
import type { CSSProperties } from 'react'
import { Time } from '@/components/time'
import { type FiguresDto, getFigures, type Total } from '@/data-access/figures'
import { getCurrentUser } from '@/data-access/users'
import { requireSession } from '@/lib/dal'
import { money } from '@/lib/format'

export const metadata: Metadata = { title: 'Dashboard' }

export default async function DashboardPage() {
  // Each of the three checks the session; within one request that is one question to the store.
  const [session, user, figures] = await Promise.all([requireSession(), getCurrentUser(), getFigures()])
  return (
    <>
      <div className="title">
        <h1>Dashboard</h1>
        <p>{`Signed in as ${user.fullName}`}</p>
      </div>
      <dl className="figures">
        <Figure name="Outstanding" total={figures.outstanding} currency={figures.currency} />
        <Figure name="Overdue" total={figures.overdue} currency={figures.currency} />
        <Figure name="Paid" total={figures.paid} currency={figures.currency} />
      </dl>
      <div className="columns">
        <section className="panel" aria-labelledby="income">
          <h2 id="income">Income by month</h2>
          <Bars months={figures.months} currency={figures.currency} />
        </section>
        <section className="panel" aria-labelledby="session">
          <h2 id="session">This session</h2>
          <dl className="facts">
            <div>
              <dt>Started</dt>
              <dd>
                <Time at={session.createdAt} />
              </dd>
            </div>
            <div>
              <dt>Last seen</dt>
              <dd>
                <Time at={session.lastSeenAt} />
              </dd>
            </div>
            <div>
              <dt>Ends at the latest</dt>
              <dd>
                <Time at={session.expiresAt} />
              </dd>
            </div>
          </dl>
          <p className="hint">
            The cookie was verified at the door, the session where these figures were read.
          </p>
        </section>
      </div>
    </>
  )
}

function Figure({ name, total, currency }: { name: string; total: Total; currency: string }) {
  const { count, sum } = total
  return (
    <div className="panel">
      <dt>{name}</dt>
      <dd className="amount">{money(sum, currency)}</dd>
      <dd className="hint">{count === 1 ? '1 invoice' : `${count} invoices`}</dd>
    </div>
  )
}

function Bars({ months, currency }: Pick<FiguresDto, 'months' | 'currency'>) {
  const highest = Math.max(1, ...months.map(({ sum }) => sum))
  return (
    <ol className="bars">
      {months.map(({ name, sum }) => (
        <li key={name} style={{ '--share': sum / highest } as CSSProperties}>
          <span className="month">{name}</span> <span className="sum">{money(sum, currency)}</span>
        </li>
      ))}
    </ol>
  )
}
