// The memory of the edge module: it never grows, and of a key it keeps no more than it needs (W5, K9).

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createVerifier, type VerifierOptions } from 'twogate/verify'
import { readEdgeKeys } from './support/tokens.ts'
import { tokens } from './support/vectors.ts'

const [sample] = tokens.accepted
assert.ok(sample)
const { token, now, edge_keys: edgeKeys } = sample

/** A verifier of the package, and the memory of the instance that it makes for itself. */
function watched(options: VerifierOptions) {
  const { Instance } = WebAssembly
  const memories: WebAssembly.Memory[] = []
  WebAssembly.Instance = new Proxy(Instance, {
    construct(target, [module]) {
      const instance = new target(module)
      memories.push(instance.exports['memory'] as WebAssembly.Memory)
      return instance
    },
  })
  try {
    const verify = createVerifier(options)
    const [memory] = memories
    assert.ok(memory !== undefined && memories.length === 1)
    return { verify, memory }
  } finally {
    WebAssembly.Instance = Instance
  }
}

test('memory is flat over a million verifies: good tokens, wrong ones and such that are far too long', () => {
  const { verify, memory } = watched({ edgeKeys })
  const wrong = [
    `${token.slice(0, -2)}AA`,
    token.slice(0, 100),
    'A'.repeat(1024),
    'A'.repeat(1 << 20),
    '\ud800'.repeat(1024),
    '',
  ]
  const before = { wasm: memory.buffer, bytes: memory.buffer.byteLength }
  const heap: number[] = []
  for (let round = 0; round < 100; round += 1) {
    for (let i = 0; i < 9_000; i += 1) assert.equal(verify(token, now).status, 'fresh')
    for (let i = 0; i < 1_000; i += 1)
      assert.equal(verify(wrong[i % wrong.length] ?? '', now).status, 'denied')
    heap.push(process.memoryUsage().heapUsed)
  }
  assert.equal(memory.buffer.byteLength, before.bytes)
  assert.equal(memory.buffer, before.wasm, 'the same buffer: it was not even replaced')
  // The collector comes and goes: the lowest of each half. Half a million verdicts, were they kept, would be 50 MB.
  const [first, second] = [heap.slice(0, 50), heap.slice(50)].map((half) => Math.min(...half))
  assert.ok((second ?? 0) - (first ?? 0) < 8 * 1024 * 1024, `${first} bytes, then ${second}`)
})

test('the keys are nowhere in the memory of the module: neither as text nor as bytes, and no root secret at all', () => {
  const { verify, memory } = watched({ edgeKeys })
  assert.equal(verify(token, now).status, 'fresh')
  const bytes = Buffer.from(memory.buffer)
  const [key] = readEdgeKeys(edgeKeys)
  assert.ok(key)
  for (const [name, secret] of Object.entries({
    'an edge key': Buffer.from(edgeKeys),
    'the text of the key': Buffer.from(key.bytes.toString('base64url')),
    'the key': key.bytes,
    'half of the key': key.bytes.subarray(0, 16),
    'the other half': key.bytes.subarray(16),
    'the text of the root secret': Buffer.from(sample.secrets),
    'the root secret': Buffer.from(sample.secrets, 'base64url'),
    // Of HMAC's two padded keys only the hash states are kept (RFC 2104 4).
    'the inner key': Buffer.from(key.bytes.map((byte) => byte ^ 0x36)),
    'the outer key': Buffer.from(key.bytes.map((byte) => byte ^ 0x5c)),
  })) {
    assert.equal(bytes.indexOf(secret), -1, name)
  }
  // What is searched is the memory that is used: the payload of the token that was just verified is in it.
  assert.ok(bytes.includes(`"sub":"${sample.claims.sub}"`))
})
