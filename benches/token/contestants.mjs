// Who is measured: for each a way to mint and a way to verify, all of the same claims.
import { createSecretKey, randomBytes } from 'node:crypto'
import workerJwt from '@tsndr/cloudflare-worker-jwt'
import { createVerifier as createFastJwt } from 'fast-jwt'
import { verify as honoVerify } from 'hono/jwt'
import { sealData, unsealData } from 'iron-session'
import { jwtVerify, SignJWT } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { tsImport } from 'tsx/esm/api'
import { deriveEdgeKeys } from 'twogate/keys'
import { createVerifier } from 'twogate/verify'
import { nodeCryptoVerifier, webCryptoVerifier } from './by-hand.mjs'

// How tests make tokens of the profile. Nothing that is measured goes through tsx.
const { freshSecret, sign, signingKey } = await tsImport('../../tests/support/tokens.ts', import.meta.url)

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
  const mint = (claims) => new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(secret)

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
  const secret = freshSecret()
  const key = signingKey(secret)
  const verify = createVerifier({ edgeKeys: deriveEdgeKeys(secret) })
  return {
    key: 'twogate',
    mint: (claims) => sign(claims, key),
    verify: (token) => {
      const verdict = verify(token)
      return verdict.status === 'fresh' ? verdict.userId : undefined
    },
  }
}
