// The name in the corner, a link to the landing page.
import Link from 'next/link'

export function Brand() {
  return (
    <Link className="brand" href="/">
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <path d="M4 21V11a8 8 0 0 1 16 0v10M9 21v-9a3 3 0 0 1 6 0v9" />
      </svg>
      twogate demo
    </Link>
  )
}
