// A second web site. `127.0.0.1` and `localhost` are two sites to a browser, so cookies tell them apart.

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface OtherSite {
  readonly origin: string
  close(): Promise<void>
}

/** Serves one page of HTML at every address. */
export function otherSite(html: string): Promise<OtherSite> {
  const server = createServer((_, response) => {
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      .end(`<!doctype html><title>elsewhere</title>${html}`)
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      resolve({
        origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        close: () =>
          new Promise((done) => {
            server.close(() => done())
            server.closeAllConnections()
          }),
      })
    })
  })
}
