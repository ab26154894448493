// The stages of `npm test`, in the order they run: the table to edit when a check comes or goes.

import { at } from './lib/paths.mjs'
import { filesUnder } from './lib/stamp.mjs'
import { Stop } from './lib/stop.mjs'
import { chromium } from './setup/chromium.mjs'
import { locale } from './setup/locale.mjs'
import { noStdSysroot } from './setup/no-std-sysroot.mjs'
import { redis } from './setup/redis.mjs'
import { addTarget, TARGET, targetIsThere, wasm, wasmToolchain } from './setup/wasm.mjs'

/*
 * name    what `--only` takes
 * does    one line for whoever reads along
 * steps   commands as `{ command, args, env, timeout }`, run one after the other; may be async
 * counts  'cargo' or 'node': the output says how many tests ran. Without it the stage counts as one.
 * needs   set-up parts beside the npm packages
 * after   stages that have to run before this one, and do with `--only` too
 */
export const stages = [
  { name: 'fmt', does: 'Rust is formatted', steps: () => [cargo('fmt', '--all', '--check')] },
  {
    name: 'clippy',
    does: 'Rust lints, warnings are errors',
    steps: () => [cargo('clippy', '--workspace', '--all-targets', '--all-features', '--', '-D', 'warnings')],
  },
  {
    name: 'rust',
    does: 'Rust tests',
    counts: 'cargo',
    needs: [redis],
    steps: () => [cargo('test', '--workspace', '--all-features')],
  },
  {
    name: 'doc',
    does: 'documentation of the Rust libraries, warnings are errors',
    steps: () => [
      {
        ...cargo('doc', '-p', 'twogate-core', '-p', 'twogate-session', '--all-features', '--no-deps'),
        env: { RUSTDOCFLAGS: '-D warnings' },
      },
    ],
  },
  {
    name: 'build',
    does: 'the npm package: WASM and TypeScript',
    needs: [wasm],
    steps: () => [node('scripts/build.mjs')],
  },
  {
    name: 'no_std',
    does: 'core builds where there is no std; the WASM modules import nothing they should not',
    needs: [wasm],
    after: ['build'],
    steps: async () => [
      await coreWithoutStd(),
      await coreWithoutStd('session'),
      node('scripts/check-imports.mjs'),
    ],
  },
  {
    name: 'features',
    does: 'core with every choice of features, here, for WASM and on bare metal: the same verdicts',
    counts: 'cargo',
    needs: [wasm],
    steps: features,
  },
  {
    name: 'proofs',
    does: 'the modules of the edge hold no trap and compare in constant time; planted mistakes are seen',
    needs: [wasm],
    after: ['build'],
    steps: () => [node('scripts/proofs/no-panic.mjs'), node('scripts/proofs/constant-time.mjs')],
  },
  {
    name: 'types',
    does: 'TypeScript types: package, tests, dashboard',
    after: ['build'],
    steps: () => [
      tool('tsc', '-p', 'js-bindings', '--noEmit'),
      tool('tsc', '-p', 'js-bindings/test'),
      tool('tsc', '-p', 'tests', '--noEmit'),
      // Writes the types of the routes, which the pages use.
      tool('next', 'typegen', 'examples/dashboard'),
      tool('tsc', '-p', 'examples/dashboard', '--noEmit'),
    ],
  },
  {
    name: 'lint',
    does: 'JavaScript and TypeScript: format and lints',
    steps: () => [tool('biome', 'ci', '--colors=off', '.')],
  },
  {
    name: 'unit',
    does: 'tests of the TypeScript package',
    counts: 'node',
    after: ['build'],
    steps: () => [nodeTests('js-bindings/test')],
  },
  {
    name: 'vectors',
    does: 'tests/vectors are what Rust writes',
    steps: () => [node('scripts/check-vectors.mjs')],
  },
  {
    name: 'differential',
    does: 'tokens without end: native Rust, WASM in Node and jose agree',
    counts: 'node',
    after: ['build'],
    steps: differentialSteps,
  },
  {
    name: 'fuzz',
    does: 'what must hold for any input, on the kept inputs of fuzzing and edits of them',
    counts: 'cargo',
    steps: () => [
      cargo('fmt', ...FUZZ, '--check'),
      cargo('clippy', ...FUZZ, ...FUZZ_TARGET, '--all-targets', '--', '-D', 'warnings'),
      cargo('test', ...FUZZ, ...FUZZ_TARGET),
    ],
  },
  {
    name: 'contract',
    does: 'one contract, every store, from JavaScript and from Rust',
    counts: 'node',
    needs: [redis, locale],
    after: ['build'],
    steps: () => [
      // The workspace with all features, as the other stages build it: nothing is compiled twice.
      cargo('build', '--workspace', '--all-features', '--example', 'driver'),
      nodeTests('tests/contract', '--test-timeout=120000'),
    ],
  },
  {
    name: 'races',
    does: 'races of several processes, in JavaScript and Rust, on one Redis; the memory store beside it',
    counts: 'node',
    needs: [redis],
    after: ['build'],
    steps: () => [
      cargo('build', '--workspace', '--all-features', '--example', 'driver', '--bin', 'equal-stores'),
      nodeTests('tests/races', '--test-timeout=600000'),
    ],
  },
  {
    name: 'backend',
    does: 'JavaScript and Rust beside each other on one Redis; the example back end',
    counts: 'node',
    needs: [redis],
    after: ['build'],
    steps: () => [
      cargo('build', '--workspace', '--all-features', '--example', 'driver', '--bin', 'backend'),
      nodeTests('tests/backend', '--test-timeout=120000'),
    ],
  },
  {
    name: 'package',
    does: 'the npm package as it would be published',
    after: ['build'],
    steps: () => [node('scripts/check-package.mjs')],
  },
  {
    name: 'size',
    does: 'size budgets of the edge entries',
    after: ['build'],
    steps: () => [node('scripts/size.mjs')],
  },
  {
    name: 'bench',
    does: 'benches: every contestant verifies, and refuses what does not hold; speed is not judged',
    counts: 'node',
    needs: [wasm],
    after: ['build'],
    steps: () => [nodeTests('benches')],
  },
  {
    name: 'native',
    does: 'benches/native, a workspace of its own: likewise',
    counts: 'cargo',
    steps: () => [
      cargo('fmt', '--manifest-path', NATIVE_BENCH, '--check'),
      nativeBench('clippy', '--all-targets', '--', '-D', 'warnings'),
      nativeBench('test'),
    ],
  },
  {
    name: 'browser',
    does: 'the dashboard in a real browser',
    counts: 'node',
    needs: [redis, chromium],
    after: ['build'],
    steps: () => [nodeTests('tests/browser', '--test-concurrency=1', '--test-timeout=600000')],
  },
]

