// The landing page: public and static.
import Link from 'next/link'
import { Brand } from '@/components/brand'

export default function Home() {
  return (
    <>
      <header className="bar">
        <Brand />
      </header>
      <main id="content" className="landing">
        <h1>Sessions checked twice</h1>
        <p className="lead">
          A small dashboard that keeps its sessions with twogate: a signed cookie is verified where the
          request comes in, and the session itself where the data is read.
        </p>
        {/* Not prefetched: for whoever is not signed in, it would be a redirect that the browser remembers. */}
        <Link className="button primary large" href="/dashboard" prefetch={false}>
          Open the dashboard
        </Link>
        <ol className="gates">
          <li>
            <h2>The first check</h2>
            <p>
              <code>proxy.ts</code> reads the cookie and verifies its signature, in about a microsecond and
              without a database. What cannot be a session goes to the login page early.
            </p>
          </li>
          <li>
            <h2>The second check</h2>
            <p>
              <code>requireSession()</code> asks the store, right before data is touched: is the session still
              alive, within its timeouts, in the same kind of browser? This one is the gate.
            </p>
          </li>
        </ol>
        <p className="hint">
          Sign in with two browsers, end one session from the other on the page “Devices”, and click on.
        </p>
      </main>
    </>
  )
}
