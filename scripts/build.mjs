// `npm run build [-- --verbose]`: sets up what building needs, then builds the npm package in js-bindings.
import { parseArgs } from 'node:util'
import { buildPackage } from './build/index.mjs'
import { main } from './lib/stop.mjs'
import { setUp } from './setup/index.mjs'
import { npm } from './setup/npm.mjs'
import { wasm } from './setup/wasm.mjs'

await main(async () => {
  const { values } = parseArgs({ options: { verbose: { type: 'boolean', default: false } } })
  await setUp([npm, wasm], values)
  await buildPackage(values)
})
