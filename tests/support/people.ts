// The demo users, and what a person does on the dashboard.

import assert from 'node:assert/strict'
import type { BrowserContext, Page } from 'playwright-core'
import { hydrated, tokenOf } from './browser.ts'
import { ledger } from './ledger.ts'

export const users = {
  ada: { name: 'ada', password: 'analytical-engine-1843', fullName: 'Ada Lovelace' },
  grace: { name: 'grace', password: 'first-compiler-1952', fullName: 'Grace Hopper' },
} as const

for (const { password } of Object.values(users)) ledger.keep('password', password)

/** Fills in the login form that the page shows, and waits until the login page is left. */
export async function fillLogin(page: Page, user: keyof typeof users = 'ada'): Promise<void> {
  const { name, password } = users[user]
  await page.getByLabel('User name').fill(name)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL((url) => url.pathname !== '/login')
}

/** Signs in through the login page and stays on the dashboard; returns the cookie's value. */
export async function signIn(
  context: BrowserContext,
  origin: string,
  user: keyof typeof users = 'ada',
): Promise<{ page: Page; token: string }> {
  const page = await context.newPage()
  await page.goto(`${origin}/login`)
  await fillLogin(page, user)
  await page.getByText(`Signed in as ${users[user].fullName}`).waitFor()
  await hydrated(page)
  const token = await tokenOf(context)
  assert.ok(token !== undefined, 'signing in sets the session cookie')
  return { page, token }
}

/** What the devices page lists. */
export function devices(page: Page) {
  const all = page.getByTestId('device')
  return {
    all,
    own: all.filter({ hasText: 'This device' }),
    others: all.filter({ hasNotText: 'This device' }),
  }
}
