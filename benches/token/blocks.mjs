// The edge module once more, built with the exports of its `bench` feature.
import { readFileSync } from 'node:fs'
import { buildBenchModule } from '../../scripts/build/wasm.mjs'

/** `sha256Blocks(n)` runs n blocks, `limit` at most: what fits the module's input buffer of 32 KiB. */
export async function loadBlocks() {
  const module = new WebAssembly.Module(readFileSync(await buildBenchModule()))
  const { exports } = new WebAssembly.Instance(module)
  return { sha256Blocks: exports.sha256_blocks, limit: 512 }
}
