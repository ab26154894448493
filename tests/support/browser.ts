// Debian's Chromium, launched once per test process; every context is a browser of its own.

import { existsSync } from 'node:fs'
import { after } from 'node:test'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { COOKIE } from './http.ts'
import { ledger } from './ledger.ts'

/** What browsers on other systems call themselves. The version is one that exists nowhere: only family, system and kind count. */
export const userAgents = {
  chromeOnLinux:
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  chromeOnWindows:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  safariOnMac:
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15',
  firefoxOnLinux: 'Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0',
} as const

const CANDIDATES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
]

const FLAGS = [
  ...[
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
  ],
  // Tests talk to loopback only; any other name does not resolve.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
]

let launched: Promise<Browser> | undefined

after(async () => {
  const browser = await launched?.catch(() => undefined)
  await browser?.close()
})

function browser(): Promise<Browser> {
  launched ??= chromium.launch({
    executablePath: executable(),
    args: FLAGS,
    // People's browsers keep the last page in memory for the back button; the tests must meet that too.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  })
  return launched
}

/** A browser with no cookies. All cookies it is given are kept in the ledger. */
export async function newBrowser(
  options: { userAgent?: string; javaScript?: boolean } = {},
): Promise<BrowserContext> {
  const { userAgent = userAgents.chromeOnLinux, javaScript = true } = options
  const context = await (await browser()).newContext({ userAgent, javaScriptEnabled: javaScript })
  context.setDefaultTimeout(15_000)
  context.on('response', (response) => {
    response.headerValues('set-cookie').then(
      (lines) => {
        for (const line of lines) ledger.note(line)
      },
      () => undefined,
    )
  })
  return context
}

/** The value of the session cookie in a browser, if it has one. */
export async function tokenOf(context: BrowserContext): Promise<string | undefined> {
  const cookies = (await context.cookies()).filter(({ name }) => name === COOKIE)
  if (cookies.length > 1) throw new Error('the browser holds two session cookies')
  const token = cookies[0]?.value
  if (token !== undefined) ledger.note(token)
  return token
}

/** Puts a value into the browser's session cookie, as someone who copied it would. */
export async function plantToken(context: BrowserContext, site: string, value: string): Promise<void> {
  ledger.note(value)
  const { hostname } = new URL(site)
  await context.addCookies([
    { name: COOKIE, value, domain: hostname, path: '/', secure: true, httpOnly: true, sameSite: 'Lax' },
  ])
}

/** Waits until React has taken over the page, so that a click runs the page's script and not the bare form. */
export async function hydrated(page: Page, selector = 'button'): Promise<void> {
  await page.waitForFunction(
    (wanted) =>
      Object.keys(document.querySelector(wanted) ?? {}).some((key) => key.startsWith('__reactProps$')),
    selector,
  )
}

function executable(): string {
  const named = process.env['TWOGATE_CHROMIUM']
  const found = named ?? CANDIDATES.find((path) => existsSync(path))
  if (found === undefined)
    throw new Error('no Chromium found: apt-get install chromium, or set TWOGATE_CHROMIUM')
  return found
}
