// What an address shows that is no page.
import Link from 'next/link'
import { Brand } from '@/components/brand'

export default function NotFound() {
  return (
    <>
      <header className="bar">
        <Brand />
      </header>
      <main id="content" className="landing">
        <h1>Nothing here</h1>
        <p className="lead">This address is no page of the demo.</p>
        <Link className="button" href="/">
          Back to the start
        </Link>
      </main>
    </>
  )
}
