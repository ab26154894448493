// Verification without a library: what a careful engineer writes with node:crypto, and with WebCrypto.
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'

// Compared as text: a header that was not expected is not worth parsing.
const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')

/** `token -> user id`, undefined where it does not hold. */
export function nodeCryptoVerifier(keyBytes) {
  const key = createSecretKey(keyBytes)
  return (token) => {
    const parts = token.split('.')
    if (parts.length !== 3 || parts[0] !== HEADER) return undefined
    const expected = createHmac('sha256', key).update(`${parts[0]}.${parts[1]}`).digest()
    const signature = Buffer.from(parts[2], 'base64url')
    if (signature.length !== expected.length || !timingSafeEqual(signature, expected)) return undefined
    return userIdOf(parts[1])
  }
}

/** The same with WebCrypto: resolves to the user id. */
export async function webCryptoVerifier(keyBytes) {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', keyBytes, algorithm, false, ['verify'])
  const encoder = new TextEncoder()
  return async (token) => {
    const parts = token.split('.')
    if (parts.length !== 3 || parts[0] !== HEADER) return undefined
    const signature = Buffer.from(parts[2], 'base64url')
    const signed = encoder.encode(`${parts[0]}.${parts[1]}`)
    if (!(await crypto.subtle.verify('HMAC', key, signature, signed))) return undefined
    return userIdOf(parts[1])
  }
}

function userIdOf(payload) {
  const { sub, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  return typeof exp === 'number' && exp > Date.now() / 1000 ? sub : undefined
}
