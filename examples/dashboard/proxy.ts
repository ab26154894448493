// The first check: turns away early what cannot be a session, without a database. It is not the gate; the data is.
import { createProxy } from 'twogate/proxy'
import { session } from './session.config'

export const proxy = createProxy(session, { public: ['/', '/login'], api: ['/api'] })

export const config = { matcher: '/((?!_next/static/|icon\\.svg$).*)' }
