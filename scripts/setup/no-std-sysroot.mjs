// A sysroot for WASM without std: what compiles against it is no_std with all it depends on. The target itself has a std.
import { mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { cache } from '../lib/paths.mjs'
import { TARGET } from './wasm.mjs'

const KEPT = /^lib(core|alloc|compiler_builtins|rustc_std_workspace_(core|alloc))-/

export function noStdSysroot({ sysroot }) {
  const without = path.join(cache, 'no-std-sysroot')
  const libraries = path.join('lib/rustlib', TARGET, 'lib')
  rmSync(without, { recursive: true, force: true })
  mkdirSync(path.join(without, libraries), { recursive: true })
  for (const name of readdirSync(path.join(sysroot, libraries))) {
    if (KEPT.test(name)) symlinkSync(path.join(sysroot, libraries, name), path.join(without, libraries, name))
  }
  return without
}
