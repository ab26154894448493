// The full module: one instance for the process, behind wasm-bindgen's glue. package.json lists this file under
// sideEffects: a bundler that dropped the lines below would leave the glue without its instance.
import module from '#full-module'
import * as glue from './generated/full.glue.js'

// Synchronous, without top-level await: the glue and the bytes come from the same build.
const instance = new WebAssembly.Instance(module, {
  './full_bg.js': glue as unknown as WebAssembly.ModuleImports,
})
glue.__wbg_set_wasm(instance.exports)
const start = instance.exports['__wbindgen_start']
if (typeof start === 'function') start()

export { deriveEdgeKeys, Memory, type Operation, RequestFacts, Rules } from './generated/full.glue.js'
