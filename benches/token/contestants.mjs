// Who is measured: for each a way to mint and a way to verify, all of the same claims.
import { createSecretKey, randomBytes } from 'node:crypto'
import workerJwt from '@tsndr/cloudflare-worker-jwt'
import { createVerifier as createFastJwt } from 'fast-jwt'
import { verify as honoVerify } from 'hono/jwt'
import { sealData, unsealData } from 'iron-session'
import { jwtVerify, SignJWT } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { deriveEdgeKeys } from 'twogate/keys'
import { createVerifier } from 'twogate/verify'
import { nodeCryptoVerifier, webCryptoVerifier } from './by-hand.mjs'

const HS256 = { algorithms: ['HS256'] }

/**
 * All contestants, ours first: `{ key, mint(claims), verify(token) }`. `verify` gives the user id or a promise of it; for
 * a token that does not hold it gives undefined or throws. Each library is set up once, with the algorithm pinned. Of
 * the kinds of key that a library takes it gets the one that it is fastest with (jsonwebtoken takes forty times as long
 * with bytes); jose gets two, since the bytes of a secret are what its documentation shows.
 */
export async function contestants() {
  const secret = randomBytes(32)
  const keyObject = createSecretKey(secret)
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const cryptoKey = await crypto.subtle.importKey('raw', secret, algorithm, false, ['verify'])
  const [fastJwt, fastJwtCached] = [false, true].map((cache) =>
    createFastJwt({ key: secret, ...HS256, cache }),
  )
  const seal = { password: secret.toString('base64url'), ttl: 3600 }
  const mint = minter(secret)

  return [
    twogate(),
    { key: 'node_crypto', mint, verify: nodeCryptoVerifier(secret) },
    { key: 'web_crypto', mint, verify: await webCryptoVerifier(secret) },
    { key: 'jose', mint, verify: async (token) => (await jwtVerify(token, secret, HS256)).payload.sub },
    {
      key: 'jose_crypto_key',
      mint,
      verify: async (token) => (await jwtVerify(token, cryptoKey, HS256)).payload.sub,
    },
    { key: 'fast_jwt', mint, verify: (token) => fastJwt(token).sub },
    { key: 'fast_jwt_cached', mint, verify: (token) => fastJwtCached(token).sub },
    { key: 'jsonwebtoken', mint, verify: (token) => jsonwebtoken.verify(token, keyObject, HS256).sub },
    { key: 'hono_jwt', mint, verify: async (token) => (await honoVerify(token, cryptoKey, 'HS256')).sub },
    {
      key: 'cloudflare_worker_jwt',
      mint,
      verify: async (token) => (await workerJwt.verify(token, cryptoKey, 'HS256'))?.payload.sub,
    },
    {
      key: 'iron_session',
      mint: (claims) => sealData(claims, seal),
      verify: async (token) => (await unsealData(token, seal)).sub,
    },
  ]
}

/** Ours: the public `verify`, which hands out more than the user id. */
function twogate() {
  const edgeKeys = deriveEdgeKeys(randomBytes(32).toString('base64url'))
  const [kid, key] = edgeKeys.split('.')
  const verify = createVerifier({ edgeKeys })
  return {
    key: 'twogate',
    // jose writes our profile byte for byte: the members as sessions.mjs has them, the header in this order.
    mint: minter(Buffer.from(key, 'base64url'), { alg: 'HS256', typ: 'tg+jwt', kid }),
    verify: (token) => {
      const verdict = verify(token)
      return verdict.status === 'fresh' ? verdict.userId : undefined
    },
  }
}

function minter(key, header = { alg: 'HS256', typ: 'JWT' }) {
  return (claims) => new SignJWT(claims).setProtectedHeader(header).sign(key)
}
