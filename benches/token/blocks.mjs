// The floor: bare SHA-256 blocks, in the edge module built once more with the export of its `bench` feature.
import { readFileSync } from 'node:fs'
import { buildBenchModule } from '../../scripts/build/wasm.mjs'

/**
 * The blocks that a token costs when the states after key and header are kept: what is left of the inner hash after the
 * header's block (payload, then at least nine bytes of padding, FIPS 180-4 5.1.1), and the outer hash's one.
 */
export function blocksOf(tokenLength) {
  const payload = tokenLength - 64 - 1 - 43
  return Math.ceil((payload + 9) / 64) + 1
}

/** A run over the blocks of so many tokens, in one call: the way into the module is no part of the floor. */
export async function blocksRun(tokenLength) {
  const module = new WebAssembly.Module(readFileSync(await buildBenchModule()))
  const { sha256_blocks: sha256Blocks } = new WebAssembly.Instance(module).exports
  const each = blocksOf(tokenLength)
  return {
    key: 'sha256_blocks',
    run: (count) => {
      sha256Blocks(count * each)
    },
  }
}
