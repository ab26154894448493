// crates/wasm -> js-bindings/src/wasm/generated: cargo, wasm-bindgen (xtask), wasm-opt, then files JavaScript can import.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { at, cache, cargoHome, root } from '../lib/paths.mjs'
import { attempt, run } from '../lib/run.mjs'
import { hashOf, once } from '../lib/stamp.mjs'
import { Stop } from '../lib/stop.mjs'
import { TARGET, wasmToolchain } from '../setup/wasm.mjs'

/** The three modules, each named after the feature of crates/wasm that makes it. */
export const MODULES = ['edge', 'proxy', 'full']
// edge and proxy exchange numbers only; that they then import nothing is what scripts/check-imports.mjs holds them to.
const BINDGEN_FLAGS = {
  edge: ['--no-externref'],
  proxy: ['--no-externref'],
  full: [],
  bench: ['--no-externref'],
}
export const GENERATED = 'js-bindings/src/wasm/generated'
// What full may grow to, in bytes: a reply of the store without end then ends in a trap, which js-bindings/src/wasm/full.ts
// recovers from, and not with the memory of the host. edge and proxy never grow.
const LINK = { full: ['-Clink-arg=--max-memory=268435456'] }

const INPUTS = ['crates/core', 'crates/wasm', 'xtask', 'scripts/build/wasm.mjs', 'Cargo.toml', 'Cargo.lock']

// What Rust's own WASM target may use today; wasm-opt refuses a module with anything it was not told of.
const WASM_FEATURES = [
  'mutable-globals',
  'sign-ext',
  'nontrapping-float-to-int',
  'bulk-memory',
  'multivalue',
  'reference-types',
  'simd',
]

/** Resolves to true when there was something to do. */
export async function buildWasm({ verbose = false } = {}) {
  const toolchain = await wasmToolchain({ verbose })
  const outputs = MODULES.flatMap((name) => fileNames(name).map((file) => `${GENERATED}/${file}`))
  return once('wasm', inputOf(toolchain), outputs, async () => {
    console.log(`build: WASM (${toolchain.way} toolchain)`)
    await fetchCrates(toolchain, verbose)
    for (const name of MODULES) await buildModule(name, toolchain, verbose)
  })
}

/** Hash of all that a module is made from. */
function inputOf(toolchain) {
  const binaryen = JSON.parse(readFileSync(at('node_modules/binaryen/package.json'), 'utf8')).version
  return hashOf(INPUTS, [toolchain.id, toolchain.way, binaryen])
}

/** Unpacks the crates, whose folders the compiler is then told to leave out of the module. */
async function fetchCrates(toolchain, verbose) {
  const { code, output } = await attempt(toolchain.cargo, ['fetch', '--locked'], { verbose })
  if (code === 0) return
  const behind = output.includes('--locked was passed')
  throw new Stop(
    behind ? 'Cargo.lock is behind a Cargo.toml: run `cargo update --workspace`' : output.trimEnd(),
  )
}

/**
 * The edge module with the exports of the `bench` feature besides, compiled and optimised as the one that ships.
 * Resolves to its file.
 */
export async function buildBenchModule({ verbose = false } = {}) {
  const toolchain = await wasmToolchain({ verbose })
  const file = '.cache/wasm/bench.wasm'
  await once('wasm-bench', inputOf(toolchain), [file], async () => {
    console.log('build: WASM for benches')
    await fetchCrates(toolchain, verbose)
    const { bytes } = await compileModule('bench', toolchain, { verbose })
    writeFileSync(at(file), bytes)
  })
  return at(file)
}

async function buildModule(name, toolchain, verbose) {
  const module = await compileModule(name, toolchain, { verbose })
  refuseMachinePaths(name, module.bytes)
  write(name, module)
}

/**
 * A module of the workspace in `folder`, as it ships unless `env` asks cargo for another profile: `{ bytes, glue, types }`.
 * Another folder needs another target folder: cargo takes what one workspace built for that of a copy of it.
 */
export async function compileModule(
  name,
  toolchain,
  { folder = root, targetDir = toolchain.targetDir, env = {}, verbose = false } = {},
) {
  const features = ['--no-default-features', '--features', name]
  const cargo = [
    'rustc',
    '--lib',
    '--locked',
    '-p',
    'twogate-wasm',
    ...features,
    '--profile',
    'wasm',
    '--target',
    TARGET,
    '--',
    ...(LINK[name] ?? []),
  ]
  await run(toolchain.cargo, cargo, {
    cwd: folder,
    env: { ...cleanEnv(toolchain, targetDir), ...env },
    verbose,
  })

  const work = path.join(cache, 'wasm', name)
  rmSync(work, { recursive: true, force: true })
  mkdirSync(work, { recursive: true })
  const compiled = path.join(targetDir, TARGET, 'wasm/twogate_wasm.wasm')
  const bindgen = ['bindgen', compiled, work, name, ...BINDGEN_FLAGS[name]]
  await run('cargo', ['run', '--quiet', '--locked', '-p', 'xtask', '--', ...bindgen], { verbose })
  return {
    bytes: await smallest(path.join(work, `${name}_bg.wasm`), verbose),
    glue: readFileSync(path.join(work, `${name}_bg.js`), 'utf8'),
    types: readFileSync(path.join(work, `${name}.d.ts`), 'utf8'),
  }
}

