// The session routes: renew, end and unavailable. Where the two checks send a request that cannot be answered yet.
import type { SessionConfig } from './config.js'
import type { Sessions } from './dal.js'
import { NO_STORE, RENEWED_PARAMETER, RETRY_AFTER } from './http.js'

/** One catch-all Route Handler: `export const { GET } = sessionRoutes` under `routes`. */
export function createSessionRoutes(config: SessionConfig, sessions: Sessions) {
  async function GET(request: Request): Promise<Response> {
    // Next.js follows a redirect of its own by fetch, where a Set-Cookie is lost and the old document stays. An answer
    // that is no page makes it navigate to this address for real.
    const mode = request.headers.get('sec-fetch-mode')
    if (mode !== null && mode !== 'navigate') return new Response(null, { status: 200, headers: plain() })

    const url = new URL(request.url)
    const next = sessions.safeNext(url.searchParams.get('next'))
    switch (url.pathname.slice(url.pathname.lastIndexOf('/') + 1)) {
      case 'renew':
        return renew(request, next)
      case 'end':
        return end(request, next)
      case 'unavailable':
        return unavailable(next)
      default:
        return new Response('Not found', { status: 404, headers: plain() })
    }
  }

  /** A stale token: one full check, a new token, back to the page. The mark keeps a wrong clock from looping. */
  async function renew(request: Request, next: string): Promise<Response> {
    const checked = await sessions.check(request.headers, { issue: true })
    if (checked.status === 'unavailable') return unavailable(next)
    if (checked.status === 'denied') return toLogin(next, checked.clearsCookie)
    return seeOther(marked(next), checked.setCookie)
  }

  /** The way out of "signed, but no session": asks once more, and clears the cookie only on a definite denial. */
  async function end(request: Request, next: string): Promise<Response> {
    const checked = await sessions.check(request.headers)
    if (checked.status === 'unavailable') return unavailable(next)
    if (checked.status === 'active') return seeOther(next)
    return toLogin(next, checked.clearsCookie)
  }

  function toLogin(next: string, clearsCookie: boolean): Response {
    const query = next === config.home ? '' : `?next=${encodeURIComponent(next)}`
    return seeOther(config.login + query, clearsCookie ? sessions.removal() : null)
  }

  return { GET }
}

/** 503 for a person: the page comes again by itself, the cookie stays. */
function unavailable(next: string): Response {
  const target = next.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="${RETRY_AFTER};url=${target}"><title>One moment</title>
<body style="font:1rem/1.5 system-ui;display:grid;place-content:center;min-height:90vh;text-align:center;color-scheme:light dark">
<h1>One moment</h1><p>Sessions cannot be checked right now. Nobody was signed out.</p>
<p><a href="${target}">Try again</a></p>`
  const headers = {
    ...NO_STORE,
    'content-type': 'text/html; charset=utf-8',
    'retry-after': String(RETRY_AFTER),
  }
  return new Response(page, { status: 503, headers })
}

function marked(next: string): string {
  const [path = '/', fragment] = next.split('#', 2)
  const query = `${path.includes('?') ? '&' : '?'}${RENEWED_PARAMETER}=1`
  return path + query + (fragment === undefined ? '' : `#${fragment}`)
}

function seeOther(location: string, setCookie: string | null = null): Response {
  const headers = new Headers({ ...NO_STORE, location })
  if (setCookie !== null) headers.append('set-cookie', setCookie)
  return new Response(null, { status: 303, headers })
}

function plain() {
  return { ...NO_STORE, 'content-type': 'text/plain; charset=utf-8' }
}
