// Checks that tests/vectors holds what Rust writes: writes the vectors anew and compares them byte by byte. Those of
// others (tests/vectors/rfc) are in folders and are checked by the tests that read them.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { at } from './lib/paths.mjs'
import { run } from './lib/run.mjs'
import { main, Stop } from './lib/stop.mjs'

const EXAMPLE = ['run', '--quiet', '-p', 'twogate-core', '--example', 'vectors', '--features', 'serde', '--']
const KEPT = at('tests/vectors')
// Not written by Rust: checked by the tests that read them.
const BY_HAND = ['user-agents.json']

await main(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'twogate-vectors-'))
  try {
    await run('cargo', [...EXAMPLE, folder])
    const kept = readdirSync(KEPT, { withFileTypes: true })
      .filter((it) => it.isFile() && !BY_HAND.includes(it.name))
      .map(({ name }) => name)
    const names = [...new Set([...readdirSync(folder), ...kept])].sort()
    const different = names.filter((name) => read(folder, name) !== read(KEPT, name))
    if (different.length > 0) {
      throw new Stop(
        `tests/vectors is not what Rust writes: ${different.join(', ')}. Run \`npm run vectors\`, look at the difference, and commit it if it is meant`,
      )
    }
    console.log(`tests/vectors: ${names.join(', ')} as Rust writes them`)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

function read(folder, name) {
  try {
    return readFileSync(path.join(folder, name), 'latin1')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}
