// Plants a mistake in a copy of the Rust sources and builds it: a check that never refuses proves nothing.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { compileModule } from '../build/wasm.mjs'
import { at } from '../lib/paths.mjs'
import { Stop } from '../lib/stop.mjs'
import { wasmToolchain } from '../setup/wasm.mjs'

const COPY = 'target/planted'

/** The bytes of the module of the sources with every `{ file, find, put }` done once. `env` as for `compileModule`. */
export async function planted(name, edits, env = {}) {
  rmSync(at(COPY), { recursive: true, force: true })
  mkdirSync(at(COPY), { recursive: true })
  for (const source of ['Cargo.toml', 'Cargo.lock', ...members()]) {
    cpSync(at(source), at(COPY, source), { recursive: true })
  }
  for (const { file, find, put } of edits) {
    const place = at(COPY, file)
    const text = readFileSync(place, 'utf8')
    // A plant that no longer takes root must not look like a check that no longer refuses.
    if (text.split(find).length !== 2) throw new Stop(`${file} does not hold this once: ${find}`)
    writeFileSync(place, text.replace(find, put))
  }
  const toolchain = await wasmToolchain()
  // Apart from what ships, or a mistake that was planted would be linked into it.
  const targetDir = `${toolchain.targetDir}-planted`
  try {
    return (await compileModule(name, toolchain, { folder: at(COPY), targetDir, env })).bytes
  } finally {
    rmSync(at(COPY), { recursive: true, force: true })
  }
}

/** The folders of the workspace's crates: cargo wants them all, also where it builds one. */
function members() {
  const [, list] = /^members = (\[[^\]]*\])/m.exec(readFileSync(at('Cargo.toml'), 'utf8'))
  return [...list.matchAll(/"([^"]+)"/g)].map(([, folder]) => folder)
}

/** Work files of a proof. */
export function workFolder(name) {
  const folder = at('.cache/proofs', name)
  mkdirSync(folder, { recursive: true })
  return (file) => path.join(folder, file)
}
