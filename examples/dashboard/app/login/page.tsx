// The login page. `?next=` is where to go afterwards; it is checked when it is used, in `signIn`.
import type { Metadata } from 'next'
import { Brand } from '@/components/brand'
import { LoginForm } from './login-form'

export const metadata: Metadata = { title: 'Sign in' }

interface Props {
  searchParams: Promise<{ next?: string | string[] }>
}

export default async function LoginPage({ searchParams }: Props) {
  const { next } = await searchParams
  return (
    <>
      <header className="bar">
        <Brand />
      </header>
      <main id="content" className="login">
        <div className="panel">
          <h1>Sign in</h1>
          <LoginForm next={typeof next === 'string' ? next : ''} />
        </div>
        <aside className="hint" aria-label="Demo users">
          <p>Two people use this demo:</p>
          <dl>
            <dt>ada</dt>
            <dd>
              <code>analytical-engine-1843</code>
            </dd>
            <dt>grace</dt>
            <dd>
              <code>first-compiler-1952</code>
            </dd>
          </dl>
        </aside>
      </main>
    </>
  )
}
