// `twogate/dal`: sessions without a framework. What a data-access layer asks, over any store.
import type { SessionConfig } from './config.js'
import type { Denied } from './denied.js'
import { badKeys, findKeys } from './secret.js'
import { carry, type Store } from './store.js'
import { type Full, inOwnInstance, type Operation, type RequestFacts, type Rules } from './wasm/full.js'

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
  /** Authentication level, 0 to 9, as given at sign-in or rotation; 0 where none was. */
  readonly authLevel: number
}

/** One of the user's own sessions. Times in milliseconds since 1970. */
export interface Device {
  readonly handle: string
  /** Whether it is the session that asks. */
  readonly current: boolean
  readonly browser: string
  readonly os: string
  readonly mobile: boolean
  /** Network as a prefix, such as `203.0.113.0/24`; null where addresses are not stored, or as a hash. */
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

/** Application data: opaque text, and what a write compares. */
export interface SessionData {
  /** What was written; empty where nothing was. */
  readonly text: string
  /** How often it was written: 0 where it never was. */
  readonly version: number
}

/** What a user agent is told apart by. */
export interface UserAgentClass {
  readonly browser: string
  readonly os: string
  readonly mobile: boolean
}

/** The user agent that a session is bound to, and another that was seen. With `exact` both may be of one class. */
export interface UserAgentMismatch {
  readonly stored: UserAgentClass
  readonly seen: UserAgentClass
}

/** A living session. */
export interface Active {
  readonly status: 'active'
  readonly session: SessionDto
  /** Whether the token is past its life: time for a new one. */
  readonly stale: boolean
  /** Whether `touch` is due. */
  readonly touchDue: boolean
  /** Under `report`: another user agent than the session is bound to. What a step-up can be decided by. */
  readonly userAgentMismatch: UserAgentMismatch | null
  /** Under `report`: another network, or an unknown one. */
  readonly addressMismatch: boolean
  /** A `Set-Cookie` value with a new token, where asked for; none for a session that `rotate` replaced. */
  readonly setCookie: string | null
  /** The application data, where asked for. */
  readonly data: SessionData | null
}

/** The answer of the full check. */
export type Checked = Active | Refused | Unavailable

/** Why a sign-in cannot be. `address_unknown`: binding is strict, and every check would refuse the session. */
export type SignInRefusal = 'revoked_meanwhile' | 'limit_reached' | 'address_unknown'

/** The answer to a sign-in. */
export type Created =
  | {
      readonly status: 'created'
      readonly session: SessionDto
      readonly setCookie: string
      readonly evicted: number
    }
  | { readonly status: 'refused'; readonly reason: SignInRefusal }
  | Unavailable

/** The answer to a rotation. */
export type Rotated =
  | { readonly status: 'done'; readonly session: SessionDto; readonly setCookie: string }
  | Refused
  | Unavailable

/** The application data, after a full check. */
export type DataRead = ({ readonly status: 'done' } & SessionData) | Refused | Unavailable

/** The answer to a write: the version now, or, where another write was first, what is there. */
export type DataWritten =
  | { readonly status: 'done'; readonly version: number }
  | ({ readonly status: 'conflict' } & SessionData)
  | Refused
  | Unavailable

/** The user's own sessions. */
export type Listed = { readonly status: 'done'; readonly devices: readonly Device[] } | Refused | Unavailable

/** How many sessions ended; denied where the request carries no session of its own. */
export type Ended = { readonly status: 'done'; readonly count: number } | Refused | Unavailable

/** What happened, for a log or an alarm. Holds no token, id or address. */
export type SessionEvent =
  | { readonly type: 'created'; readonly userId: string; readonly evicted: number }
  | { readonly type: 'rotated'; readonly userId: string }
  | { readonly type: 'revoked'; readonly count: number }
  | { readonly type: 'denied'; readonly reason: Denied }
  | ({
      readonly type: 'binding_mismatch'
      readonly attribute: 'user_agent'
      readonly userId: string
    } & UserAgentMismatch)
  | { readonly type: 'binding_mismatch'; readonly attribute: 'address'; readonly userId: string }
  | { readonly type: 'unavailable'; readonly cause: Cause }

/** The headers of a request, as far as sessions look at them. */
export interface RequestHeaders {
  get(name: string): string | null
}

/** What a session may do. */
export interface Privileges {
  /** Words separated by single spaces, for optimistic redirects. Readable in the cookie. */
  readonly scope?: string
  /** Authentication level, 0 to 9, for the application to read. */
  readonly authLevel?: number
}

/** Whose request it is. */
export interface Asking {
  /** The `Cookie` header in place of the request's own, where the request has just changed it. */
  readonly cookie?: string | undefined
  /** From the user's own row, in ms since 1970: sessions created at or before it are revoked. Default none. */
  readonly notBefore?: number
}

export interface SignInOptions extends Privileges {
  /** From the user's own row, in ms since 1970: an authentication that began at or before it is refused. Default none. */
  readonly notBefore?: number
  /** When the authentication began, in ms since 1970. Default now. One at or before a revocation of all is refused. */
  readonly authenticatedAt?: number
}

export interface SessionsOptions {
  readonly store: Store
  /** Told of everything that happens to sessions. */
  readonly onEvent?: (event: SessionEvent) => void
}

/** Sessions over a store. Who asks is told by the request's headers, or by `Asking` where it knows better. */
export type Sessions = ReturnType<typeof createSessions>

/** Makes the sessions of an application. Keys and ranges are checked at first use, so that a build needs no secret. */
export function createSessions(config: SessionConfig, { store, onEvent }: SessionsOptions) {
  const own = inOwnInstance((full) => ({ full, rules: makeRules(full, config, store) }))
  const rules = () => own().rules

  /** Makes an operation from what the request shows. The facts live in WASM memory and go back at once. */
  function about(
    headers: RequestHeaders,
    { cookie, notBefore = 0 }: Asking,
    make: (facts: RequestFacts) => Operation,
  ): Operation {
    const addressHeader = rules().addressHeader()
    const address = addressHeader === undefined ? undefined : (headers.get(addressHeader) ?? undefined)
    const cookies = cookie ?? headers.get('cookie') ?? ''
    const userAgent = headers.get('user-agent') ?? ''
    const facts = new (own().full.RequestFacts)(
      cookies,
      userAgent,
      address,
      Date.now(),
      time('notBefore', notBefore),
    )
    try {
      return make(facts)
    } finally {
      facts.free()
    }
  }

  /** Carries an operation, and tells the hook where it was not answered or, where something was asked for, refused. */
  async function answered<A extends { readonly status: string }>(
    operation: Operation,
    isAsked = true,
  ): Promise<A> {
    const answer = await carry<A | Refused | Unavailable>(store, operation)
    if (isUnavailable(answer)) onEvent?.({ type: 'unavailable', cause: answer.cause })
    if (isAsked && isRefused(answer)) onEvent?.({ type: 'denied', reason: answer.reason })
    return answer as A
  }

  async function ending(operation: Operation, isAsked = true): Promise<Ended> {
    const answer = await answered<Ended>(operation, isAsked)
    if (answer.status === 'done' && answer.count > 0) onEvent?.({ type: 'revoked', count: answer.count })
    return answer
  }

  return {
    /** The full check: one command. `issue` asks for a new token, `data` for the application data. */
    async check(
      headers: RequestHeaders,
      options: Asking & { readonly issue?: boolean; readonly data?: boolean } = {},
    ): Promise<Checked> {
      const { issue = false, data = false } = options
      const answer = await answered<Checked>(
        about(headers, options, (facts) => rules().check(facts, issue, data)),
      )
      if (answer.status !== 'active') return answer
      const { userAgentMismatch, addressMismatch } = answer
      const { userId } = answer.session
      const mismatch = { type: 'binding_mismatch', userId } as const
      if (userAgentMismatch) onEvent?.({ ...mismatch, attribute: 'user_agent', ...userAgentMismatch })
      if (addressMismatch) onEvent?.({ ...mismatch, attribute: 'address' })
      return frozen(answer)
    },

    /** Moves last-seen, when a check said that it is due. Never creates. */
    async touch(headers: RequestHeaders, asking: Asking = {}): Promise<Ended> {
      return answered(about(headers, asking, (facts) => rules().touch(facts)))
    },

    /** Signs a user in: a fresh id, a record, a cookie. @throws where user id, scope or level break their rule. */
    async create(headers: RequestHeaders, userId: string, options: SignInOptions = {}): Promise<Created> {
      const { scope, authenticatedAt, authLevel, notBefore = 0 } = options
      if (authenticatedAt !== undefined) time('authenticatedAt', authenticatedAt)
      const answer = await answered<Created>(
        about(headers, { notBefore }, (facts) =>
          rules().create(facts, userId, scope, authenticatedAt, authLevel, freshId()),
        ),
      )
      if (answer.status === 'created') onEvent?.({ type: 'created', userId, evicted: answer.evicted })
      return frozen(answer)
    },

    /**
     * Gives the session a fresh id, for a rise of privilege: a second factor, another role. The old one is valid as it
     * was for ten seconds more. What is not given is kept. @throws where scope or level break their rule.
     */
    async rotate(
      headers: RequestHeaders,
      privileges: Privileges = {},
      asking: Asking = {},
    ): Promise<Rotated> {
      const { scope, authLevel } = privileges
      const answer = await answered<Rotated>(
        about(headers, asking, (facts) => rules().rotate(facts, scope, authLevel, freshId())),
      )
      if (answer.status === 'done') onEvent?.({ type: 'rotated', userId: answer.session.userId })
      return frozen(answer)
    },

    /** Reads application data, after a full check in the same command. */
    async readData(headers: RequestHeaders, asking: Asking = {}): Promise<DataRead> {
      return frozen(await answered<DataRead>(about(headers, asking, (facts) => rules().readData(facts))))
    },

    /**
     * Writes application data over the `version` that was read, where no other write was first. The session must have
     * passed a check. @throws where the text has more than 4 kB as stored.
     */
    async writeData(
      headers: RequestHeaders,
      { text, version }: SessionData,
      asking: Asking = {},
    ): Promise<DataWritten> {
      if (!Number.isSafeInteger(version) || version < 0) {
        throw new TypeError('twogate: version must be the one that was read')
      }
      return frozen(
        await answered<DataWritten>(
          about(headers, asking, (facts) => rules().writeData(facts, text, version)),
        ),
      )
    },

    /** Ends the session of this request, and with it the one it replaced or was replaced by. */
    async revokeCurrent(headers: RequestHeaders, asking: Asking = {}): Promise<Ended> {
      const operation = about(headers, asking, (facts) => rules().revokeCurrent(facts))
      // Of a browser without a session nothing was refused.
      return ending(operation, false)
    },

    /** Ends the session with this handle, if it is one of the same user. */
    async revokeByHandle(headers: RequestHeaders, handle: string, asking: Asking = {}): Promise<Ended> {
      return ending(about(headers, asking, (facts) => rules().revokeByHandle(facts, handle)))
    },

    /** Ends every other session of the same user. */
    async revokeOthers(headers: RequestHeaders, asking: Asking = {}): Promise<Ended> {
      return ending(about(headers, asking, (facts) => rules().revokeOthers(facts)))
    },

    /** Ends every session of a user, and every sign-in that began by now: after a change of password. */
    async revokeAll(userId: string): Promise<Ended> {
      return ending(rules().revokeAll(userId, Date.now()))
    },

    /** Lists the living sessions of the same user, this one first. */
    async list(headers: RequestHeaders, asking: Asking = {}): Promise<Listed> {
      return frozen(await answered<Listed>(about(headers, asking, (facts) => rules().list(facts))))
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

function makeRules(full: Full, config: SessionConfig, store: Store): Rules {
  const { home: _home, clientAddress = 'unknown', ...rest } = config
  const keys = findKeys(config.keys(), false)
  if (store.volatile && globalThis.process?.env['NODE_ENV'] === 'production') {
    console.warn(
      'twogate: sessions are kept in memory. They end with this process and are not shared with another: use redisStore in production.',
    )
  }
  try {
    return new full.Rules(JSON.stringify({ ...rest, clientAddress }), keys.text, keys.areEdgeKeys)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const prefix = 'the secret '
    throw why.startsWith(prefix) ? badKeys(keys, why.slice(prefix.length)) : new Error(`twogate: ${why}`)
  }
}

function isRefused(answer: { readonly status: string }): answer is Refused {
  return answer.status === 'denied'
}

function isUnavailable(answer: { readonly status: string }): answer is Unavailable {
  return answer.status === 'unavailable'
}

function freshId(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(16))
}

/** A time in milliseconds. That of a row that is missing is not the same as none. */
function time(name: string, value: number): number {
  if (!(value >= 0)) throw new TypeError(`twogate: ${name} must be milliseconds since 1970`)
  return value
}

/** An answer that nobody changes, whoever it is handed to: plain data, so it has no cycle. */
function frozen<T extends object>(answer: T): T {
  for (const part of Object.values(answer)) if (part !== null && typeof part === 'object') frozen(part)
  return Object.freeze(answer)
}
