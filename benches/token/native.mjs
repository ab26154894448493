// benches/native: twogate-core against other crates, built and run.
import { at } from '../../scripts/lib/paths.mjs'
import { run } from '../../scripts/lib/run.mjs'

const CRATE = 'benches/native'
// Beside the other build folders: those of the workspace are built with other flags.
const TARGET = 'target-native'

/** Samples as those of Node.js: `{ [userId]: { [key]: { wall, cpu } } }`. */
export async function measureNative({ rounds, sampleMs, progress, verbose }) {
  progress('native: building')
  const env = { ...process.env, CARGO_TARGET_DIR: at(TARGET) }
  await run('cargo', ['build', '--release', '--locked', '--quiet'], { cwd: at(CRATE), env, verbose })
  progress(`native: ${rounds} rounds`)
  return JSON.parse(await run(at(TARGET, 'release/twogate-bench-native'), [String(rounds), String(sampleMs)]))
}
