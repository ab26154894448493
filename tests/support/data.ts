// What only a signed-in person may see: learned from the dashboard itself, then searched for where it must not be.

import assert from 'node:assert/strict'
import { userAgents } from './browser.ts'
import type { Dashboard } from './dashboard.ts'
import { ask, navigation, script } from './http.ts'

export interface ProtectedData {
  /** Texts that protected pages show to their owner and the login page to nobody. */
  readonly marks: readonly string[]
}

/** Reads pages and invoices with a live session and keeps what gives them away. */
export async function protectedData(
  app: Dashboard,
  token: string,
  userAgent: string = userAgents.chromeOnLinux,
): Promise<ProtectedData> {
  const [login, ...pages] = await Promise.all(
    ['/login', '/dashboard', '/invoices'].map((path) =>
      ask(app.url(path), { headers: navigation(userAgent, path === '/login' ? undefined : token) }),
    ),
  )
  for (const page of pages) assert.equal(page.status, 200, `${page.url.pathname} opens for its owner`)
  const shown = pages.map(({ body }) => body).join('\n')
  const marks = ['Signed in as', ...texts(await invoices(app, token, userAgent))].filter(
    (text) => shown.includes(text) && !login?.body.includes(text),
  )
  assert.ok(marks.length > 1, 'the pages show the invoices and who is signed in')
  return { marks }
}

/** The data behind the pages, through the Route Handler. */
export async function invoices(
  app: Dashboard,
  token: string,
  userAgent: string = userAgents.chromeOnLinux,
): Promise<unknown> {
  const answer = await ask(app.url('/api/invoices'), { headers: script(userAgent, token) })
  assert.equal(answer.status, 200, 'the owner reads the invoices')
  return JSON.parse(answer.body)
}

export function assertNoData(text: string, { marks }: ProtectedData, what: string): void {
  assert.deepEqual(
    marks.filter((mark) => text.includes(mark)),
    [],
    `${what} shows nothing of the data`,
  )
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return value.length >= 5 ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(texts)
}
