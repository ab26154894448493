// Who is measured: for each a way to mint and a way to verify, all of the same claims.
import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import workerJwt from '@tsndr/cloudflare-worker-jwt'
import { createVerifier as createFastJwt } from 'fast-jwt'
import { verify as honoVerify } from 'hono/jwt'
import { sealData, unsealData } from 'iron-session'
import { jwtVerify, SignJWT } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { deriveEdgeKeys } from 'twogate/keys'
import { createVerifier } from 'twogate/verify'
import { nodeCryptoVerifier, webCryptoVerifier } from './by-hand.mjs'

/*
 * `verify(token)` gives the user id, or a promise of it; a token that does not hold gives undefined or throws. Each
 * library is set up once, as its own documentation has it, with the algorithm pinned and, where it takes several kinds
 * of key, the kind that is fastest unless the label says otherwise.
 */

/** All contestants, ours first: `{ key, label, mint(claims), verify(token) }`. */
export async function contestants() {
  const secret = randomBytes(32)
  const keyObject = createSecretKey(secret)
  const text = secret.toString('base64url').slice(0, 32)
  const cryptoKey = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'verify',
  ])
  const jwt = (key) => (claims) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(key)
  const mint = jwt(secret)
  const mintUnderText = jwt(new TextEncoder().encode(text))

  const fast = (cache) => createFastJwt({ key: secret, algorithms: ['HS256'], cache })
  const [fastUncached, fastCached] = [fast(false), fast(true)]
  const seal = { password: text, ttl: 3600 }

  return [
    twogate(),
    { key: 'node_crypto', label: 'node:crypto by hand', mint, verify: nodeCryptoVerifier(secret) },
    { key: 'fast_jwt', label: 'fast-jwt', mint, verify: (token) => fastUncached(token).sub },
    { key: 'fast_jwt_cached', label: 'fast-jwt, cache hit', mint, verify: (token) => fastCached(token).sub },
    {
      key: 'jsonwebtoken',
      label: 'jsonwebtoken',
      mint,
      verify: (token) => jsonwebtoken.verify(token, keyObject, { algorithms: ['HS256'] }).sub,
    },
    { key: 'web_crypto', label: 'WebCrypto by hand', mint, verify: await webCryptoVerifier(secret) },
    {
      key: 'jose',
      label: 'jose, raw key',
      mint,
      verify: async (token) => (await jwtVerify(token, secret, { algorithms: ['HS256'] })).payload.sub,
    },
    {
      key: 'jose_crypto_key',
      label: 'jose, CryptoKey',
      mint,
      verify: async (token) => (await jwtVerify(token, cryptoKey, { algorithms: ['HS256'] })).payload.sub,
    },
    {
      key: 'hono_jwt',
      label: 'hono/jwt',
      mint: mintUnderText,
      verify: async (token) => (await honoVerify(token, text, 'HS256')).sub,
    },
    {
      key: 'cloudflare_worker_jwt',
      label: '@tsndr/cloudflare-worker-jwt',
      mint: mintUnderText,
      verify: async (token) => (await workerJwt.verify(token, text, 'HS256'))?.payload.sub,
    },
    {
      key: 'iron_session',
      label: 'iron-session unseal',
      mint: (claims) => sealData(claims, seal),
      verify: async (token) => (await unsealData(token, seal)).sub,
    },
  ]
}

/** Ours: the public `verify`, which hands out more than the user id. */
function twogate() {
  const secret = randomBytes(32).toString('base64url')
  const [kid, key] = deriveEdgeKeys(secret).split('.')
  const verify = createVerifier({ secret })
  const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return {
    key: 'twogate',
    label: 'twogate/verify',
    // The members in the order of the profile, as sessions.mjs writes them.
    mint: (claims) => {
      const signed = `${base64url({ alg: 'HS256', typ: 'tg+jwt', kid })}.${base64url(claims)}`
      const signature = createHmac('sha256', Buffer.from(key, 'base64url')).update(signed).digest('base64url')
      return `${signed}.${signature}`
    },
    verify: (token) => {
      const verdict = verify(token)
      return verdict.status === 'fresh' ? verdict.userId : undefined
    },
  }
}