/** Every choice of core's features but all of them, which is what clippy and rust take; all, for other targets. */
async function features() {
  const bareMetal = (await targetIsThere(BARE_METAL)) || (await addTarget(BARE_METAL)) === undefined
  // Where rustup cannot help, the stage no_std still builds core without std.
  if (!bareMetal) console.log(`  not done: core for ${BARE_METAL}, which cannot be added here`)
  const { cargo: command, env, targetDir } = await wasmToolchain()
  return [[], ['session'], ['serde']].flatMap((names) => {
    const core = ['--locked', '-p', 'twogate-core', '--no-default-features', '--features', names.join()]
    const lib = (target) => ['check', ...core, '--lib', '--target', target]
    return [
      ...(names.includes('serde')
        ? []
        : [
            cargo('clippy', ...core, '--all-targets', '--', '-D', 'warnings'),
            cargo('test', ...core, '--test', 'vectors'),
          ]),
      { command, args: lib(TARGET), env: { ...env, CARGO_TARGET_DIR: targetDir } },
      ...(bareMetal ? [cargo(...lib(BARE_METAL))] : []),
    ]
  })
}

/** A processor without an operating system. */
const BARE_METAL = 'thumbv7em-none-eabi'

/** A workspace of its own, so that nothing else builds it. */
const FUZZ = ['--manifest-path', 'fuzz/Cargo.toml']
const FUZZ_TARGET = ['--locked', '--target-dir', 'target/fuzz']

/** The program that writes tokens with the verdicts of native Rust, and the test that reads them. */
export function differentialSteps() {
  const writer = ['-p', 'twogate-core', '--example', 'vectors', '--features', 'serde']
  return [cargo('build', '--release', '--locked', ...writer), nodeTests('tests/differential')]
}
const NATIVE_BENCH = 'benches/native/Cargo.toml'

const cargo = (...args) => ({ command: 'cargo', args })
const nativeBench = (command, ...args) => ({
  ...cargo(command, '--locked', '--manifest-path', NATIVE_BENCH, ...args),
  env: { CARGO_TARGET_DIR: at('target-native') },
})
const node = (...args) => ({ command: process.execPath, args })
const tool = (name, ...args) => ({
  command: at('node_modules/.bin', name),
  args,
  env: { NEXT_TELEMETRY_DISABLED: '1' },
})

/** All `*.test.ts` and `*.test.mjs` under a folder. Node 20 wants the files by name. */
function nodeTests(folder, ...flags) {
  const files = filesUnder(folder).filter((name) => /\.test\.(ts|mjs)$/.test(name))
  if (files.length === 0) throw new Stop(`no test files under ${folder}`)
  return { ...node('--import', 'tsx', '--test', '--test-reporter=spec', ...flags, ...files), files }
}

async function coreWithoutStd(feature) {
  const toolchain = await wasmToolchain()
  const features = feature ? ['--features', feature] : []
  return {
    command: toolchain.cargo,
    args: [
      'build',
      '--locked',
      '-p',
      'twogate-core',
      '--lib',
      '--no-default-features',
      ...features,
      '--target',
      TARGET,
    ],
    env: {
      ...toolchain.env,
      CARGO_TARGET_DIR: toolchain.targetDir,
      CARGO_ENCODED_RUSTFLAGS: `--sysroot=${noStdSysroot(toolchain)}`,
    },
  }
}
