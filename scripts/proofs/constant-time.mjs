// Proves of the edge module that it compares signatures in constant time (K8): whichever byte of a signature is wrong, it
// takes the very same branches, so it executes the very same instructions.
//
// The optimiser makes even `==` free of branches here, this year. So the module is looked at twice, as it ships and built
// without optimisation: constant by construction, not by luck.
import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { deriveEdgeKeys } from 'twogate/keys'
import { createVerifier } from 'twogate/verify'
import { GENERATED } from '../build/wasm.mjs'
import { at } from '../lib/paths.mjs'
import { main, Stop } from '../lib/stop.mjs'
import { planted } from './plant.mjs'
import { traced } from './trace.mjs'

// A sample secret, published with the vectors.
const EDGE_KEYS = deriveEdgeKeys('Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ')
const NOW = 1_767_225_600
const UNOPTIMISED = { CARGO_PROFILE_WASM_OPT_LEVEL: '0', CARGO_PROFILE_WASM_LTO: 'off' }
const PLANT = {
  file: 'crates/core/src/keys.rs',
  find: 'self.mac.tag(payload) == Tag::from(*signature)',
  put: 'self.mac.tag(payload).into_bytes() == *signature',
}

await main(async () => {
  const modules = {
    'edge.wasm': readFileSync(at(GENERATED, 'edge.wasm')),
    'the module built without optimisation': await planted('edge', [], UNOPTIMISED),
  }
  for (const [name, bytes] of Object.entries(modules)) {
    const [first, ...others] = await traces(bytes)
    const different = others.filter(({ trace }) => trace !== first.trace)
    if (different.length > 0) {
      throw new Stop(
        `${name} branches by which byte is wrong: ${different.map(({ byte }) => byte).join(', ')}`,
      )
    }
    console.log(`${name}: the same ${first.taken} branches for every wrong byte of a signature`)
  }

  const ways = new Set((await traces(await planted('edge', [PLANT], UNOPTIMISED))).map(({ trace }) => trace))
  if (ways.size === 1) throw new Stop(`this check does not see a comparison by == planted in ${PLANT.file}`)
  console.log(`a comparison by == planted in ${PLANT.file} is seen: ${ways.size} different ways`)
})

/** The branches of one denial for each byte of a signature that is wrong alone, behind a right beginning. */
async function traces(bytes) {
  const module = await traced(bytes)
  if (module.branches < 50) throw new Stop(`only ${module.branches} branches found: the tracer is blind`)
  let events = []
  const verify = tracedVerifier(module, (place, condition) => events.push(`${place}:${condition}`))
  const told = (token) => {
    events = []
    const { status, reason } = verify(token, NOW)
    return { verdict: reason ?? status, trace: events.join(' '), taken: events.length }
  }
  const { token, signature } = sample()
  // A warm-up: the first call may differ by what it caches.
  told(token(signature))
  const good = told(token(signature))
  const wrong = signature.map((_, byte) => ({ byte, ...told(token(withWrong(signature, byte))) }))
  if (good.verdict !== 'fresh' || wrong.some(({ verdict }) => verdict !== 'bad_signature')) {
    throw new Stop(
      `the module does not verify as it should: ${[good, ...wrong].map(({ verdict }) => verdict)}`,
    )
  }
  if (wrong.some(({ trace }) => trace === good.trace))
    throw new Stop('right and wrong look alike: the tracer is blind')
  return wrong
}

/** The package's own verifier over the traced module: it instantiates one, and is handed the other. */
function tracedVerifier(module, note) {
  const { Instance } = WebAssembly
  WebAssembly.Instance = new Proxy(Instance, { construct: () => module.instantiate(Instance, note) })
  try {
    return createVerifier({ edgeKeys: EDGE_KEYS })
  } finally {
    WebAssembly.Instance = Instance
  }
}

function sample() {
  // An edge key is the end of a header, a dot and the key.
  const [end, key] = EDGE_KEYS.split('.')
  const encode = (text) => Buffer.from(text).toString('base64url')
  const header = encode('{"alg":"HS256","typ":"tg+jwt","kid":') + end
  const payload = encode(
    `{"sid":"AAECAwQFBgcICQoLDA0ODw","sub":"user_41f2c9a7","iat":${NOW},"exp":${NOW + 300}}`,
  )
  const mac = createHmac('sha256', Buffer.from(key, 'base64url')).update(`${header}.${payload}`)
  return {
    token: (signature) => `${header}.${payload}.${Buffer.from(signature).toString('base64url')}`,
    signature: [...mac.digest()],
  }
}

/**
 * One byte changed, so that every character stays of its kind (capital, small, digit): decoding what the client sent may go
 * other ways for other kinds, and tells nothing that the client does not know.
 */
function withWrong(signature, byte) {
  const kinds = (bytes) =>
    Buffer.from(bytes)
      .toString('base64url')
      .replace(/[A-Z]/g, 'A')
      .replace(/[a-z]/g, 'a')
      .replace(/[0-9]/g, '0')
  const kind = kinds(signature)
  for (let change = 1; change < 256; change += 1) {
    const changed = signature.with(byte, signature[byte] ^ change)
    if (kinds(changed) === kind) return changed
  }
  throw new Stop(`no other byte ${byte} keeps the kinds of its characters: take another sample`)
}
