// A module that tells every branch it takes: what makes its control flow comparable from one run to the next.
import { assembled, disassembled, print } from './wat.mjs'

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
  const module = await disassembled(bytes)
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
  const compiled = new WebAssembly.Module(
    await assembled(`(${head} ${IMPORT} ${fields.map(print).join('\n')})`),
  )
  const imports = { trace: {} }
  for (const { module: from, name } of WebAssembly.Module.imports(compiled)) {
    imports[from] ??= {}
    imports[from][name] = () => {
      throw new Error(`the module calls ${from} ${name}`)
    }
  }
  const instantiate = (Instance, note) => {
    imports.trace.branch = (place, condition) => {
      note(place, condition)
      return condition
    }
    return new Instance(compiled, imports)
  }
  return { instantiate, branches }
}
