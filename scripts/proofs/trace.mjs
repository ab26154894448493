// A module that tells every branch it takes: what makes its control flow comparable from one run to the next.
import { readFileSync, writeFileSync } from 'node:fs'
import { at } from '../lib/paths.mjs'
import { run } from '../lib/run.mjs'
import { workFolder } from './plant.mjs'

const IMPORT = '(import "trace" "branch" (func $trace_branch (param i32 i32) (result i32)))'
/** Instructions that decide where to go on, and which of their operands they decide by. */
const DECIDED_BY = {
  // Before it only the type of the result; behind it the arms.
  if: (operands) => operands.findIndex((it) => Array.isArray(it) && it[0] !== 'result'),
  br_if: (operands) => operands.length - 1,
  br_table: (operands) => operands.length - 1,
}

/**
 * Resolves to `{ instantiate, branches }`: makes instances of the module whose branches are passed to `note(place, condition)`;
 * how many places were found.
 */
export async function traced(bytes) {
  const work = workFolder('trace')
  const tool = (command, ...args) =>
    run(process.execPath, [at('node_modules/binaryen/bin', command), ...args])
  writeFileSync(work('module.wasm'), bytes)
  await tool('wasm-dis', work('module.wasm'), '-o', work('module.wat'))

  const module = parse(readFileSync(work('module.wat'), 'utf8'))
  let branches = 0
  const mark = (node) => {
    if (!Array.isArray(node)) return node
    const [instruction, ...operands] = node.map(mark)
    const decides = DECIDED_BY[instruction]?.(operands)
    if (decides === undefined) return [instruction, ...operands]
    branches += 1
    const told = ['call', '$trace_branch', ['i32.const', String(branches)], operands[decides]]
    return [instruction, ...operands.with(decides, told)]
  }
  const [head, ...fields] = mark(module)
  writeFileSync(work('module.traced.wat'), `(${head} ${IMPORT} ${fields.map(print).join('\n')})`)
  await tool('wasm-as', work('module.traced.wat'), '-all', '-o', work('module.traced.wasm'))

  const compiled = new WebAssembly.Module(readFileSync(work('module.traced.wasm')))
  const instantiate = (Instance, note) =>
    new Instance(compiled, {
      trace: {
        branch: (place, condition) => {
          note(place, condition)
          return condition
        },
      },
    })
  return { instantiate, branches }
}

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

const print = (node) => (Array.isArray(node) ? `(${node.map(print).join(' ')})` : node)
