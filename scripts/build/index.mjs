// The npm package: WASM, then TypeScript.
import { buildTypeScript } from './typescript.mjs'
import { buildWasm } from './wasm.mjs'

export async function buildPackage(options = {}) {
  const wasm = await buildWasm(options)
  const typescript = await buildTypeScript(options)
  if (!wasm && !typescript) console.log('build: nothing has changed')
}
