// npm packages: `npm ci` when what is installed is not what package-lock.json says.
import { existsSync, readFileSync } from 'node:fs'
import { at } from '../lib/paths.mjs'
import { run } from '../lib/run.mjs'
import { hashOf, once } from '../lib/stamp.mjs'
import { Stop } from '../lib/stop.mjs'

const MANIFESTS = [
  'package.json',
  'js-bindings/package.json',
  'examples/dashboard/package.json',
  'benches/package.json',
]

export const npm = {
  needs: async () => [],
  ready: async ({ verbose } = {}) => {
    if (!existsSync(at('package-lock.json')))
      throw new Stop('package-lock.json is missing: run `npm install` once')
    const input = hashOf(['package-lock.json', '.npmrc', ...MANIFESTS], [process.platform, process.arch])
    await once('npm', input, ['node_modules/.package-lock.json'], async () => {
      if (isInstalled()) return
      console.log('set-up: npm ci installs the npm packages')
      await run('npm', ['ci', '--no-fund', '--no-audit'], { verbose })
    })
    return {}
  },
}

/** True after an `npm install` by hand: npm leaves a list of what it put into node_modules. */
function isInstalled() {
  const list = at('node_modules/.package-lock.json')
  if (!existsSync(list)) return false
  const installed = JSON.parse(readFileSync(list, 'utf8')).packages
  const wanted = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages
  return Object.entries(wanted).every(([place, { version, optional, peer }]) => {
    if (!place.includes('node_modules/')) return true
    return installed[place] ? installed[place].version === version : Boolean(optional || peer)
  })
}
