// One configuration for both checks. Light enough for the edge: ranges are checked by core, where it is used.
import { type Duration, seconds } from './duration.js'
import type { KeyOptions } from './secret.js'

/** What a mismatch of an attribute leads to. */
export type Binding = 'off' | 'report' | 'strict'

/**
 * Which header tells the client address. A client that reaches this server directly can send either of them: the server
 * must be out of reach but through its proxies.
 */
export type ClientAddress =
  /** A header that one vendor sets and never appends to, in lower case: `cf-connecting-ip`. */
  | { readonly header: string; readonly forwardedFor?: never }
  /** `X-Forwarded-For`, from the right: over a number of proxies, or over the networks they are in. */
  | { readonly forwardedFor: ForwardedFor; readonly header?: never }

/** How much of `X-Forwarded-For` is believed. */
export type ForwardedFor =
  /**
   * Number of proxies in front that append to the header, 1 to 16. Should one of them leave the header out, Next.js fills
   * in that proxy's own address, and a number cannot tell: prefer `trusted` where the addresses of the proxies are known.
   */
  | { readonly hops: number; readonly trusted?: never }
  /**
   * Networks of the proxies in front, such as `10.0.0.0/8` and `fd00::/8`: the first address from the right outside of
   * them is the client. Where there is none it is unknown, so list proxies, not a network they share with clients.
   */
  | { readonly trusted: readonly string[]; readonly hops?: never }

/**
 * Timeouts by name: our own, or what NIST SP 800-63B-4 says of an authenticator assurance level. `default`: idle 30
 * minutes, absolute 12 hours. `aal1`: 30 days both. `aal2`: 1 hour and 24 hours. `aal3`: 15 minutes and 12 hours.
 */
export type Preset = 'default' | 'aal1' | 'aal2' | 'aal3'

/** Idle and absolute timeout. Core holds the same: the first check, which is not given core's, needs them here. */
const PRESETS: Readonly<Record<Preset, readonly [idle: Duration, absolute: Duration]>> = {
  default: ['30m', '12h'],
  aal1: ['30d', '30d'],
  aal2: ['1h', '24h'],
  aal3: ['15m', '12h'],
}

/** What can be configured. Every setting has a default. */
export interface SessionOptions extends KeyOptions {
  /** Path of the login page. Default `/login`. */
  readonly login?: string
  /** Where a session route leads when there is no `next`. Default `/`. */
  readonly home?: string
  /** Base path of the session routes (renew, end, unavailable). Default `/session`. */
  readonly routes?: string
  /** Other origins whose pages may send what writes, such as `https://admin.example`; at most 16. Default none. */
  readonly trustedOrigins?: readonly string[]
  /** Where the timeouts come from that are not set here. Default `default`. */
  readonly preset?: Preset
  /** Longest pause between requests, 60 s to the absolute timeout. Default that of the preset, 30 minutes. */
  readonly idleTimeout?: Duration
  /** Longest life of a session whatever happens, at most 400 days. Default that of the preset, 12 hours. */
  readonly absoluteTimeout?: Duration
  /** How long a navigation can pass the edge after a revocation, 1 s to 1 h. Default 5 minutes. */
  readonly tokenLife?: Duration
  /** How far two clocks may differ, at most 5 minutes. Default 30 seconds. */
  readonly clockSkew?: Duration
  /** Most sessions of one user, 1 to 100. Default 10. */
  readonly sessionsPerUser?: number
  /** At that limit: end the session used least recently, or refuse the new one. Default `evict`. */
  readonly atLimit?: 'evict' | 'refuse'
  /** Binding of a session to its browser and network. */
  readonly binding?: {
    /** To the user agent. Default `strict`. */
    readonly userAgent?: Binding
    /** By class (family, system, mobile), or the whole of it: then an update of the browser differs. Default `class`. */
    readonly userAgentMatch?: 'class' | 'exact'
    /** To the client address. Default `report` where `clientAddress` is set, `off` where it is not. */
    readonly ip?: Binding
    /** By its first bits, or the whole of it: then the store holds a hash and no address. Default `prefix`. */
    readonly ipMatch?: 'prefix' | 'exact'
    /** Bits of an IPv4 address that count, 8 to 32. Default 24. */
    readonly ipv4Prefix?: number
    /** Bits of an IPv6 address that count, 16 to 64. Default 64. */
    readonly ipv6Prefix?: number
  }
  /** Where the client address comes from. Nothing is trusted by default. */
  readonly clientAddress?: ClientAddress
  /** Separates applications that share a secret. At most 64 bytes. */
  readonly audience?: string
  /** Prefix of every key in the store. Default `tg:`. */
  readonly keyPrefix?: string
  /** Sessions created at or before this time (milliseconds since 1970) are revoked: after a restore from backup. */
  readonly notBefore?: number
  /** The cookie. */
  readonly cookie?: {
    /** Base name; the cookie is called `__Host-<name>`. Default `session`. */
    readonly name?: string
    /** For development over plain http only: another name, no prefix, no `Secure`. */
    readonly dangerouslyInsecureHttp?: boolean
  }
}

/** A configuration as the other parts take it. Durations in seconds. */
export interface SessionConfig {
  readonly login: string
  readonly home: string
  readonly routes: string
  readonly trustedOrigins: readonly string[]
  readonly idleTimeout: number
  readonly absoluteTimeout: number
  readonly tokenLife: number
  readonly clockSkew: number
  readonly sessionsPerUser: number
  readonly atLimit: 'evict' | 'refuse'
  readonly binding: NonNullable<SessionOptions['binding']>
  readonly clientAddress: SessionOptions['clientAddress']
  readonly audience: string
  readonly keyPrefix: string
  readonly notBefore: number
  readonly cookie: { readonly name: string; readonly dangerouslyInsecureHttp: boolean }
  /** The keys given here; without any they come from the environment. */
  readonly keys: () => KeyOptions
}

/** Defines the sessions of an application, for `createProxy` and `createDal` alike. */
export function defineSession(options: SessionOptions = {}): SessionConfig {
  const { secret, edgeKeys, cookie, preset = 'default', ...rest } = options
  if (!Object.hasOwn(PRESETS, preset)) {
    throw new TypeError(`twogate: preset must be one of ${Object.keys(PRESETS).join(', ')}`)
  }
  const [idle, absolute] = PRESETS[preset]
  const config: SessionConfig = {
    login: '/login',
    home: '/',
    routes: '/session',
    trustedOrigins: [],
    sessionsPerUser: 10,
    atLimit: 'evict',
    audience: '',
    keyPrefix: 'tg:',
    notBefore: 0,
    clientAddress: undefined,
    ...rest,
    idleTimeout: seconds('idleTimeout', rest.idleTimeout ?? idle),
    absoluteTimeout: seconds('absoluteTimeout', rest.absoluteTimeout ?? absolute),
    tokenLife: seconds('tokenLife', rest.tokenLife ?? '5m'),
    clockSkew: seconds('clockSkew', rest.clockSkew ?? '30s'),
    binding: { userAgent: 'strict', ...rest.binding },
    cookie: { name: 'session', dangerouslyInsecureHttp: false, ...cookie },
    // A function: a configuration that is printed or spread shows no secret.
    keys: () => ({ secret, edgeKeys }),
  }
  return Object.freeze(config)
}
