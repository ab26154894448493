// Which versions were measured, as installed and as locked.
import { readFileSync } from 'node:fs'
import { at } from '../../scripts/lib/paths.mjs'

export function versions() {
  const { devDependencies } = JSON.parse(readFileSync(at('benches/package.json'), 'utf8'))
  const lock = readFileSync(at('benches/native/Cargo.lock'), 'utf8')
  const locked = (name) => lock.match(new RegExp(`name = "${name}"\\nversion = "([^"]+)"`))[1]
  return {
    node: devDependencies,
    native: { jsonwebtoken: locked('jsonwebtoken'), 'jwt-simple': locked('jwt-simple') },
  }
}
