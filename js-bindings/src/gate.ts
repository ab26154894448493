// The first check of a request, for any host that speaks Request and Response: core decides, this carries.
import type { SessionConfig } from './config.js'
import type { Denied } from './denied.js'
import { DENIED_AT_EDGE } from './denied-at-edge.js'
import { NO_STORE, RENEWED_COOKIE } from './http.js'
import { badKeys, findKeys } from './secret.js'
import { instantiate, type ProxyInstance } from './wasm/instance.js'

export interface GateOptions {
  /** Public paths: exact (`/about`), or all below (`/docs/*`). Login page and session routes always are. */
  readonly public?: readonly string[]
  /** Prefixes that answer 401 JSON instead of redirecting, such as `/api`. */
  readonly api?: readonly string[]
  /** Told of each refusal. Gets no token and no id. */
  readonly onDenied?: (reason: Denied, request: Request) => void
}

/** Answer at once, or forward with these headers. */
export type GateDecision =
  | { readonly response: Response; readonly headers?: undefined }
  | { readonly response?: undefined; readonly headers: Headers }

const FORWARD = 0
const CLEAN = 3

/** Makes the first check. Keys are read at the first request, so that a build needs none. */
export function createGate(config: SessionConfig, options: GateOptions = {}) {
  let instance: ProxyInstance | undefined

  return (request: Request, pathname: string, search: string): GateDecision => {
    instance ??= configure(config, options)
    const { exports, write, read } = instance
    const { method, headers } = request
    const cookie = headers.get('cookie') ?? ''
    const isRead = method === 'GET' || method === 'HEAD'
    const length = write(`${pathname}\n${search}\n${cookie}\n${headers.get('user-agent') ?? ''}\n.`)
    if (length < 0) return { response: unauthorized() }
    const flags = Number(isRead) + 2 * Number(cookie.includes(`${RENEWED_COOKIE}=1`))
    const answer = exports.decide_request(length, flags, Date.now() / 1000)
    const action = answer & 0xff
    const denied = DENIED_AT_EDGE[((answer >>> 8) & 0x7f) - 1]
    if (denied) options.onDenied?.(denied, request)
    if (action === FORWARD) return { headers: forwardedHeaders(headers, pathname, search) }

    // Every action that leads somewhere has a location; anything else is refused.
    const location = read(answer >>> 16)
    const response = location
      ? new Response(null, { status: 303, headers: { ...NO_STORE, location } })
      : unauthorized()
    if (action === CLEAN) {
      // Holds nothing and decides nothing but this: no attributes to guard it.
      response.headers.append('set-cookie', `${RENEWED_COOKIE}=1; Path=/; Max-Age=10`)
    }
    if (denied && (answer >>> 15) & 1) response.headers.append('set-cookie', read(exports.removal()))
    return { response }
  }
}

/** @throws where the keys are missing, weak or no keys, or a path is unsound. */
function configure(config: SessionConfig, options: GateOptions): ProxyInstance {
  const instance = instantiate()
  const { exports, write } = instance
  const { audience, clockSkew, absoluteTimeout, cookie, login, routes } = config
  const keys = findKeys(config.keys(), true)
  const { text, areEdgeKeys } = keys
  const keysLength = write(text + audience)
  // Keys are ASCII: where they are not, the split is off, and what is left of them is no key.
  if (keysLength < 0 || exports.set_keys(text.length, keysLength, areEdgeKeys, clockSkew, absoluteTimeout)) {
    throw badKeys(keys)
  }
  const { public: open = [], api = [] } = options
  const length = write([cookie.name, login, routes, open.join(' '), api.join(' ')].join('\n'))
  if (
    length < 0 ||
    !exports.set_rules(length, cookie.dangerouslyInsecureHttp, config.binding.userAgent === 'strict')
  ) {
    throw new Error('twogate: cookie.name or a path is unsound')
  }
  return instance
}

/** Strips what only we may say, and says where the request was going, so that a refusal at the data can lead back. */
function forwardedHeaders(from: Headers, pathname: string, search: string): Headers {
  const headers = new Headers(from)
  for (const name of from.keys()) {
    if (/^twogate[-_.]/.test(name)) headers.delete(name)
  }
  headers.set('twogate-path', pathname + search)
  return headers
}

function unauthorized(): Response {
  return Response.json({ error: 'unauthorized' }, { status: 401, headers: NO_STORE })
}
