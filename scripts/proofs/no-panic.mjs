// Proves of the modules that ship to the edge: no panic path, no trap instruction, no memory that grows (W4, W5, W6).
//
// Looked at are the very bytes that ship. A panic ends in `unreachable`, whatever the optimiser made of its text; without
// that instruction there is none. What is left that could trap is an access outside of memory, and core has no unsafe code.
import { readFileSync } from 'node:fs'
import { GENERATED } from '../build/wasm.mjs'
import { at } from '../lib/paths.mjs'
import { main, Stop } from '../lib/stop.mjs'
import { planted } from './plant.mjs'
import { disassembled } from './wat.mjs'

const REFUSED = [
  ['a trap, which is how a panic ends', /^unreachable$/],
  ['an indirect call', /^call_indirect$/],
  ['memory that grows', /^memory\.grow$/],
  ['a division that may trap', /^i(?:32|64)\.(?:div|rem)_[su]$/],
  ['a conversion that may trap', /^i(?:32|64)\.trunc_f\d+_[su]$/],
]
// The message of a panic, and the place in the sources that it names.
const PANIC_TEXT = /panicked at|out of range|index out of bounds|called `\w+::unwrap|[\w/.-]+\.rs\b/g
const PLANT = {
  file: 'crates/core/src/token.rs',
  find: "    buffer: &'b mut PayloadBuffer,\n) -> Result<(Freshness, Claims<'b>), Denied> {\n",
  put: "    buffer: &'b mut PayloadBuffer,\n) -> Result<(Freshness, Claims<'b>), Denied> {\n    let _ = text.first().unwrap();\n",
}

await main(async () => {
  const wrong = []
  for (const name of ['edge', 'proxy']) {
    const found = await panicPaths(readFileSync(at(GENERATED, `${name}.wasm`)))
    if (found.length > 0) wrong.push(`${name}.wasm holds\n  ${found.join('\n  ')}`)
    else console.log(`${name}.wasm: no trap, no panic text, no memory that grows`)
  }
  if (wrong.length > 0) throw new Stop(wrong.join('\n'))

  const found = await panicPaths(await planted('edge', [PLANT]))
  if (found.length === 0) throw new Stop(`this check does not see an unwrap planted in ${PLANT.file}`)
  console.log(`an unwrap planted in ${PLANT.file} is seen: ${found[0]}`)
})

/** What in a module could panic or trap, in words; empty where nothing can. */
async function panicPaths(bytes) {
  const found = new Map()
  const look = (node) => {
    if (!Array.isArray(node)) return
    const [what] = REFUSED.find(([, instruction]) => instruction.test(node[0])) ?? []
    if (what !== undefined && !dividesByConstant(node)) found.set(what, (found.get(what) ?? 0) + 1)
    node.forEach(look)
  }
  look(await disassembled(bytes))
  const texts = new Set(bytes.toString('latin1').match(PANIC_TEXT) ?? [])
  if (texts.size > 0) found.set(`text of a panic: ${[...texts].join(', ')}`, texts.size)
  return [...found].map(([what, times]) => `${what} (${times} times)`)
}

/** Unsigned, by a number that is written there and is not zero: never a trap. */
function dividesByConstant([name, , by]) {
  return /_u$/.test(name) && Array.isArray(by) && /^i(?:32|64)\.const$/.test(by[0]) && by[1] !== '0'
}
