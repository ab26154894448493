// The one configuration of the session, read by both checks: proxy.ts and lib/dal.ts.
import { defineSession } from 'twogate'

const tokenLife = Number(process.env.TWOGATE_TOKEN_LIFE) || '5m'

export const session = defineSession({
  login: '/login',
  idleTimeout: '30m',
  absoluteTimeout: '12h',
  tokenLife,
  clientAddress: { forwardedFor: { hops: 1 } },
  binding: { userAgent: 'strict', ip: 'report' },
})
