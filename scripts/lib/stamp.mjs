// What was done before, by hash of what it was done from: how a second run costs nothing.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { at, cache } from './paths.mjs'

// What tools put beside the sources they read.
const SKIPPED = new Set(['node_modules', '.next', 'next-env.d.ts', 'target'])

/** Hash of files and folders (paths inside the repository; what does not exist counts too) and of plain facts. */
export function hashOf(paths, facts = []) {
  const hash = createHash('sha256')
  hash.update(JSON.stringify(facts))
  for (const file of paths.flatMap((name) => filesUnder(name))) {
    hash.update(`\0${file}\0`)
    if (existsSync(at(file))) hash.update(readFileSync(at(file)))
  }
  return hash.digest('hex')
}

/** Files under a folder of the repository, sorted; a file's own name; a missing name as it is. */
export function filesUnder(name) {
  const stat = statSync(at(name), { throwIfNoEntry: false })
  if (!stat?.isDirectory()) return [name]
  return readdirSync(at(name), { withFileTypes: true })
    .filter((entry) => !SKIPPED.has(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inside = path.join(name, entry.name)
      return entry.isDirectory() ? filesUnder(inside) : [inside]
    })
}

/** Does `work` unless it was done from the same `input` hash before and its `outputs` are still there, unchanged. */
export async function once(name, input, outputs, work) {
  const file = path.join(cache, 'stamps', name)
  const stamp = () => `${input} ${hashOf(outputs)}\n`
  if (
    existsSync(file) &&
    outputs.every((output) => existsSync(at(output))) &&
    readFileSync(file, 'utf8') === stamp()
  ) {
    return false
  }
  // Removed first: work that fails half-way must not look done when its input is put back.
  rmSync(file, { force: true })
  await work()
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, stamp())
  return true
}
