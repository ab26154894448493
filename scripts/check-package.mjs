// Checks the npm package as npm would publish it: what is in it (npm pack), its manifest (publint), its types (attw).
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { at } from './lib/paths.mjs'
import { run } from './lib/run.mjs'
import { main, Stop } from './lib/stop.mjs'

const bin = (name) => at('node_modules/.bin', name)
const EXPECTED = [/^package\.json$/, /^README\.md$/, /^LICENSE[\w.-]*$/, /^dist\/.+\.(js|d\.ts|wasm|map)$/]

await main(async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'twogate-package-'))
  try {
    const [packed] = JSON.parse(
      await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: at('js-bindings') }),
    )
    const strange = packed.files
      .map((file) => file.path)
      .filter((file) => !EXPECTED.some((it) => it.test(file)))
    if (strange.length > 0) throw new Stop(`the package holds what it should not:\n  ${strange.join('\n  ')}`)
    const tarball = path.join(folder, packed.filename)
    process.stdout.write(await run(bin('publint'), ['run', '--strict', tarball]))
    // ESM only, on purpose: Node >= 20.19 can require() it.
    process.stdout.write(await run(bin('attw'), [tarball, '--profile', 'esm-only', '--no-emoji']))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
