// The bench of the first check: its contestants really verify, and its harness judges by what it measured.

import assert from 'node:assert/strict'
import { describe, mock, test } from 'node:test'
import { blocksOf } from '../token/blocks.mjs'
import { contestants } from '../token/contestants.mjs'
import { measureInNode, runOf } from '../token/measure.mjs'
import { claimsOf, TOKEN_LENGTHS } from '../token/sessions.mjs'

const userIds = Object.keys(TOKEN_LENGTHS)
const everybody = await contestants()
const strangers = await contestants()

for (const [index, { key, mint, verify }] of everybody.entries()) {
  describe(key, () => {
    for (const userId of userIds) {
      const [claims] = claimsOf(userId, 1)

      test(`verifies what it minted: ${userId} user id`, async () => {
        assert.equal(await verify(await mint(claims)), claims.sub)
      })

      test(`refuses any changed character: ${userId} user id`, async () => {
        const token = await mint(claims)
        // The last two: unused bits of a signature, which not every library looks at, and the version of a seal.
        for (let at = 0; at < token.length - 2; at += 1) {
          const other = token[at] === 'A' ? 'B' : 'A'
          const bad = token.slice(0, at) + other + token.slice(at + 1)
          assert.equal(await answer(verify, bad), undefined, `character ${at}`)
        }
      })
    }

    test('refuses what was signed with another key', async () => {
      const [claims] = claimsOf('short', 1)
      assert.equal(await answer(verify, await strangers[index].mint(claims)), undefined)
    })

    test('refuses its own token two hours later', async () => {
      const [claims] = claimsOf('short', 1)
      const token = await mint(claims)
      assert.equal(await verify(token), claims.sub)
      mock.timers.enable({ apis: ['Date'], now: Date.now() + 7_200_000 })
      try {
        assert.equal(await answer(verify, token), undefined)
      } finally {
        mock.timers.reset()
      }
    })
  })
}

test('our tokens are as long as the bench says, and need as many blocks', async () => {
  const [{ mint }] = everybody
  const blocks = { short: 3, uuid: 4 }
  for (const userId of userIds) {
    const [claims] = claimsOf(userId, 1)
    const { length } = await mint(claims)
    assert.equal(length, TOKEN_LENGTHS[userId])
    assert.equal(blocksOf(length), blocks[userId])
  }
})

test('one round measures everybody, on both clocks', async () => {
  const measured = await measureInNode({ rounds: 1, sampleMs: 1, progress: () => {} })
  const keys = ['sha256_blocks', ...everybody.map(({ key }) => key)]
  assert.deepEqual(Object.keys(measured), userIds)
  for (const samples of Object.values(measured)) {
    assert.deepEqual(Object.keys(samples), keys)
    for (const [key, { wall, cpu }] of Object.entries(samples)) {
      assert.equal(wall.length, 1, key)
      assert.equal(cpu.length, 1, key)
      assert.ok(wall[0] > 0 && Number.isFinite(wall[0]), key)
      assert.ok(cpu[0] > 0 && Number.isFinite(cpu[0]), key)
    }
  }
})

for (const [how, verify] of Object.entries({
  'says yes to everything': () => 'somebody',
  'says no to everything': () => undefined,
  'says yes to everything, later': async () => 'somebody',
})) {
  test(`a contestant that ${how} ends the measurement`, async () => {
    const { run } = await runOf({ key: 'it', mint: () => 'token', verify }, claimsOf('short', 2))
    await assert.rejects(async () => run(1), /it does not verify what it minted/)
  })
}

/** What a contestant says: an error is a refusal. */
async function answer(verify, token) {
  try {
    return await verify(token)
  } catch {
    return undefined
  }
}
