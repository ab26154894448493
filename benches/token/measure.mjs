// One measurement: for each kind of user id, all contestants interleaved with the bare SHA-256 blocks.
import { interleave } from '../lib/interleave.mjs'
import { loadBlocks } from './blocks.mjs'
import { contestants } from './contestants.mjs'
import { claimsOf, USER_IDS } from './sessions.mjs'

/** `{ [userId]: { [key]: { wall, cpu } } }`, nanoseconds per verification. */
export async function measureInNode({ rounds, sampleMs, progress }) {
  const everybody = await contestants()
  const found = {}
  for (const userId of Object.keys(USER_IDS)) {
    const claims = claimsOf(userId)
    const runs = []
    for (const contestant of everybody) runs.push(await runOf(contestant, claims))
    const length = (await everybody[0].mint(claims[0])).length
    runs.push(await blocksRun(length))
    found[userId] = await interleave(runs, {
      rounds,
      sampleMs,
      onRound: (done) => progress(`Node, ${userId} user id: round ${done} of ${rounds}`),
    })
  }
  return found
}

/** A contestant as a run over its tokens. A single wrong answer ends the measurement: it would be of something else. */
async function runOf({ key, mint, verify }, claims) {
  const tokens = []
  for (const it of claims) tokens.push(flat(await mint(it)))
  const userIds = claims.map(({ sub }) => sub)
  const expect = (userId, index) => {
    if (userId !== userIds[index]) throw new Error(`${key} does not verify what it minted`)
  }
  const isAsync = verify(tokens[0]) instanceof Promise
  const run = isAsync
    ? async (count) => {
        for (let done = 0; done < count; done += 1) {
          const index = done % tokens.length
          expect(await verify(tokens[index]), index)
        }
      }
    : (count) => {
        for (let done = 0; done < count; done += 1) {
          const index = done % tokens.length
          expect(verify(tokens[index]), index)
        }
      }
  return { key, run }
}

/** One flat string of one-byte characters, as a request header is: not a rope of pieces, which the first reader pays for. */
const flat = (text) => Buffer.from(text, 'latin1').toString('latin1')

/**
 * The blocks that a token costs when the state after key and header is kept: what is left of the inner hash after the
 * header's block (payload, then at least nine bytes of padding, FIPS 180-4 5.1.1), and the outer hash's one.
 */
export function blocksOf(tokenLength) {
  const payload = tokenLength - 64 - 1 - 43
  return Math.ceil((payload + 9) / 64) + 1
}

/** Many tokens' blocks in one call: the way into the module is not part of the floor. */
async function blocksRun(tokenLength) {
  const { sha256Blocks, limit } = await loadBlocks()
  const each = blocksOf(tokenLength)
  const tokens = Math.floor(limit / each)
  const run = (count) => {
    for (let left = count; left > 0; left -= tokens) sha256Blocks(Math.min(left, tokens) * each)
  }
  return { key: 'sha256_blocks', run }
}
