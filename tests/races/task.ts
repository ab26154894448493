// What a worker is told to do, and what its users and keys are called.

import { defineSession, type SessionOptions } from 'twogate'

/** How a worker reaches Redis. */
export type Through = 'node-redis' | 'ioredis' | 'rust'
/** A mistake of its host, to see whether it is found. */
export type Planted = 'touch writes back what was read' | 'revoke-all forgets not-before' | 'no limit'

/** All that a worker is given, as JSON in its one argument. */
export interface Task {
  readonly worker: number
  readonly workers: number
  readonly through: Through
  readonly port: number
  readonly secret: string
  readonly seed: number
  /** Operations of this worker. */
  readonly operations: number
  /** Bursts of sign-ins, all workers at once. */
  readonly bursts: number
  /** Milliseconds to wait before the sweep. */
  readonly grace: number
  readonly log: string
  readonly planted?: Planted
}

/** Most sessions of one user. */
export const LIMIT = 3
/** Sign-ins of one user in a burst, by all workers together. */
export const BURST = 50
/** How many operations each worker has under way. */
export const LANES = 12
/** Few, so that they are fought over. */
export const USERS = Array.from({ length: 6 }, (_, i) => `user-${i}`)
/** Of bursts by turns: the oldest session goes, or the new one is refused. */
export const burstUser = (burst: number) => ({ user: `burst-${burst}`, refuses: burst % 2 === 1 })

export const USER_AGENT =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36'
/** One of each family: a session learns both, each by a touch that writes. */
export const ADDRESSES = ['203.0.113.7', '2001:db8:0:7::1']
export const ADDRESS_HEADER = 'x-real-ip'

export function configuration(secret: string, more: SessionOptions = {}) {
  return defineSession({
    secret,
    sessionsPerUser: LIMIT,
    clientAddress: { header: ADDRESS_HEADER },
    binding: { ip: 'report' },
    ...more,
  })
}
