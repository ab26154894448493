// HTTP as the server sees it: no redirect is followed and no header is added behind the test's back. (Node's own fetch
// sends `sec-fetch-mode: cors`, which is part of what is tested here.)

import { type IncomingHttpHeaders, request } from 'node:http'
import { CookieJar, parseSetCookie, type SetCookie } from './cookies.ts'
import { ledger } from './ledger.ts'

export const COOKIE = '__Host-session'

export interface Ask {
  readonly method?: string
  /** Name and value pairs; a name may come twice. */
  readonly headers?: Readonly<Record<string, string>> | readonly (readonly [string, string])[]
  readonly body?: string | Buffer
}

export interface Answer {
  readonly url: URL
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly setCookies: readonly SetCookie[]
  readonly body: string
  /** Where a browser would go next by itself: `Location`, or the refresh tag of a redirect that Next.js has streamed. */
  readonly next: URL | undefined
}

/** Headers of a person who opens an address. */
export function navigation(userAgent: string, token?: string): Record<string, string> {
  return {
    accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
    'sec-fetch-dest': 'document',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-site': 'none',
    'sec-fetch-user': '?1',
    'user-agent': userAgent,
    ...(token === undefined ? {} : { cookie: `${COOKIE}=${token}` }),
  }
}

/** Headers of a script on the page that fetches data. */
export function script(userAgent: string, token?: string): Record<string, string> {
  return {
    accept: 'application/json',
    'sec-fetch-dest': 'empty',
    'sec-fetch-mode': 'cors',
    'sec-fetch-site': 'same-origin',
    'user-agent': userAgent,
    ...(token === undefined ? {} : { cookie: `${COOKIE}=${token}` }),
  }
}

/** Sends one request and reads the whole answer. */
export function ask(target: string | URL, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  const url = new URL(target)
  const pairs = Array.isArray(headers)
    ? (headers as readonly (readonly [string, string])[])
    : Object.entries(headers)
  const raw: string[] = ['host', url.host, ...pairs.flat()]
  if (body !== undefined) raw.push('content-length', String(Buffer.byteLength(body)))
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: url.hostname,
        port: url.port,
        path: url.pathname + url.search,
        method,
        headers: raw,
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject)
        response.once('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          const lines = response.headers['set-cookie'] ?? []
          for (const line of lines) ledger.note(line)
          resolve({
            url,
            status: response.statusCode ?? 0,
            headers: response.headers,
            setCookies: lines.map(parseSetCookie),
            body: text,
            next: nextAddress(url, response.headers, text),
          })
        })
      },
    )
    sent.once('error', reject)
    sent.end(body)
  })
}

export interface Journey {
  readonly answers: readonly Answer[]
  readonly last: Answer
  /** Redirects that were followed: answers but one. */
  readonly hops: number
  /** Every cookie that was set on the way. */
  readonly setCookies: readonly SetCookie[]
}

/**
 * Opens an address as a person does, follows by hand, and keeps cookies in the jar.
 *
 * @param options.onAnswer Called after each answer, before the next request leaves.
 * @throws when it takes more than `maxHops` redirects, which is how a loop shows.
 */
export async function follow(
  target: string | URL,
  options: {
    userAgent: string
    jar?: CookieJar
    maxHops?: number
    onAnswer?: (answer: Answer) => Promise<void>
  },
): Promise<Journey> {
  const { userAgent, jar = new CookieJar(), maxHops = 10, onAnswer } = options
  const answers: Answer[] = []
  let url = new URL(target)
  for (;;) {
    const cookie = jar.header()
    const answer = await ask(url, {
      headers: { ...navigation(userAgent), ...(cookie === '' ? {} : { cookie }) },
    })
    answers.push(answer)
    for (const one of answer.setCookies) jar.take(one)
    await onAnswer?.(answer)
    if (answer.next === undefined) {
      return {
        answers,
        last: answer,
        hops: answers.length - 1,
        setCookies: answers.flatMap((each) => each.setCookies),
      }
    }
    if (answer.next.origin !== url.origin)
      throw new Error(`${answer.url} leads off the site, to ${answer.next}`)
    if (answers.length > maxHops)
      throw new Error(
        `more than ${maxHops} hops: ${answers.map((each) => each.url.pathname + each.url.search).join(' -> ')}`,
      )
    url = answer.next
  }
}

/** Path and query of an address: hosts are not compared, as Next.js spells them differently from version to version. */
export function place(url: URL | string): string {
  const { pathname, search } = new URL(url)
  return pathname + search
}

function nextAddress(from: URL, headers: IncomingHttpHeaders, body: string): URL | undefined {
  if (headers.location !== undefined) return new URL(headers.location, from)
  const refresh = /<meta id="__next-page-redirect" http-equiv="refresh" content="\d+;\s*url=([^"]*)"/i.exec(
    body,
  )
  return refresh?.[1] === undefined ? undefined : new URL(refresh[1].replaceAll('&amp;', '&'), from)
}
