// Server Functions. Anyone can post to them, from any page, so each one checks the session itself.
'use server'
import { refresh } from 'next/cache'
import { redirect } from 'next/navigation'
import { markAsPaid } from '@/data-access/invoices'
import { findUser } from '@/data-access/users'
import {
  createSession,
  deleteSession,
  requireSession,
  revokeOtherSessions,
  revokeSession,
  safeNext,
} from '@/lib/dal'

export interface SignInState {
  failed: boolean
  userName: string
}

export async function signIn(_: SignInState, form: FormData): Promise<SignInState> {
  const userName = text(form, 'userName')
  const user = await findUser(userName, text(form, 'password'))
  if (!user) return { failed: true, userName }
  await createSession(user.id)
  redirect(safeNext(text(form, 'next') || '/dashboard'))
}

export async function logOut(): Promise<void> {
  await requireSession()
  await deleteSession()
  redirect('/login')
}

export async function endSession(form: FormData): Promise<void> {
  await requireSession()
  await revokeSession(text(form, 'handle'))
  refresh()
}

export async function endOtherSessions(): Promise<void> {
  await requireSession()
  await revokeOtherSessions()
  refresh()
}

export async function payInvoice(form: FormData): Promise<void> {
  await markAsPaid(text(form, 'id'))
  refresh()
}

function text(form: FormData, name: string): string {
  const value = form.get(name)
  return typeof value === 'string' ? value : ''
}
