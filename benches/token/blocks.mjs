// The floor: bare SHA-256 blocks, in the edge module built once more with the export of its `bench` feature.
import { readFileSync } from 'node:fs'
import { buildBenchModule } from '../../scripts/build/wasm.mjs'

/** What the module's input buffer of 32 KiB holds. */
const MOST_BLOCKS = 512

/**
 * The blocks that a token costs when the states after key and header are kept: what is left of the inner hash after the
 * header's block (payload, then at least nine bytes of padding, FIPS 180-4 5.1.1), and the outer hash's one.
 */
export function blocksOf(tokenLength) {
  const payload = tokenLength - 64 - 1 - 43
  return Math.ceil((payload + 9) / 64) + 1
}

/** A run over the blocks of tokens. Those of many tokens in one call: the way into the module is no part of the floor. */
export async function blocksRun(tokenLength) {
  const module = new WebAssembly.Module(readFileSync(await buildBenchModule()))
  const { sha256_blocks: sha256Blocks } = new WebAssembly.Instance(module).exports
  const each = blocksOf(tokenLength)
  const tokens = Math.floor(MOST_BLOCKS / each)
  const run = (count) => {
    for (let left = count; left > 0; left -= tokens) sha256Blocks(Math.min(left, tokens) * each)
  }
  return { key: 'sha256_blocks', run }
}
