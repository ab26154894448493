// The full module traps, and the next request meets a new instance: denials stay denials, and nobody is let in (W4, F5).
//
// The trap is a real one: text that does not fit into the memory that the module may have.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as collected } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { defineSession } from 'twogate'
import { createSessions, type SessionsOptions } from 'twogate/dal'
import { deriveEdgeKeys } from 'twogate/keys'
import { memoryStore } from 'twogate/memory'
import { claimsOf, freshSecret, sign } from './support/tokens.ts'

type Store = SessionsOptions['store']

const secret = freshSecret()
const config = defineSession({ secret, binding: { userAgent: 'off' } })
/** Not a byte of it is copied: the module asks for the room first, and there is none. */
const GIANT = 'x'.repeat(300_000_000)
const LOST = /lost to a trap in the WASM module/

const isTrap = (error: unknown) => error instanceof WebAssembly.RuntimeError
const headers = (cookie: string) => ({ get: (name: string) => (name === 'cookie' ? cookie : null) })
const forged = `__Host-session=${sign(claimsOf('user_41f2c9a7'), freshSecret())}`
const unknown = `__Host-session=${sign(claimsOf('user_41f2c9a7'), secret)}`

/** Sessions over a store, and the cookie of one of them. */
async function signedIn(store: Store) {
  const sessions = createSessions(config, { store })
  const created = await sessions.create(headers(''), 'user_41f2c9a7')
  assert.ok(created.status === 'created')
  const cookie = created.setCookie.split(';')[0] ?? ''
  return { sessions, cookie, check: async (text: string) => (await sessions.check(headers(text))).status }
}

/** What a check comes to in every case there is: nothing of it may change with a trap. */
async function assertSound({ check, cookie }: Awaited<ReturnType<typeof signedIn>>) {
  assert.equal(await check(cookie), 'active')
  for (const denied of ['', forged, unknown, `${cookie}A`]) assert.equal(await check(denied), 'denied')
}

test('a request that traps fails with an error; the next are judged as ever', async () => {
  const host = await signedIn(memoryStore({ fresh: true }))
  await assertSound(host)
  for (let i = 0; i < 3; i += 1) {
    await assert.rejects(host.check(GIANT), isTrap)
    await assertSound(host)
  }
})

test('a reply of the store that traps is no session, and the next one is', async () => {
  const inner = memoryStore({ fresh: true })
  let reply: unknown
  const store: Store = { send: async (args, info) => reply ?? inner.send(args, info) }
  const host = await signedIn(store)
  for (reply of [GIANT, [GIANT], [GIANT, null]]) await assert.rejects(host.check(host.cookie), LOST)
  reply = undefined
  await assertSound(host)
})

test('what was under way in an instance that trapped is lost, not answered by another', async () => {
  const inner = memoryStore({ fresh: true })
  let gate: Promise<void> | undefined
  const store: Store = {
    async send(args, info) {
      await gate
      return inner.send(args, info)
    },
  }
  const host = await signedIn(store)
  let open = () => {}
  gate = new Promise((resolve) => {
    open = resolve
  })
  const waiting = [host.check(host.cookie), host.check(unknown)].map((check) => assert.rejects(check, LOST))
  await assert.rejects(host.check(GIANT), isTrap)
  // Meanwhile a new instance is at work, in whose memory the objects of the old one would mean something else.
  const after = host.check(host.cookie)
  open()
  await Promise.all(waiting)
  assert.equal(await after, 'active')
  await assertSound(host)
})

test('a trap in one application is not felt in another, nor in the memory store', async () => {
  const store = memoryStore({ fresh: true })
  const [one, other] = [await signedIn(store), await signedIn(store)]
  const waiting = other.check(other.cookie)
  await assert.rejects(one.check(GIANT), isTrap)
  assert.equal(await waiting, 'active')
  await assertSound(one)
  await assertSound(other)
})

test('the memory store goes on after a trap of its own, empty as after a restart', async () => {
  const store = memoryStore({ fresh: true })
  const host = await signedIn(store)
  await assert.rejects(store.send(['HGETALL', GIANT], { key: GIANT, write: false }), isTrap)
  assert.equal(await host.check(host.cookie), 'denied')
  await assertSound(await signedIn(store))
})

test('keys are derived after a trap as before', () => {
  const before = deriveEdgeKeys(secret)
  assert.throws(() => deriveEdgeKeys(GIANT), isTrap)
  assert.throws(() => deriveEdgeKeys('too short'), /the secret is/)
  assert.equal(deriveEdgeKeys(secret), before)
})

test('lists in lists without end are an odd reply, not a trap: the instance lives', async () => {
  const inner = memoryStore({ fresh: true })
  let reply: unknown
  const host = await signedIn({ send: async (args, info) => reply ?? inner.send(args, info) })
  const endless: unknown[] = []
  endless.push(endless)
  const deep = Array.from({ length: 100_000 }).reduce<unknown>((list) => [list], null)
  for (reply of [endless, deep]) {
    assert.equal((await host.sessions.check(headers(host.cookie))).status, 'unavailable')
  }
  reply = undefined
  await assertSound(host)
})

test('the collector frees what a trapped instance held, and nothing else', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const host = await signedIn(memoryStore({ fresh: true }))
  for (let i = 0; i < 20; i += 1) {
    await assert.rejects(host.check(GIANT), isTrap)
    assert.equal(await host.check(host.cookie), 'active')
    collect()
    // Finalizers run between tasks; one that throws would end this process.
    await collected()
  }
  await assertSound(host)
})
