// `twogate/dal`: sessions without a framework. What a data-access layer asks, over any store.
import type { SessionConfig } from './config.js'
import type { Denied } from './denied.js'
import { badKeys, findKeys } from './secret.js'
import { carry, type Store } from './store.js'
import { type Operation, RequestFacts, Rules } from './wasm/full.js'

/** Why a request that may write was refused: which of its headers does not show that this application sent it. */
export type CrossSite =
  | 'other_site'
  | 'sibling_origin'
  | 'other_origin'
  | 'unknown_origin'
  | 'malformed_header'

/** What an application sees of a session: never the id, its hash or the token. Frozen; times in ms since 1970. */
export interface SessionDto {
  readonly userId: string
  readonly scope: readonly string[]
  /** Points at the session (`revokeSession`), opens nothing. */
  readonly handle: string
  readonly createdAt: number
  readonly lastSeenAt: number
  /** End by the absolute timeout. */
  readonly expiresAt: number
}

/** One of the user's own sessions. Times in milliseconds since 1970. */
export interface Device {
  readonly handle: string
  /** Whether it is the session that asks. */
  readonly current: boolean
  readonly browser: string
  readonly os: string
  readonly mobile: boolean
  /** Network as a prefix, such as `203.0.113.0/24`; null where addresses are not stored. */
  readonly ip: string | null
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly expiresAt: number
}

/** Why the store could not answer. Never "signed out". */
export type Cause =
  | 'timeout'
  | 'connection'
  | 'not_ready'
  | 'read_only'
  | 'out_of_memory'
  | 'access_denied'
  | 'unexpected'

/** A definite refusal. */
export interface Refused {
  readonly status: 'denied'
  readonly reason: Denied
  /** Whether the cookie is worthless for good. */
  readonly clearsCookie: boolean
}

/** The store could not say: 503, the cookie stays. */
export interface Unavailable {
  readonly status: 'unavailable'
  readonly cause: Cause
}

/** A living session. */
export interface Active {
  readonly status: 'active'
  readonly session: SessionDto
  /** Whether the token is past its life: time for a new one. */
  readonly stale: boolean
  /** Whether `touch` is due. */
  readonly touchDue: boolean
  readonly userAgentMismatch: boolean
  readonly addressMismatch: boolean
  /** A `Set-Cookie` value with a new token, where asked for. */
  readonly setCookie: string | null
}

/** The answer of the full check. */
export type Checked = Active | Refused | Unavailable

/** The answer to a sign-in. */
export type Created =
  | {
      readonly status: 'created'
      readonly session: SessionDto
      readonly setCookie: string
      readonly evicted: number
    }
  | { readonly status: 'refused'; readonly reason: 'revoked_meanwhile' | 'limit_reached' }
  | Unavailable

/** How many sessions ended; denied where the request carries no session of its own. */
export type Ended = { readonly status: 'done'; readonly count: number } | Refused | Unavailable

/** What happened, for a log or an alarm. Holds no token, id or address. */
export type SessionEvent =
  | { readonly type: 'created'; readonly userId: string; readonly evicted: number }
  | { readonly type: 'revoked'; readonly count: number }
  | { readonly type: 'denied'; readonly reason: Denied }
  | {
      readonly type: 'binding_mismatch'
      readonly attribute: 'user_agent' | 'address'
      readonly userId: string
    }
  | { readonly type: 'unavailable'; readonly cause: Cause }

/** The headers of a request, as far as sessions look at them. */
export interface RequestHeaders {
  get(name: string): string | null
}

export interface SignInOptions {
  /** Words separated by single spaces, for optimistic redirects. Readable in the cookie. */
  readonly scope?: string
  /** When the authentication began, in ms since 1970. Default now. One at or before a revocation of all is refused. */
  readonly authenticatedAt?: number
}

export interface SessionsOptions {
  readonly store: Store
  /** Told of everything that happens to sessions. */
  readonly onEvent?: (event: SessionEvent) => void
}

/** Sessions over a store. `cookie` in place of the header's own serves a request that has just changed it. */
export type Sessions = ReturnType<typeof createSessions>

