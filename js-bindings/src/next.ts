// `twogate/next`: the full check in a Next.js data-access layer, and the session routes.
import { cookies, headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { after } from 'next/server'
import type { SessionConfig } from './config.js'
import {
  type Checked,
  createSessions,
  type Device,
  type Ended,
  type Refused,
  type SessionDto,
  type SessionsOptions,
  type SignInOptions,
  type SignInRefusal,
  type Unavailable,
} from './dal.js'
import { NO_STORE, RETRY_AFTER } from './http.js'
import { createSessionRoutes } from './routes.js'
import { readSetCookie } from './set-cookie.js'

export type { Device, SessionDto, SessionEvent } from './dal.js'
export type { Store } from './store.js'

/** The answer of `verifySession`. */
export type Verified = { readonly status: 'active'; readonly session: SessionDto } | Refused | Unavailable

/** A sign-in that cannot be: revoked since it began, as many as allowed, or from an address that is not known. */
export class SignInRefused extends Error {
  override readonly name = 'SignInRefused'
  constructor(readonly reason: SignInRefusal) {
    super(`twogate: the sign-in was refused (${reason})`)
  }
}

/** What one request knows: its answer, asked for once, and the cookie where a write has changed it. */
interface Memo {
  cookie?: string
  checked?: Promise<Checked>
}

/** Makes the data-access functions of an application. Each can be used on its own: none needs `this`. */
export function createDal(config: SessionConfig, options: SessionsOptions) {
  const sessions = createSessions(config, options)
  // React's cache() does nothing in Route Handlers and Server Functions. Next.js hands out one headers object for each
  // request, so a memo under it is shared by the whole request and by nothing else.
  const memos = new WeakMap<object, Memo>()

  async function request() {
    const head = await headers()
    const memo: Memo = memos.get(head) ?? {}
    memos.set(head, memo)
    return { head, memo }
  }

  function check({ head, memo }: Awaited<ReturnType<typeof request>>): Promise<Checked> {
    memo.checked ??= sessions.check(head, { cookie: memo.cookie }).then((checked) => {
      // Not worth a delay of the response, and harmless when it is lost. The head is read now: later is too late.
      if (checked.status === 'active' && checked.touchDue) {
        const snapshot = new Headers(head)
        after(() => sessions.touch(snapshot, memo))
      }
      return checked
    })
    return memo.checked
  }

  /** The full check, once for each request. */
  async function verifySession(): Promise<Verified> {
    const checked = await check(await request())
    return checked.status === 'active' ? { status: 'active', session: checked.session } : checked
  }

  /** The full check; leads away through the session routes where there is no living session. */
  async function requireSession(): Promise<SessionDto> {
    const { head, memo } = await request()
    const checked = await check({ head, memo })
    return checked.status === 'active' ? checked.session : leave(checked, head)
  }

  function leave(answer: Refused | Unavailable, head: { get(name: string): string | null }): never {
    const next = sessions.safeNext(head.get('twogate-path') ?? config.home)
    const route = answer.status === 'unavailable' ? 'unavailable' : 'end'
    redirect(`${config.routes}/${route}?next=${encodeURIComponent(next)}`)
  }

  async function setCookie(text: string, memo: Memo): Promise<void> {
    const { name, value, attributes } = readSetCookie(text)
    const jar = await cookies()
    jar.set(name, value, attributes)
    memo.cookie = value === '' ? '' : `${name}=${value}`
    delete memo.checked
  }

  /** Signs a user in, and ends the session that this browser had. @throws SignInRefused; TypeError for a bad user id. */
  async function createSession(userId: string, signIn: SignInOptions = {}): Promise<SessionDto> {
    const { head, memo } = await request()
    // A planted or left-over session must not live beside the new one (CVE-2023-29019, CVE-2025-12390).
    const ended = await sessions.revokeCurrent(head, memo)
    if (ended.status === 'unavailable') return leave(ended, head)
    const created = await sessions.create(head, userId, signIn)
    if (created.status === 'unavailable') return leave(created, head)
    if (created.status === 'refused') throw new SignInRefused(created.reason)
    await setCookie(created.setCookie, memo)
    return created.session
  }

  /** Signs out: the record first, then the cookie. While the store is down nobody is told to be signed out. */
  async function deleteSession(): Promise<void> {
    const { head, memo } = await request()
    const ended = await sessions.revokeCurrent(head, memo)
    if (ended.status === 'unavailable') leave(ended, head)
    await setCookie(sessions.removal(), memo)
  }

  /** The user's living sessions, this one first. */
  async function listSessions(): Promise<readonly Device[]> {
    await requireSession()
    const { head, memo } = await request()
    const listed = await sessions.list(head, memo)
    return listed.status === 'done' ? listed.devices : leave(listed, head)
  }

  /** Ends one of the user's own sessions; whether there was one with this handle. */
  async function revokeSession(handle: string): Promise<boolean> {
    return (await ending((head, memo) => sessions.revokeByHandle(head, handle, memo))) > 0
  }

  /** Ends all other sessions of the user; how many there were. */
  async function revokeOtherSessions(): Promise<number> {
    return ending((head, memo) => sessions.revokeOthers(head, memo))
  }

  async function ending(end: (head: Headers, memo: Memo) => Promise<Ended>): Promise<number> {
    await requireSession()
    const { head, memo } = await request()
    const ended = await end(head, memo)
    delete memo.checked
    return ended.status === 'done' ? ended.count : leave(ended, head)
  }

  return {
    verifySession,
    requireSession,
    createSession,
    deleteSession,
    listSessions,
    revokeSession,
    revokeOtherSessions,
    /** `next` where it is a path of this origin, else `home`. */
    safeNext: sessions.safeNext,
    refuse,
    /** The catch-all Route Handler under `routes`: renew, end, unavailable. */
    sessionRoutes: createSessionRoutes(config, sessions),
  }
}

/** The answer of a Route Handler to a request without a session: 401, or 503 while the store is down. */
function refuse(answer: Refused | Unavailable): Response {
  if (answer.status === 'denied') {
    return Response.json({ error: 'unauthorized' }, { status: 401, headers: NO_STORE })
  }
  const headers = { ...NO_STORE, 'retry-after': String(RETRY_AFTER) }
  return Response.json({ error: 'unavailable' }, { status: 503, headers })
}
