// What a worker notes of an operation: one line of JSON each.

/** What was asked. `sweep` is a check when all is over, `count` a look at the store itself. */
export type Op =
  | 'signIn'
  | 'check'
  | 'touch'
  | 'read'
  | 'write'
  | 'rotate'
  | 'list'
  | 'signOut'
  | 'endByHandle'
  | 'endOthers'
  | 'endAll'
  | 'sweep'
  | 'count'

export interface Entry {
  readonly op: Op
  readonly user: string
  /** Handle of the session that asked, or whose cookie was shown; empty where none did. */
  readonly session: string
  /**
   * Tickets, drawn from one counter in Redis: what has a higher `begun` than another's `done` began, for all processes
   * and whatever their clocks say, after the other was answered.
   */
  readonly begun: number
  readonly done: number
  /** Milliseconds since 1970, before and after. */
  readonly from: number
  readonly to: number
  /** `status` of the answer. */
  readonly answer: string
  /** Handle of the session that began. */
  readonly made?: string
  /** Handle of the session that was to end. */
  readonly target?: string
  /** How many ended, were evicted, were listed or counted; the version that was written. */
  readonly count?: number
  /** Of a sign-in: the ticket when the authentication began. */
  readonly since?: number
}

/** Whether the answer says that the session which asked is alive. */
export function saysAlive({ op, answer, count }: Entry): boolean {
  switch (op) {
    case 'check':
    case 'sweep':
      return answer === 'active'
    case 'touch':
      return answer === 'done' && count === 1
    case 'write':
      return answer === 'done' || answer === 'conflict'
    case 'read':
    case 'rotate':
    case 'list':
    case 'endByHandle':
    case 'endOthers':
      return answer === 'done'
    default:
      return false
  }
}