/** Makes the sessions of an application. Keys and ranges are checked at first use, so that a build needs no secret. */
export function createSessions(config: SessionConfig, { store, onEvent }: SessionsOptions) {
  let made: Rules | undefined
  const rules = () => (made ??= makeRules(config, store))

  /** Makes an operation from what the request shows. The facts live in WASM memory and go back at once. */
  function about(
    headers: RequestHeaders,
    cookie: string | undefined,
    make: (facts: RequestFacts) => Operation,
  ): Operation {
    const addressHeader = rules().addressHeader()
    const address = addressHeader === undefined ? undefined : (headers.get(addressHeader) ?? undefined)
    const cookies = cookie ?? headers.get('cookie') ?? ''
    const facts = new RequestFacts(cookies, headers.get('user-agent') ?? '', address, Date.now())
    try {
      return make(facts)
    } finally {
      facts.free()
    }
  }

  function noteCheck(answer: Checked): void {
    if (answer.status === 'unavailable') onEvent?.({ type: 'unavailable', cause: answer.cause })
    if (answer.status === 'denied') onEvent?.({ type: 'denied', reason: answer.reason })
    if (answer.status !== 'active') return
    const { userId } = answer.session
    if (answer.userAgentMismatch) onEvent?.({ type: 'binding_mismatch', attribute: 'user_agent', userId })
    if (answer.addressMismatch) onEvent?.({ type: 'binding_mismatch', attribute: 'address', userId })
  }

  async function ending(operation: Operation): Promise<Ended> {
    const answer = await carry<Ended>(store, operation)
    if (answer.status === 'unavailable') onEvent?.({ type: 'unavailable', cause: answer.cause })
    if (answer.status === 'done' && answer.count > 0) onEvent?.({ type: 'revoked', count: answer.count })
    return answer
  }

  return {
    /** The full check: one command. `issue` asks for a new token; `notBefore` (ms) is from the user's own row. */
    async check(
      headers: RequestHeaders,
      options: {
        readonly cookie?: string | undefined
        readonly issue?: boolean
        readonly notBefore?: number
      } = {},
    ): Promise<Checked> {
      const { cookie, issue = false, notBefore = 0 } = options
      // Of a Date or a row that is missing: not the same as none.
      if (!(notBefore >= 0)) throw new TypeError('twogate: notBefore must be milliseconds since 1970')
      const answer = await carry<Checked>(
        store,
        about(headers, cookie, (facts) => rules().check(facts, notBefore, issue)),
      )
      noteCheck(answer)
      return answer.status === 'active' ? { ...answer, session: frozen(answer.session) } : answer
    },

    /** Moves last-seen, when a check said that it is due. Never creates. */
    async touch(headers: RequestHeaders, cookie?: string): Promise<Ended> {
      return carry<Ended>(
        store,
        about(headers, cookie, (facts) => rules().touch(facts)),
      )
    },

    /** Signs a user in: a fresh id, a record, a cookie. @throws where user id or scope break their rule. */
    async create(headers: RequestHeaders, userId: string, options: SignInOptions = {}): Promise<Created> {
      const id = crypto.getRandomValues(new Uint8Array(16))
      if (options.authenticatedAt !== undefined && !(options.authenticatedAt >= 0)) {
        throw new TypeError('twogate: authenticatedAt must be milliseconds since 1970')
      }
      const { scope, authenticatedAt } = options
      const operation = about(headers, undefined, (facts) =>
        rules().create(facts, userId, scope, authenticatedAt, id),
      )
      const answer = await carry<Created>(store, operation)
      if (answer.status === 'unavailable') onEvent?.({ type: 'unavailable', cause: answer.cause })
      if (answer.status !== 'created') return answer
      onEvent?.({ type: 'created', userId, evicted: answer.evicted })
      return { ...answer, session: frozen(answer.session) }
    },

    /** Ends the session of this request. */
    async revokeCurrent(headers: RequestHeaders, cookie?: string): Promise<Ended> {
      return ending(about(headers, cookie, (facts) => rules().revokeCurrent(facts)))
    },

    /** Ends the session with this handle, if it is one of the same user. */
    async revokeByHandle(headers: RequestHeaders, handle: string, cookie?: string): Promise<Ended> {
      return ending(about(headers, cookie, (facts) => rules().revokeByHandle(facts, handle)))
    },

    /** Ends every other session of the same user. */
    async revokeOthers(headers: RequestHeaders, cookie?: string): Promise<Ended> {
      return ending(about(headers, cookie, (facts) => rules().revokeOthers(facts)))
    },

    /** Ends every session of a user, and every sign-in that began by now: after a change of password. */
    async revokeAll(userId: string): Promise<Ended> {
      return ending(rules().revokeAll(userId, Date.now()))
    },

    /** Lists the living sessions of the same user, this one first. */
    async list(
      headers: RequestHeaders,
      cookie?: string,
    ): Promise<{ readonly status: 'done'; readonly devices: readonly Device[] } | Refused | Unavailable> {
      return carry(
        store,
        about(headers, cookie, (facts) => rules().list(facts)),
      )
    },

    /** The `Set-Cookie` value that removes the cookie. */
    removal: () => rules().removal(),

    /** Why a request must not run, or nothing. Every method but GET, HEAD and OPTIONS has to come from this origin. */
    refuseCrossSite: (method: string, headers: RequestHeaders): CrossSite | undefined => {
      const [site, origin, host] = ['sec-fetch-site', 'origin', 'host'].map(
        (it) => headers.get(it) ?? undefined,
      )
      return rules().refuseCrossSite(method, site, origin, host) as CrossSite | undefined
    },

    /** `next` where it is a path of this origin, neither the login page nor a session route; else `home`. */
    safeNext: (next: unknown): string =>
      typeof next === 'string' && rules().isSafeTarget(next) ? next : config.home,
  }
}

function makeRules(config: SessionConfig, store: Store): Rules {
  const { home: _home, clientAddress = 'unknown', ...rest } = config
  const keys = findKeys(config.keys(), false)
  if (store.volatile && globalThis.process?.env['NODE_ENV'] === 'production') {
    console.warn(
      'twogate: sessions are kept in memory. They end with this process and are not shared with another: use redisStore in production.',
    )
  }
  try {
    return new Rules(JSON.stringify({ ...rest, clientAddress }), keys.text, keys.areEdgeKeys)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const prefix = 'the secret '
    throw why.startsWith(prefix) ? badKeys(keys, why.slice(prefix.length)) : new Error(`twogate: ${why}`)
  }
}

function frozen(session: SessionDto): SessionDto {
  Object.freeze(session.scope)
  return Object.freeze(session)
}
