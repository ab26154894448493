// Checks what the built modules ask of their host: edge and proxy nothing at all, full only its own glue.
import { readFileSync } from 'node:fs'
import { GENERATED, MODULES } from './build/wasm.mjs'
import { at } from './lib/paths.mjs'
import { main, Stop } from './lib/stop.mjs'

const isAllowed = {
  edge: () => false,
  proxy: () => false,
  full: ({ module, kind }) => module === './full_bg.js' && kind === 'function',
}

await main(() => {
  for (const name of MODULES) {
    const imports = WebAssembly.Module.imports(
      new WebAssembly.Module(readFileSync(at(GENERATED, `${name}.wasm`))),
    )
    const refused = imports
      .filter((it) => !isAllowed[name](it))
      .map((it) => `${it.kind} ${it.module} ${it.name}`)
    if (refused.length > 0)
      throw new Stop(`${name}.wasm imports what it must not:\n  ${refused.join('\n  ')}`)
    console.log(`${name}.wasm: ${imports.length} imports, all allowed`)
  }
})
