// tests/vectors as Rust wrote them, with types.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Denied, Preset } from 'twogate'

/** Members in the order of the profile; times in seconds. */
export interface Claims {
  readonly sid: string
  readonly sub: string
  readonly scope?: string
  readonly ua?: string
  readonly iat: number
  readonly exp: number
}

interface TokenCase {
  readonly name: string
  /** Separated by commas, as `TWOGATE_SECRETS` takes them. */
  readonly secrets: string
  readonly audience: string
  readonly edge_keys: string
  readonly token: string
  /** Seconds since 1970. */
  readonly now: number
}

export interface Accepted extends TokenCase {
  readonly claims: Claims
  readonly verdict: 'fresh' | 'stale'
}

export interface Refused extends TokenCase {
  readonly reason: Denied
}

export interface TokenVectors {
  readonly limits: {
    readonly clock_skew: number
    readonly absolute_timeout: number
    readonly longest_token_life: number
    readonly longest_token: number
  }
  readonly accepted: readonly Accepted[]
  readonly denied: readonly Refused[]
}

export interface DeniedVectors {
  readonly denied: readonly {
    readonly number: number
    readonly code: string
    readonly clears_cookie: boolean
  }[]
}

interface Timeouts {
  readonly idleTimeout: number
  readonly absoluteTimeout: number
}

export interface ConfigVectors {
  readonly defaults: Timeouts & Readonly<Record<string, string | number>>
  readonly presets: readonly (Timeouts & { readonly preset: Preset })[]
}

export const configVectors = read<ConfigVectors>('config.json')
export const tokens = read<TokenVectors>('token.json')
export const reasons = read<DeniedVectors>('denied.json').denied

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, '../../../tests/vectors', name), 'utf8')) as T
}
