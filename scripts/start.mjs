// `npm start`: set-up, build, and the demo dashboard on http://localhost:PORT (3000).
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect, createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { buildPackage } from './build/index.mjs'
import { at, cache } from './lib/paths.mjs'
import { run } from './lib/run.mjs'
import { hashOf, once } from './lib/stamp.mjs'
import { main, Stop } from './lib/stop.mjs'
import { setUp } from './setup/index.mjs'
import { npm } from './setup/npm.mjs'
import { wasm } from './setup/wasm.mjs'

const APP = 'examples/dashboard'
const BUILT_FROM = [
  APP,
  'js-bindings/dist',
  'js-bindings/package.json',
  'package-lock.json',
  'tsconfig.base.json',
]

await main(async () => {
  const port = Number(process.env.PORT || 3000)
  if (!Number.isInteger(port) || port < 1 || port > 65535)
    throw new Stop(`PORT is ${process.env.PORT}: not a port`, 2)
  await refuseUsed(port)
  await setUp([npm, wasm])
  await buildPackage()

  const next = createRequire(at(APP, 'package.json')).resolve('next/dist/bin/next')
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', ...demoSecret() }
  await once('dashboard', hashOf(BUILT_FROM), [`${APP}/.next/BUILD_ID`], async () => {
    console.log('build: dashboard')
    await run(process.execPath, [next, 'build'], { cwd: at(APP), env })
  })
  // The builds may have taken a minute.
  await refuseUsed(port)
  return serve(next, port, env)
})

async function refuseUsed(port) {
  const server = createServer()
  const error = await new Promise((resolve) => {
    server.once('error', resolve)
    server.listen(port, () => server.close(() => resolve()))
  })
  if (error?.code === 'EADDRINUSE')
    throw new Stop(`port ${port} is in use: choose another, as in \`PORT=${port + 1} npm start\``)
  if (error) throw new Stop(`cannot listen on port ${port} (${error.code}): choose another with PORT`)
}

/** A secret for the demo, made once, unless the environment has one. */
function demoSecret() {
  if (process.env.TWOGATE_SECRET || process.env.TWOGATE_SECRETS) return {}
  const file = path.join(cache, 'demo-secret')
  if (!existsSync(file)) {
    mkdirSync(cache, { recursive: true })
    writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600 })
  }
  console.log('TWOGATE_SECRET is not set: using the demo secret in .cache/demo-secret')
  return { TWOGATE_SECRET: readFileSync(file, 'utf8').trim() }
}

/** Runs `next start` until it ends or we are told to; being told to is no failure. */
async function serve(next, port, env) {
  const child = spawn(process.execPath, [next, 'start', '-p', String(port)], {
    cwd: at(APP),
    env,
    stdio: 'inherit',
  })
  let stopping = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // In place of run.mjs's handlers: no command of theirs runs any more, and this child may take its time.
    process.removeAllListeners(signal)
    process.on(signal, () => {
      stopping = true
      child.kill(signal)
    })
  }
  const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
  while (child.exitCode === null && !stopping && !(await answers(port))) await sleep(100)
  if (child.exitCode === null && !stopping) console.log(`\nhttp://localhost:${port}`)
  const code = await ended
  return stopping ? 0 : code
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, 'localhost')
    socket.once('error', () => resolve(false))
    socket.once('connect', () => {
      socket.end()
      resolve(true)
    })
  })
}
