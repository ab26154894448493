// Modules as text and back, by binaryen; the text as nested arrays of words.
import { readFileSync, writeFileSync } from 'node:fs'
import { at } from '../lib/paths.mjs'
import { run } from '../lib/run.mjs'
import { workFolder } from './plant.mjs'

const work = workFolder('wat')
const binaryen = (tool, ...args) =>
  run(process.execPath, [at('node_modules/binaryen/bin', tool), '-all', ...args])

/** The module of these bytes as `['module', ...]`, without what stands behind an endless loop or a jump. */
export async function disassembled(bytes) {
  writeFileSync(work('in.wasm'), bytes)
  // Binary code needs an `unreachable` where control never gets to, to please the types; here it would look like a trap.
  await binaryen('wasm-opt', '--dce', '--vacuum', '-S', work('in.wasm'), '-o', work('out.wat'))
  return parse(readFileSync(work('out.wat'), 'utf8'))
}

/** The bytes of a module in text. */
export async function assembled(text) {
  writeFileSync(work('in.wat'), text)
  await binaryen('wasm-as', work('in.wat'), '-o', work('out.wasm'))
  return readFileSync(work('out.wasm'))
}

/** A node as text. */
export const print = (node) => (Array.isArray(node) ? `(${node.map(print).join(' ')})` : node)

/** S-expressions as nested arrays of words; comments left out. */
function parse(text) {
  const stack = [[]]
  for (const [token] of text.matchAll(/;;[^\n]*|\(;[\s\S]*?;\)|[()]|"(?:[^"\\]|\\.)*"|[^\s()"]+/g)) {
    if (token.startsWith(';;') || token.startsWith('(;')) continue
    if (token === '(') stack.push([])
    else if (token === ')') stack.at(-2).push(stack.pop())
    else stack.at(-1).push(token)
  }
  return stack[0][0]
}
