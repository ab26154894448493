// Binding of a session to its browser and its network: off, reported or strict, each attribute for itself.

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Binding } from 'twogate'
import type { Backend } from '../support/backend.ts'
import {
  CHROME,
  FIREFOX,
  head,
  IPHONE,
  newUser,
  type Opened,
  open,
  part,
  recordOf,
  rotate,
  type SignedIn,
  signIn,
  userKey,
} from '../support/session.ts'

const clientAddress = { forwardedFor: { hops: 1 } }
const denied = (reason: string) => ({ status: 'denied', reason, clearsCookie: true })

export function bindingCases(backend: Backend): void {
  const openWith = (userAgent: Binding, ip: Binding) =>
    open(backend, { clientAddress, binding: { userAgent, ip } })

  /** What a check from elsewhere says: whether it is noted, or the reason it is denied for. */
  async function from({ sessions }: Opened, it: SignedIn, request: { userAgent?: string; address?: string }) {
    const checked = await sessions.check(head({ token: it.token, ...request }))
    if (checked.status === 'denied') return checked.reason
    assert.ok(checked.status === 'active')
    const { userAgentMismatch, addressMismatch, touchDue } = checked
    return { userAgentMismatch, addressMismatch, touchDue }
  }
  const quiet = { userAgentMismatch: null, addressMismatch: false, touchDue: false }

  describe('binding to the user agent', () => {
    const stored = { browser: 'Chrome', os: 'Linux', mobile: false }
    const windows = CHROME.replace('X11; Linux x86_64', 'Windows NT 10.0; Win64; x64')
    const unknown = { browser: 'Another client', os: 'an unknown system', mobile: false }
    const cases = [
      ['the same', CHROME, undefined],
      ['a later version of the same', CHROME.replace('142', '199'), undefined],
      ['another browser on the same system', FIREFOX, { ...stored, browser: 'Firefox' }],
      ['another system', IPHONE, { browser: 'Safari', os: 'iOS', mobile: true }],
      ['another desktop system', windows, { ...stored, os: 'Windows' }],
      ['a headless tool', 'curl/8.11.0', unknown],
      ['none', '', unknown],
    ] as const
    for (const [name, userAgent, seen] of cases) {
      const differs = seen !== undefined
      // U5: both classes, in the answer and in the event
      const mismatch = differs ? { stored, seen } : null
      test(`${name}: off lets it be, report notes it, strict ${differs ? 'denies' : 'accepts'} it`, async () => {
        const expected: Record<Binding, unknown> = {
          off: quiet,
          report: { ...quiet, userAgentMismatch: mismatch },
          strict: differs ? 'user_agent_mismatch' : quiet,
        }
        for (const mode of ['off', 'report', 'strict'] as const) {
          const it = openWith(mode, 'off')
          const signedIn = await signIn(it.sessions)
          it.events.length = 0
          assert.deepEqual(await from(it, signedIn, { userAgent }), expected[mode], mode)
          const { userId } = signedIn
          const event = { type: 'binding_mismatch', attribute: 'user_agent', userId, ...mismatch }
          const refusal = { type: 'denied', reason: 'user_agent_mismatch' }
          assert.deepEqual(it.events, !differs || mode === 'off' ? [] : [mode === 'report' ? event : refusal])
          // The session stays with its owner.
          assert.deepEqual(await from(it, signedIn, { userAgent: CHROME }), quiet)
        }
      })
    }

    test('a token from before the binding was strict is refused by its record', async () => {
      const it = await signIn(openWith('report', 'off').sessions)
      const strict = openWith('strict', 'off')
      assert.deepEqual(
        await strict.sessions.check(head({ token: it.token, userAgent: IPHONE })),
        denied('user_agent_mismatch'),
      )
    })

    // U4
    test('none at sign-in is a class of its own, not a wildcard', async () => {
      const it = openWith('strict', 'off')
      const signedIn = await signIn(it.sessions, { userAgent: '' })
      assert.deepEqual(await from(it, signedIn, { userAgent: '' }), quiet)
      assert.equal(await from(it, signedIn, { userAgent: CHROME }), 'user_agent_mismatch')
    })
  })

  describe('binding to the address', () => {
    const report = (addressMismatch: boolean, touchDue = false) => ({ ...quiet, addressMismatch, touchDue })
    const cases = [
      ['the same', '203.0.113.77', report(false), quiet],
      ['another of the same /24', '203.0.113.1', report(false), quiet],
      ['the same, as IPv4 in IPv6', '::ffff:203.0.113.77', report(false), quiet],
      ['another network', '203.0.114.77', report(true), 'address_mismatch'],
      ['unknown', undefined, report(true), 'address_mismatch'],
      ['no address', 'unknown', report(true), 'address_mismatch'],
      ['the first IPv6', '2001:db8:0:7::1', report(false, true), 'address_mismatch'],
      ['a spoofed one on the left of ours', '203.0.113.77, 198.51.100.1', report(true), 'address_mismatch'],
      ['anything on the left of ours', '1.2.3.4, x, 203.0.113.5', report(false), quiet],
    ] as const
    for (const [name, address, reported, strict] of cases) {
      test(`${name}: off, report, strict`, async () => {
        for (const [mode, expected] of [
          ['off', quiet],
          ['report', reported],
          ['strict', strict],
        ] as const) {
          const it = openWith('off', mode)
          const signedIn = await signIn(it.sessions, { address: '203.0.113.77' })
          it.events.length = 0
          assert.deepEqual(
            await from(it, signedIn, { ...(address !== undefined && { address }) }),
            expected,
            mode,
          )
          const noted = it.events.some(
            (event) => event.type === 'binding_mismatch' && event.attribute === 'address',
          )
          assert.equal(noted, mode === 'report' && reported.addressMismatch, mode)
          assert.deepEqual(await from(it, signedIn, { address: '203.0.113.77' }), quiet)
        }
      })
    }

    test('report learns the other family by a touch, then notes another network of it; both slots stay', async () => {
      const it = openWith('strict', 'report')
      const signedIn = await signIn(it.sessions, { address: '203.0.113.77' })
      const v6 = head({ token: signedIn.token, address: '2001:db8:0:7::1' })
      await it.sessions.touch(v6)
      assert.deepEqual(await from(it, signedIn, { address: '2001:db8:0:7:ffff::9' }), quiet)
      assert.deepEqual(await from(it, signedIn, { address: '2001:db8:0:8::1' }), report(true))
      assert.deepEqual(await from(it, signedIn, { address: '203.0.113.1' }), quiet)
      const learned = await recordOf(backend, signedIn)
      // What is learned is not overwritten.
      for (const address of ['2001:db8:0:8::1', '198.51.100.1']) {
        await it.sessions.touch(head({ token: signedIn.token, address }))
      }
      const after = await recordOf(backend, signedIn)
      for (const slot of ['ipv4', 'ipv6']) assert.equal(part(after, slot), part(learned, slot))
      assert.notEqual(part(learned, 'ipv6'), '...........')
    })

    test('a sign-in from nowhere: report learns the first address', async () => {
      const it = openWith('strict', 'report')
      const signedIn = await signIn(it.sessions)
      assert.deepEqual(await from(it, signedIn, { address: '203.0.113.77' }), report(false, true))
      await it.sessions.touch(head({ token: signedIn.token, address: '203.0.113.77' }))
      assert.deepEqual(await from(it, signedIn, { address: '203.0.114.1' }), report(true))
    })

    test('strict learns nothing', async () => {
      const it = openWith('off', 'strict')
      const signedIn = await signIn(it.sessions, { address: '203.0.113.77' })
      await it.sessions.touch(head({ token: signedIn.token, address: '2001:db8::1' }))
      assert.equal(await from(it, signedIn, { address: '2001:db8::1' }), 'address_mismatch')
      assert.equal(part(await recordOf(backend, signedIn), 'ipv6'), '...........')
    })

    test('off stores no address', async () => {
      const it = openWith('off', 'off')
      const signedIn = await signIn(it.sessions, { address: '203.0.113.77' })
      await it.sessions.touch(signedIn.headers)
      const record = await recordOf(backend, signedIn)
      assert.deepEqual([part(record, 'ipv4'), part(record, 'ipv6')], ['......', '...........'])
    })

    test('the bits that count are configured', async () => {
      const exact = open(backend, {
        clientAddress,
        binding: { userAgent: 'off', ip: 'strict', ipv4Prefix: 32 },
      })
      const signedIn = await signIn(exact.sessions, { address: '203.0.113.77' })
      assert.equal(await from(exact, signedIn, { address: '203.0.113.78' }), 'address_mismatch')
      assert.deepEqual(await from(exact, signedIn, { address: '203.0.113.77' }), quiet)
      const wide = open(backend, {
        clientAddress,
        binding: { userAgent: 'off', ip: 'strict', ipv6Prefix: 48 },
      })
      const other = await signIn(wide.sessions, { address: '2001:db8:1:2::1' })
      assert.deepEqual(await from(wide, other, { address: '2001:db8:1:ffff::1' }), quiet)
      assert.equal(await from(wide, other, { address: '2001:db8:2::1' }), 'address_mismatch')
    })

    test('from X-Forwarded-For over the networks of the proxies', async () => {
      const it = open(backend, {
        clientAddress: { forwardedFor: { trusted: ['10.0.0.0/8', 'fd00::/8'] } },
        binding: { userAgent: 'off', ip: 'strict' },
      })
      const signedIn = await signIn(it.sessions, { address: '203.0.113.77, 10.1.2.3' })
      assert.deepEqual(await from(it, signedIn, { address: '203.0.113.1, fd00::1, 10.1.2.3' }), quiet)
      assert.deepEqual(await from(it, signedIn, { address: '198.51.100.1, 203.0.113.1' }), quiet)
      for (const address of ['203.0.113.77, 198.51.100.1, 10.1.2.3', '203.0.113.77, unknown', '10.1.2.3']) {
        assert.equal(await from(it, signedIn, { address }), 'address_mismatch', address)
      }
    })

    test('strict refuses a sign-in from an address that is not known, and stores nothing', async () => {
      const it = openWith('off', 'strict')
      for (const address of [undefined, 'unknown', '203.0.113.77, x']) {
        const userId = newUser()
        const created = await it.sessions.create(head({ ...(address !== undefined && { address }) }), userId)
        assert.deepEqual(created, { status: 'refused', reason: 'address_unknown' })
        assert.equal((await backend.fields(userKey(userId))).size, 0)
      }
      assert.deepEqual(it.events, [])
    })

    test('from a header of one vendor; another header says nothing', async () => {
      const it = open(backend, {
        clientAddress: { header: 'cf-connecting-ip' },
        binding: { userAgent: 'off', ip: 'strict' },
      })
      const request = (headers: Record<string, string>) => new Headers({ 'user-agent': CHROME, ...headers })
      const created = await it.sessions.create(
        request({ 'cf-connecting-ip': '203.0.113.77' }),
        `user_${Date.now()}_vendor`,
      )
      assert.ok(created.status === 'created')
      const [cookie = ''] = created.setCookie.split(';')
      const status = async (headers: Record<string, string>) =>
        (await it.sessions.check(request({ cookie, ...headers }))).status
      assert.equal(await status({ 'cf-connecting-ip': '203.0.113.1' }), 'active')
      assert.equal(await status({ 'x-forwarded-for': '203.0.113.77' }), 'denied')
      assert.equal(await status({ 'cf-connecting-ip': '203.0.113.77, 203.0.113.77' }), 'denied')
    })
  })

  describe('exact binding', () => {
    const exact = (userAgent: Binding, ip: Binding) =>
      open(backend, {
        clientAddress,
        binding: { userAgent, userAgentMatch: 'exact', ip, ipMatch: 'exact' },
      })
    const update = CHROME.replace('142', '143')

    test('to the user agent: an update of the browser differs, and is noted with the same class twice', async () => {
      const it = exact('report', 'off')
      const signedIn = await signIn(it.sessions)
      assert.deepEqual(await from(it, signedIn, { userAgent: CHROME }), quiet)
      const same = { browser: 'Chrome', os: 'Linux', mobile: false }
      const userAgentMismatch = { stored: same, seen: same }
      assert.deepEqual(await from(it, signedIn, { userAgent: update }), { ...quiet, userAgentMismatch })
      const strict = exact('strict', 'off')
      const other = await signIn(strict.sessions)
      assert.equal(await from(strict, other, { userAgent: update }), 'user_agent_mismatch')
      assert.deepEqual(await from(strict, other, { userAgent: CHROME }), quiet)
    })

    test('to the user agent: a session from before it was configured differs', async () => {
      const signedIn = await signIn(openWith('strict', 'off').sessions)
      assert.equal(await from(exact('strict', 'off'), signedIn, { userAgent: CHROME }), 'user_agent_mismatch')
      const noted = await from(exact('report', 'off'), signedIn, { userAgent: CHROME })
      assert.ok(typeof noted === 'object' && noted.userAgentMismatch)
    })

    test('to the address: any other of the same network differs, in both families', async () => {
      for (const [own, other] of [
        ['203.0.113.77', '203.0.113.78'],
        ['2001:db8:0:7::1', '2001:db8:0:7::2'],
      ] as const) {
        const it = exact('off', 'strict')
        const signedIn = await signIn(it.sessions, { address: own })
        assert.deepEqual(await from(it, signedIn, { address: own }), quiet)
        assert.equal(await from(it, signedIn, { address: other }), 'address_mismatch')
        assert.equal(await from(it, signedIn, {}), 'address_mismatch')
      }
    })

    // I7: nothing of the address is in the store, and the same address of two sessions looks like two
    test('stores a hash of its session, and shows no address in the list', async () => {
      const it = exact('strict', 'report')
      const request = { userId: newUser(), address: '203.0.113.77' }
      const [first, second] = [await signIn(it.sessions, request), await signIn(it.sessions, request)]
      const records = [await recordOf(backend, first), await recordOf(backend, second)]
      for (const name of ['ipv4', 'user_agent_hash']) {
        const [one = '', other = ''] = records.map((record) => part(record, name))
        assert.ok(one !== other && ![one, other].some((text) => /^\.+$/.test(text)), name)
      }
      assert.ok(!records.some((record) => part(record, 'ipv4') === 'ywBxTQ'))
      assert.deepEqual(
        records.map((record) => part(record, 'ip_match')),
        ['x', 'x'],
      )
      const listed = await it.sessions.list(first.headers)
      assert.deepEqual(listed.status === 'done' && listed.devices.map(({ ip }) => ip), [null, null])
    })

    test('report learns the other family by a touch', async () => {
      const it = exact('strict', 'report')
      const signedIn = await signIn(it.sessions, { address: '203.0.113.77' })
      const v6 = '2001:db8:0:7::1'
      assert.deepEqual(await from(it, signedIn, { address: v6 }), { ...quiet, touchDue: true })
      await it.sessions.touch(head({ token: signedIn.token, address: v6 }))
      assert.deepEqual(await from(it, signedIn, { address: v6 }), quiet)
      assert.deepEqual(await from(it, signedIn, { address: '2001:db8:0:7::2' }), {
        ...quiet,
        addressMismatch: true,
      })
      assert.deepEqual(await from(it, signedIn, { address: '203.0.113.77' }), quiet)
    })

    test('configured on or off later, it takes no hash for a prefix and no prefix for a hash', async () => {
      const address = '203.0.113.77'
      for (const [made, checked] of [
        [openWith('strict', 'report'), exact('off', 'report')],
        [exact('strict', 'report'), openWith('off', 'report')],
      ] as const) {
        const signedIn = await signIn(made.sessions, { address })
        assert.deepEqual(await from(checked, signedIn, { address }), { ...quiet, addressMismatch: true })
        const before = await recordOf(backend, signedIn)
        await checked.sessions.touch(head({ token: signedIn.token, address: '2001:db8::1' }))
        assert.equal(part(await recordOf(backend, signedIn), 'ipv6'), part(before, 'ipv6'))
      }
    })

    test('holds after a rotation, and of the browser that rotated', async () => {
      const it = exact('report', 'strict')
      const signedIn = await signIn(it.sessions, { address: '203.0.113.77' })
      signedIn.headers.set('user-agent', update)
      const rotated = await rotate(it.sessions, signedIn)
      assert.deepEqual(await from(it, rotated, { userAgent: update, address: '203.0.113.77' }), quiet)
      assert.equal(
        await from(it, rotated, { userAgent: update, address: '203.0.113.78' }),
        'address_mismatch',
      )
    })
  })
}
