// The dashboard of examples/, built by `next build` and served by `next start`, as it is and with its proxy.ts deleted.

import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, relative, resolve } from 'node:path'
import { Child, plainEnvironment } from './children.ts'
import { ask } from './http.ts'
import { freePort } from './ports.ts'
import { until } from './until.ts'

export type Build = 'as it is' | 'without proxy.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const APP = join(ROOT, 'examples/dashboard')
/** As deep as the app itself, because next.config.ts finds the workspace's root by going up. */
const COPY = join(ROOT, 'examples/.dashboard-without-proxy')
/** Where the copy's build waits for the next run. */
const SHELF = join(ROOT, '.cache/tests/dashboard-without-proxy')
const STAMP = 'twogate-tests.json'
const LEFT_OUT = new Set(['.next', 'node_modules', 'next-env.d.ts'])

/** Builds what is asked for, unless the same sources are built already, and returns the folder. */
export async function build(which: Build): Promise<string> {
  const sources = await fingerprint()
  const folder = which === 'as it is' ? APP : COPY
  if (which === 'without proxy.ts') await layOutCopy(sources)
  if ((await stampOf(join(folder, '.next'))) === sources) return folder
  const child = new Child(process.execPath, [nextBin(), 'build'], {
    cwd: folder,
    // A secret that no server will have: nothing of the build's environment may end up in the answer.
    env: plainEnvironment({ TWOGATE_SECRET: randomBytes(32).toString('base64url') }),
  })
  if ((await child.ended) !== 0)
    throw new Error(`next build failed in ${relative(ROOT, folder)}:\n${child.tail}`)
  await writeFile(join(folder, '.next', STAMP), JSON.stringify(sources))
  return folder
}

/** Takes the copy away again; its build is kept on the shelf. */
export async function putAway(which: Build): Promise<void> {
  if (which === 'as it is' || !existsSync(COPY)) return
  await rm(SHELF, { recursive: true, force: true })
  await mkdir(SHELF, { recursive: true })
  if (existsSync(join(COPY, '.next'))) await rename(join(COPY, '.next'), join(SHELF, '.next'))
  await rm(COPY, { recursive: true, force: true })
}

/** One `next start`. The port stays the same over `restart`. */
export class Dashboard {
  readonly folder: string
  readonly #environment: Readonly<Record<string, string>>
  readonly #log: string[][] = []
  #port = 0
  #child: Child | undefined

  constructor(folder: string, environment: Readonly<Record<string, string>>) {
    this.folder = folder
    this.#environment = environment
  }

  get origin(): string {
    return `http://localhost:${this.#port}`
  }

  url(path: string): string {
    return this.origin + path
  }

  /** All that the server has written so far, over restarts. */
  get log(): string {
    return this.#log.flat().join('')
  }

  async start(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      if (this.#port === 0) this.#port = await freePort()
      const child = new Child(
        process.execPath,
        [nextBin(), 'start', '-p', String(this.#port), '-H', 'localhost'],
        {
          cwd: this.folder,
          env: plainEnvironment({ ...this.#environment, PORT: String(this.#port) }),
        },
      )
      this.#child = child
      this.#log.push(child.output)
      const answered = await until(
        'the dashboard answers',
        async () => (child.running ? (await ask(this.url('/'))).status > 0 && 'yes' : 'ended'),
        60_000,
      )
      if (answered === 'yes') return
      // Somebody else took the port between the probe and the start.
      if (attempt === 3 || !child.tail.includes('EADDRINUSE'))
        throw new Error(`next start has ended:\n${child.tail}`)
      this.#port = 0
    }
  }

  async stop(): Promise<void> {
    await this.#child?.stop()
    this.#child = undefined
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }
}

async function layOutCopy(sources: string): Promise<void> {
  const left = join(COPY, '.next')
  const kept = (await stampOf(left)) === sources ? left : join(SHELF, '.next')
  const aside = join(ROOT, '.cache/tests/aside')
  await rm(aside, { recursive: true, force: true })
  await mkdir(aside, { recursive: true })
  if ((await stampOf(kept)) === sources) await rename(kept, join(aside, '.next'))
  await rm(COPY, { recursive: true, force: true })
  for (const name of await readdir(APP)) {
    if (!LEFT_OUT.has(name) && name !== 'proxy.ts')
      await cp(join(APP, name), join(COPY, name), { recursive: true })
  }
  if (existsSync(join(APP, 'node_modules')))
    await symlink(join(APP, 'node_modules'), join(COPY, 'node_modules'))
  // Should a run be killed, git does not see what it leaves behind.
  await writeFile(join(COPY, '.gitignore'), '*\n')
  if (existsSync(join(aside, '.next'))) await rename(join(aside, '.next'), join(COPY, '.next'))
  await rm(aside, { recursive: true, force: true })
}

async function stampOf(build: string): Promise<string | undefined> {
  try {
    return JSON.parse(await readFile(join(build, STAMP), 'utf8')) as string
  } catch {
    return undefined
  }
}

/** A hash over all that the build is made of. */
async function fingerprint(): Promise<string> {
  const dist = join(ROOT, 'js-bindings/dist')
  if (!existsSync(dist)) throw new Error('js-bindings/dist is missing: run `npm run build` first')
  const hash = createHash('sha256').update(process.version)
  const files = [
    join(ROOT, 'package-lock.json'),
    join(ROOT, 'tsconfig.base.json'),
    join(ROOT, 'js-bindings/package.json'),
  ]
  for (const folder of [APP, dist]) files.push(...(await filesIn(folder)))
  for (const file of files.sort())
    hash
      .update(`${relative(ROOT, file)}\0`)
      .update(await readFile(file))
      .update('\0')
  return hash.digest('hex')
}

async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (LEFT_OUT.has(entry.name) || entry.name.endsWith('.tsbuildinfo')) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) found.push(...(await filesIn(path)))
    else if (entry.isFile()) found.push(path)
  }
  return found
}

function nextBin(): string {
  return createRequire(join(APP, 'package.json')).resolve('next/dist/bin/next')
}
