// Header and navigation of the protected pages.
// There is no session check here: a layout is not rendered again on client navigations, and never guards its page, which
// is rendered on its own. The check is in the functions that read data, so no page can show data without it.
import type { ReactNode } from 'react'
import { logOut } from '@/app/actions'
import { Brand } from '@/components/brand'
import { NavLink } from '@/components/nav-link'

export default function ProtectedLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <header className="bar">
        <Brand />
        <nav aria-label="Main">
          <NavLink href="/dashboard">Dashboard</NavLink>
          <NavLink href="/invoices">Invoices</NavLink>
          <NavLink href="/devices">Devices</NavLink>
        </nav>
        <form action={logOut}>
          <button type="submit" className="button quiet">
            Log out
          </button>
        </form>
      </header>
      <main id="content">{children}</main>
    </>
  )
}