/** The environment of the WASM compiler: the flags here and no others, wherever others may come from. */
function cleanEnv(toolchain, targetDir) {
  const env = { ...process.env, ...toolchain.env, CARGO_TARGET_DIR: targetDir }
  const foreign =
    /^(RUSTFLAGS|CARGO_BUILD_.*|CARGO_PROFILE_.*|CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS)$/
  for (const key of Object.keys(env)) if (foreign.test(key)) delete env[key]
  const sources = path.join(cargoHome, 'registry/src')
  const registries = readdirSync(sources, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  env.CARGO_ENCODED_RUSTFLAGS = [
    '-Ctarget-feature=+simd128',
    // Unrolls one loop of SHA-256, after which the compiler sees that no index is out of range: no panic is left in.
    '-Cllvm-args=-unroll-threshold=800',
    // Panic messages hold source paths: the same module must come out on every machine.
    `--remap-path-prefix=${root}=twogate`,
    ...registries.map(({ name }) => `--remap-path-prefix=${path.join(sources, name)}=crates`),
  ].join('\x1f')
  return env
}

/** The smallest of what the compiler wrote and wasm-opt made of it, compressed as it is shipped. */
async function smallest(file, verbose) {
  const features = WASM_FEATURES.map((feature) => `--enable-${feature}`)
  const strip = ['--strip-debug', '--strip-producers', '--strip-target-features']
  const wasmOpt = at('node_modules/binaryen/bin/wasm-opt')
  const files = [file]
  for (const passes of [['-O3'], ['-Os', '--converge']]) {
    const optimised = `${file}${passes.join('')}`
    await run(process.execPath, [wasmOpt, file, ...passes, ...features, ...strip, '-o', optimised], {
      verbose,
    })
    files.push(optimised)
  }
  const weighed = files
    .map((name) => readFileSync(name))
    .map((bytes) => ({ bytes, size: gzipSync(bytes, { level: 9 }).length }))
  return weighed.sort((a, b) => a.size - b.size)[0].bytes
}

function refuseMachinePaths(name, bytes) {
  const found = [root, homedir(), cargoHome].find((folder) => folder.length > 1 && bytes.includes(folder))
  if (found)
    throw new Stop(
      `${name}.wasm names a folder of this machine (${found}): remap it in scripts/build/wasm.mjs`,
    )
}

const fileNames = (name) =>
  ['wasm', 'glue.js', 'glue.d.ts', 'workerd.js', 'edge-light.js', 'default.js'].map((end) => `${name}.${end}`)

function write(name, { bytes, glue, types }) {
  if (/^\s*import\b/m.test(glue)) {
    throw new Stop(
      `the glue of ${name}.wasm imports a file (a snippet of some crate): only plain glue can be shipped`,
    )
  }
  mkdirSync(at(GENERATED), { recursive: true })
  const [wasm, glueJs, glueTypes, workerd, edgeLight, inlined] = fileNames(name)
  put(wasm, bytes)
  const module = name === 'full' ? bindable(glue, types) : { glue, types: `${types}\n${SET_WASM}` }
  put(glueJs, module.glue)
  put(glueTypes, module.types)
  // The loaders: the one place that differs by runtime, chosen by the conditions under "imports" in package.json.
  // workerd and hosted edges refuse to compile bytes; everywhere else a file beside the module is hard to find.
  put(workerd, `// ${name}.wasm as workerd imports it.\nexport { default } from './${wasm}'\n`)
  put(
    edgeLight,
    `// ${name}.wasm as Vercel's edge runtime imports it.\nexport { default } from './${wasm}?module'\n`,
  )
  put(inlined, `// ${name}.wasm, compiled from its bytes.\n${decodeAndCompile(bytes.toString('base64'))}`)
}

const decodeAndCompile = (base64) => `const bytes = Uint8Array.from(atob('${base64}'), (c) => c.charCodeAt(0))
export default new WebAssembly.Module(bytes)
`

const SET_WASM = `/** Hands the instance's exports to the glue. */
export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
`

/**
 * The glue as a function that makes it: each instance gets a set of its own, with classes of its own. wasm-bindgen keeps the
 * instance in a variable of the module, so after a replacement old objects would point into the new memory.
 */
function bindable(glue, types) {
  const names = [...glue.matchAll(/^export (?:class|function) (\w+)/gm)].map(([, name]) => name)
  if (names.length !== glue.match(/^export\b/gm).length) {
    throw new Stop(
      'the glue of full.wasm exports something that is neither class nor function: see `bindable`',
    )
  }
  const inside = glue.replace(/^export /gm, '')
  const classes = [...types.matchAll(/^export class (\w+)/gm)].map(([, name]) => name)
  return {
    glue: `export function bind() {\n${inside}\nreturn { ${names.join(', ')} }\n}\n`,
    types: `declare namespace Glue {\n${types}\n${SET_WASM}}
/** A set of glue, to be given the exports of an instance. */
export function bind(): typeof Glue
${classes.map((name) => `export type ${name} = Glue.${name}\n`).join('')}`,
  }
}

/** Written beside and renamed: whoever reads at this moment gets the old file or the new one. */
function put(file, content) {
  const target = at(GENERATED, file)
  writeFileSync(`${target}.new`, content)
  renameSync(`${target}.new`, target)
}
