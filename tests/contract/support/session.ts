// Sessions in the contract: signing in, the names in the store, and records read and changed by the vectors' offsets.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineSession, type SessionOptions } from 'twogate'
import type { Privileges, SessionDto, SessionEvent, Sessions, SessionsOptions } from 'twogate/dal'
import { freshSecret, payloadOf } from '../../support/tokens.ts'
import type { Backend } from './backend.ts'

export type Store = SessionsOptions['store']

export const CHROME =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'
export const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'
export const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1'

interface RecordVectors {
  readonly length: number
  readonly empty: string
  readonly offsets: Readonly<Record<string, readonly [start: number, length: number]>>
  readonly records: readonly { readonly name: string; readonly text: string }[]
  readonly refused: readonly { readonly name: string; readonly text: string; readonly reason: string }[]
  readonly users: readonly { readonly user_id: string; readonly key_prefix: string; readonly key: string }[]
  readonly sessions: readonly {
    readonly session_id: string
    readonly field: string
    readonly id_check: string
    readonly handle: string
  }[]
  readonly not_before: readonly { readonly time: number; readonly text: string }[]
}

export const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../vectors/record.json'), 'utf8'),
) as RecordVectors

/** The root secret of all sessions of a run. */
export const secret = freshSecret()
/** Session ids and tokens of the run: none of them may ever be sent to a store. */
export const secrets = new Set<string>()

let users = 0

/** A user id that no other test uses. */
export function newUser(): string {
  users += 1
  return `user_${process.pid}_${users}`
}

export interface Opened {
  readonly sessions: Sessions
  readonly events: SessionEvent[]
}

/** Sessions over a backend, and what they told their hook. */
export function open(backend: Backend, options: SessionOptions = {}, timeout?: number): Opened {
  const events: SessionEvent[] = []
  const config = defineSession({ secret, ...options })
  return { sessions: backend.sessions(config, (event) => events.push(event), timeout), events }
}

export interface SignedIn {
  readonly userId: string
  readonly session: SessionDto
  readonly token: string
  /** Headers of the browser that signed in. */
  readonly headers: Headers
  readonly key: string
  readonly field: string
}

export interface From {
  readonly userId?: string
  readonly userAgent?: string
  readonly address?: string
  readonly scope?: string
  readonly authenticatedAt?: number
}

/** Headers of a request. */
export function head({
  token,
  userAgent = CHROME,
  address,
}: {
  token?: string
  userAgent?: string
  address?: string
}): Headers {
  const headers = new Headers()
  if (token !== undefined) headers.set('cookie', `__Host-session=${token}`)
  if (userAgent !== '') headers.set('user-agent', userAgent)
  if (address !== undefined) headers.set('x-forwarded-for', address)
  return headers
}

/** Signs in; fails the test where that is refused. */
export async function signIn(sessions: Sessions, from: From = {}): Promise<SignedIn> {
  const { userId = newUser(), userAgent, address, scope, authenticatedAt } = from
  const request = { ...(userAgent !== undefined && { userAgent }), ...(address !== undefined && { address }) }
  const created = await sessions.create(head(request), userId, {
    ...(scope !== undefined && { scope }),
    ...(authenticatedAt !== undefined && { authenticatedAt }),
  })
  assert.equal(created.status, 'created', JSON.stringify(created))
  const token = tokenOf(created.setCookie)
  const { sid } = payloadOf(token)
  secrets.add(sid).add(token)
  return {
    userId,
    session: created.session,
    token,
    headers: head({ token, ...request }),
    key: userKey(userId),
    field: fieldOf(sid),
  }
}

/** Rotates a session, from where it signed in; fails the test where that is refused. */
export async function rotate(
  sessions: Sessions,
  it: SignedIn,
  privileges: Privileges = {},
): Promise<SignedIn> {
  const rotated = await sessions.rotate(it.headers, privileges)
  assert.equal(rotated.status, 'done', JSON.stringify(rotated))
  const token = tokenOf(rotated.setCookie)
  const { sid } = payloadOf(token)
  secrets.add(sid).add(token)
  const headers = new Headers(it.headers)
  headers.set('cookie', `__Host-session=${token}`)
  return { ...it, session: rotated.session, token, headers, field: fieldOf(sid) }
}

export function tokenOf(setCookie: string): string {
  const [, token] = /^__Host-session=([^;]+);/.exec(setCookie) ?? []
  assert.ok(token, `no token in ${setCookie}`)
  return token
}

/** The key of a user's hash: a label and the user id, hashed. */
export function userKey(userId: string, prefix = 'tg:'): string {
  return `${prefix}{${digest('twogate/user', userId).slice(0, 22)}}`
}

/** The field of a session's record: a label and the session id, hashed. */
export function fieldOf(sid: string): string {
  return `s${digest('twogate/session', sid).slice(0, 22)}`
}

/** The handle of a session: a label and its field, hashed. */
export function handleOf(field: string): string {
  return digest('twogate/handle', field).slice(0, 16)
}

function digest(label: string, value: string): string {
  return createHash('sha256')
    .update(Buffer.from([label.length]))
    .update(label)
    .update(value)
    .digest('base64url')
}

/** A part of a record as text. */
export function part(record: string, name: string): string {
  const [start, length] = offset(name)
  return record.slice(start, start + length)
}

/** A part of a record as a number. */
export function number(record: string, name: string): number {
  return Number.parseInt(part(record, name), 36)
}

/** The record with one part replaced: a text, or a number in base 36. */
export function replaced(record: string, name: string, value: string | number): string {
  const [start, length] = offset(name)
  const text = typeof value === 'string' ? value : value.toString(36).padStart(length, '0')
  assert.equal(text.length, length)
  return record.slice(0, start) + text + record.slice(start + length)
}

/** What is stored for a session; fails the test where nothing is. */
export async function recordOf(backend: Backend, { key, field }: SignedIn): Promise<string> {
  const record = (await backend.fields(key)).get(field)
  assert.ok(record, 'no record is stored')
  return record
}

/** Changes numbers of a stored record by `seconds` (`created`: milliseconds). */
export async function shift(
  backend: Backend,
  it: SignedIn,
  changes: Readonly<Record<string, number>>,
): Promise<void> {
  let record = await recordOf(backend, it)
  for (const [name, by] of Object.entries(changes)) record = replaced(record, name, number(record, name) + by)
  await backend.put(it.key, it.field, record)
}

function offset(name: string): readonly [start: number, length: number] {
  const found = vectors.offsets[name]
  assert.ok(found, `record.json has no offset of ${name}`)
  return found
}
