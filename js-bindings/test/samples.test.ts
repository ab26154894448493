// What we publish to be copied holds no secret that works (K3).

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { deriveEdgeKeys } from 'twogate/keys'
import { createVerifier } from 'twogate/verify'

const root = path.join(import.meta.dirname, '../..')
const published = ['README.md', 'SECURITY.md', 'js-bindings/README.md', 'js-bindings/src', 'examples', 'docs']
const skipped = /^(node_modules|generated|\..*|.*\.(png|tsbuildinfo))$/

function* filesUnder(name: string): Generator<string> {
  const file = path.join(root, name)
  const entries = readdirSync(path.dirname(file), { withFileTypes: true })
  const entry = entries.find((it) => it.name === path.basename(file))
  if (entry?.isDirectory()) {
    for (const child of readdirSync(file)) if (!skipped.test(child)) yield* filesUnder(path.join(name, child))
  } else {
    yield file
  }
}

function works(text: string): boolean {
  const readers = [() => deriveEdgeKeys(text), () => createVerifier({ edgeKeys: text })]
  return readers.some((read) => {
    try {
      read()
      return true
    } catch {
      return false
    }
  })
}

test('no text in the documentation, the examples or the package is a key', () => {
  // The check itself can tell one.
  assert.ok(works('Mog6Bwc24kMhrk9w8wIFIut17jNHtic-4ANOofYXVxQ'))
  const files = published.flatMap((name) => [...filesUnder(name)])
  assert.ok(files.length > 50)
  for (const file of files) {
    // The demo keeps hashes of its users' passwords, as long as a key and none.
    const content = readFileSync(file, 'utf8').replaceAll(/\bhash"?: ['"][\w-]{43}['"]/g, '')
    for (const [text] of content.matchAll(/[\w-]{15}\.[\w-]{43}|[\w-]{43,}/g)) {
      assert.ok(!works(text), `${path.relative(root, file)} holds a key: ${text}`)
    }
  }
})
