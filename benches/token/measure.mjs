// One measurement in Node.js: for each kind of user id, all contestants interleaved with the bare SHA-256 blocks.
import { interleave } from '../lib/interleave.mjs'
import { blocksRun } from './blocks.mjs'
import { contestants } from './contestants.mjs'
import { claimsOf, TOKEN_LENGTHS } from './sessions.mjs'

/** `{ [userId]: { [key]: { wall, cpu } } }`, nanoseconds per verification. */
export async function measureInNode({ rounds, sampleMs, progress }) {
  const found = {}
  for (const [userId, length] of Object.entries(TOKEN_LENGTHS)) {
    const claims = claimsOf(userId)
    const runs = [await blocksRun(length)]
    for (const contestant of await contestants()) runs.push(await runOf(contestant, claims))
    const onRound = (done) => progress(`Node.js, token of ${length} characters: round ${done} of ${rounds}`)
    found[userId] = await interleave(runs, { rounds, sampleMs, onRound })
  }
  return found
}

/** A contestant as a run over its tokens. A single wrong answer ends the measurement: it would be of something else. */
export async function runOf({ key, mint, verify }, claims) {
  const tokens = []
  for (const it of claims) tokens.push(flat(await mint(it)))
  const check = (userId, index) => {
    if (userId !== claims[index].sub) throw new Error(`${key} does not verify what it minted`)
  }
  const inTurn = (count) => {
    for (let done = 0; done < count; done += 1) {
      const index = done % tokens.length
      check(verify(tokens[index]), index)
    }
  }
  const awaited = async (count) => {
    for (let done = 0; done < count; done += 1) {
      const index = done % tokens.length
      check(await verify(tokens[index]), index)
    }
  }
  return { key, run: verify(tokens[0]) instanceof Promise ? awaited : inTurn }
}

/** A string without pieces, as a request header is: a rope, which string operations leave, costs its first reader time. */
function flat(text) {
  return Buffer.from(text, 'latin1').toString('latin1')
}
