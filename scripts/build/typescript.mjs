// js-bindings/src -> js-bindings/dist: TypeScript, and the generated files beside it.
import { cpSync, rmSync } from 'node:fs'
import { at } from '../lib/paths.mjs'
import { run } from '../lib/run.mjs'
import { hashOf, once } from '../lib/stamp.mjs'
import { GENERATED } from './wasm.mjs'

const INPUTS = [
  'js-bindings/src',
  'js-bindings/tsconfig.json',
  'js-bindings/package.json',
  'tsconfig.base.json',
  'package-lock.json',
  'scripts/build/typescript.mjs',
]
const DIST = 'js-bindings/dist'

/** Resolves to true when there was something to do. */
export async function buildTypeScript({ verbose = false } = {}) {
  return once('typescript', hashOf(INPUTS), [DIST], async () => {
    console.log('build: TypeScript')
    // A module that was renamed must not stay in the package.
    rmSync(at(DIST), { recursive: true, force: true })
    await run(process.execPath, [at('node_modules/typescript/bin/tsc'), '-p', 'js-bindings'], { verbose })
    cpSync(at(GENERATED), at(DIST, 'wasm/generated'), { recursive: true })
  })
}
