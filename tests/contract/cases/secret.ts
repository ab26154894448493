// What the whole run has sent and stored: no session id, no token and no key of ours is in it (S1).

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { signingKey } from '../../support/tokens.ts'
import type { Backend } from '../support/backend.ts'
import { open, rotate, secret, secrets, signIn } from '../support/session.ts'

export function secretCases(backend: Backend): void {
  describe('after all of that', () => {
    test('no session id, token, signature or key was ever sent to the store', async () => {
      const transcript = await backend.transcript()
      assert.ok(secrets.size > 100 && transcript.length > 10_000)
      const signatures = [...secrets].flatMap((it) => it.split('.').slice(2))
      const keys = [
        secret,
        signingKey(secret).bytes.toString('base64url'),
        signingKey(secret).bytes.toString('hex'),
      ]
      for (const hidden of [...secrets, ...signatures, ...keys]) {
        assert.ok(!transcript.includes(hidden), 'a secret was sent')
      }
    })

    test('commands are the few of the protocol, and none walks over keys', async () => {
      const { sessions } = open(backend)
      await backend.clear()
      const it = await signIn(sessions)
      await sessions.check(it.headers)
      await sessions.touch(it.headers)
      await sessions.list(it.headers)
      await sessions.readData(it.headers)
      await sessions.writeData(it.headers, { text: 'x', version: 0 })
      await rotate(sessions, it)
      await sessions.revokeByHandle(it.headers, it.session.handle)
      await sessions.revokeOthers(it.headers)
      await sessions.revokeAll(it.userId)
      const names = new Set((await backend.sent()).map(({ name }) => name))
      const known = ['EVALSHA', 'EVAL', 'HMGET', 'HGETALL', 'HDEL']
      assert.deepEqual(
        [...names].filter((name) => !known.includes(name)),
        [],
      )
    })

    if (!backend.isRedis) return

    test('a dump of the store signs nobody in', async () => {
      const { server } = backend
      assert.ok(server)
      await signIn(open(backend).sessions)
      const found: string[] = []
      for (const key of (await server.command('KEYS', '*')) as string[]) {
        found.push(key, ...((await server.command('HGETALL', key)) as string[]))
      }
      const dump = found.join('\n')
      assert.ok(found.length > 2)
      for (const hidden of [...secrets, secret]) assert.ok(!dump.includes(hidden))
    })
  })
}
