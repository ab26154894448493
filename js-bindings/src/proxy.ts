// `twogate/proxy`: the first check in Next.js' proxy.ts (or middleware.ts). A courtesy, never the gate: every data
// function still makes the full check.
import { NextResponse } from 'next/server'
import type { SessionConfig } from './config.js'
import { createGate, type GateOptions } from './gate.js'

/** What `createProxy` needs of a NextRequest. */
export interface ProxyRequest extends Request {
  readonly nextUrl: { readonly pathname: string; readonly search: string }
}

/** Makes the function that proxy.ts exports. */
export function createProxy(
  config: SessionConfig,
  options: GateOptions = {},
): (request: ProxyRequest) => Response {
  const gate = createGate(config, options)
  return (request) => {
    const { pathname, search } = request.nextUrl
    const { response, headers } = gate(request, pathname, search)
    if (!response) return NextResponse.next({ request: { headers } })
    // Next.js takes only absolute addresses here; it makes those of the same origin relative again on the way out.
    const location = response.headers.get('location')
    if (location) response.headers.set('location', new URL(location, request.url).href)
    return response
  }
}
