// The login form; it works without JavaScript as well.
'use client'
import { useActionState } from 'react'
import { signIn } from '@/app/actions'

export function LoginForm({ next }: { next: string }) {
  const [state, action, pending] = useActionState(signIn, { failed: false, userName: '' })
  return (
    <form action={action} className="fields">
      {state.failed && (
        <p role="alert" className="error">
          Wrong user name or password.
        </p>
      )}
      <input type="hidden" name="next" value={next} />
      <label htmlFor="userName">User name</label>
      <input
        id="userName"
        name="userName"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        defaultValue={state.userName}
        required
      />
      <label htmlFor="password">Password</label>
      <input id="password" name="password" type="password" autoComplete="current-password" required />
      <button type="submit" className="button primary" disabled={pending}>
        Sign in
      </button>
    </form>
  )
}
