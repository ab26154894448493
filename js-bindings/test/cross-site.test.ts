// Who sent a request that writes: the decision of core over the headers of a Request (X1, X3).

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defineSession, type SessionOptions } from 'twogate'
import { type CrossSite, createSessions } from 'twogate/dal'
import { memoryStore } from 'twogate/memory'
import { createGate } from '../dist/gate.js'
import { createSessionRoutes } from '../dist/routes.js'
import { freshSecret } from './support/tokens.ts'

const secret = freshSecret()

function sender(options: SessionOptions = {}) {
  return createSessions(defineSession({ secret, ...options }), { store: memoryStore({ fresh: true }) })
    .refuseCrossSite
}

const refuse = sender({ trustedOrigins: ['https://admin.app.example'] })
const at = (headers: Record<string, string>) => new Headers({ host: 'app.example', ...headers })

describe('a request that writes', () => {
  const table: readonly [headers: Record<string, string>, expected: CrossSite | undefined][] = [
    [{ 'sec-fetch-site': 'same-origin', origin: 'https://app.example' }, undefined],
    [{ 'sec-fetch-site': 'same-origin', origin: 'null' }, undefined],
    [{ 'sec-fetch-site': 'same-site', origin: 'https://admin.app.example' }, undefined],
    [{ 'sec-fetch-site': 'same-site', origin: 'https://blog.app.example' }, 'sibling_origin'],
    [{ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 'other_site'],
    [{ 'sec-fetch-site': 'none' }, 'unknown_origin'],
    [{ 'sec-fetch-site': 'none', origin: 'https://app.example' }, undefined],
    [{ origin: 'https://app.example' }, undefined],
    [{ origin: 'https://admin.app.example' }, undefined],
    [{ origin: 'http://app.example' }, 'other_origin'],
    [{ origin: 'https://app.example:8443' }, 'other_origin'],
    [{ origin: 'https://app.example.evil.example' }, 'other_origin'],
    [{ origin: 'null' }, 'other_origin'],
    [{}, 'unknown_origin'],
    [{ referer: 'https://app.example/form' }, 'unknown_origin'],
    [{ 'sec-fetch-site': 'Same-Origin', origin: 'https://app.example' }, 'malformed_header'],
    [{ origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' }, 'other_origin'],
    [{ origin: 'https://evil.example', 'x-forwarded-for': '127.0.0.1' }, 'other_origin'],
  ]
  for (const [headers, expected] of table) {
    test(`${JSON.stringify(headers)}: ${expected ?? 'allowed'}`, () => {
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE']) {
        assert.equal(refuse(method, at(headers)), expected, method)
      }
      for (const method of ['GET', 'HEAD', 'OPTIONS']) assert.equal(refuse(method, at(headers)), undefined)
    })
  }

  test('a header that came twice is refused', () => {
    for (const [name, value] of [
      ['sec-fetch-site', 'same-origin'],
      ['origin', 'https://app.example'],
    ] as const) {
      const headers = at({ 'sec-fetch-site': 'same-origin', origin: 'https://app.example' })
      headers.append(name, value)
      assert.equal(refuse('POST', headers), 'malformed_header', name)
    }
  })

  test('a Request by its own method and headers', () => {
    const request = new Request('https://app.example/x', {
      method: 'post',
      headers: at({ 'sec-fetch-site': 'cross-site' }),
    })
    assert.equal(refuse(request.method, request.headers), 'other_site')
  })
})

test('plain http is this origin on this machine, or where the cookie travels by it', () => {
  const [local, lan] = ['localhost:3000', '192.168.1.7:3000']
  const from = (host: string) => new Headers({ host, origin: `http://${host}` })
  assert.equal(refuse('POST', from(local)), undefined)
  assert.equal(refuse('POST', from(lan)), 'other_origin')
  assert.equal(sender({ cookie: { dangerouslyInsecureHttp: true } })('POST', from(lan)), undefined)
})

// X3: nothing of ours lets another origin read an answer, and least of all the one that asks
test('no answer of ours names an origin', async () => {
  const config = defineSession({ secret, trustedOrigins: ['https://admin.app.example'] })
  const sessions = createSessions(config, { store: memoryStore({ fresh: true }) })
  const gate = createGate(config, { public: [], api: ['/api'] })
  const { GET } = createSessionRoutes(config, sessions)
  for (const origin of ['https://evil.example', 'https://admin.app.example', 'https://app.example', 'null']) {
    const request = (path: string) =>
      new Request(`https://app.example${path}`, { headers: { origin, 'sec-fetch-site': 'cross-site' } })
    const answers = [
      gate(request('/invoices'), '/invoices', '').response,
      gate(request('/api/invoices'), '/api/invoices', '').response,
      ...(await Promise.all(
        ['renew', 'end', 'unavailable', 'x'].map((it) => GET(request(`/session/${it}`))),
      )),
    ]
    assert.equal(answers.length, 6)
    for (const answer of answers) {
      assert.ok(answer)
      const named = [...answer.headers].filter(
        ([name, value]) => /^access-control-/.test(name) || value === origin,
      )
      assert.deepEqual(named, [])
    }
  }
})
