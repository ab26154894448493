// `npm run size [-- --json]`: what the two edge entries cost a Worker, minified and compressed, against their budgets.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { at } from './lib/paths.mjs'
import { main } from './lib/stop.mjs'

// The peer everybody knows, bundled the same way.
const PEER = { 'jose jwtVerify': `export { jwtVerify } from 'jose'` }

await main(async () => {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
  const { sizeBudgets } = JSON.parse(readFileSync(at('package.json'), 'utf8'))
  const sizes = {}
  for (const [entry, budget] of Object.entries(sizeBudgets)) {
    const size = await bundle(`export * from '${entry}'`)
    sizes[entry] = { ...size, budget, ok: size.bytes <= budget }
  }
  for (const [name, source] of Object.entries(PEER)) sizes[name] = await bundle(source)

  if (values.json) console.log(JSON.stringify(sizes))
  else print(sizes)
  return Object.values(sizes).some(({ ok }) => ok === false) ? 1 : 0
})

/** Compressed bytes of an entry, bundled as a build for Cloudflare's workerd ships it: the WASM as files of their own. */
async function bundle(source) {
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: at() },
    bundle: true,
    write: false,
    outdir: 'out',
    format: 'esm',
    minify: true,
    target: 'es2022',
    platform: 'neutral',
    conditions: ['workerd'],
    loader: { '.wasm': 'copy' },
    // What the user's application brings along itself.
    external: ['next', 'react', 'node:*'],
  })
  const sum = (isCounted) =>
    outputFiles
      .filter((file) => isCounted(file.path.endsWith('.wasm')))
      .reduce((total, file) => total + gzipSync(file.contents, { level: 9 }).length, 0)
  const js = sum((isWasm) => !isWasm)
  const wasm = sum((isWasm) => isWasm)
  return { bytes: js + wasm, js, wasm }
}

function print(sizes) {
  console.log(
    'bytes, minified and gzip -9'.padEnd(30),
    ...['js', 'wasm', 'sum', 'budget'].map((it) => it.padStart(8)),
  )
  for (const [name, { js, wasm, bytes, budget, ok }] of Object.entries(sizes)) {
    const cells = [js, wasm, bytes, budget ?? '-'].map((it) => String(it).padStart(8))
    console.log(name.padEnd(30), ...cells, ok === false ? ' over budget' : '')
  }
}
