// Child processes: quiet unless they fail, each in a process group of its own so that none outlives us.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { root } from './paths.mjs'
import { Stop } from './stop.mjs'

const running = new Set()
let interrupted = false

/**
 * Runs a command and resolves to `{ code, output, stdout }`: never rejects for what the command does.
 * `code` is null when the command could not be started or ran into `timeout` (milliseconds).
 */
export function attempt(command, args, { cwd = root, env = process.env, timeout = 0, verbose = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    running.add(child)
    let output = ''
    let stdout = ''
    const take = (stream, to) => {
      stream.setEncoding('utf8')
      stream.on('data', (text) => {
        output += text
        if (stream === child.stdout) stdout += text
        if (verbose) to.write(text)
      })
    }
    take(child.stdout, process.stdout)
    take(child.stderr, process.stderr)

    const timer =
      timeout > 0 &&
      setTimeout(() => {
        output += `\nstopped: ${command} took more than ${timeout / 1000} s\n`
        endGroups([child], 'SIGTERM')
      }, timeout)
    const end = (code) => {
      clearTimeout(timer)
      running.delete(child)
      // Whoever waits must not go on to the next command while we end.
      if (!interrupted) resolve({ code, output, stdout })
    }
    child.on('error', (error) => {
      output += `${command}: ${error.message}\n`
      end(null)
    })
    child.on('close', end)
  })
}

/** Runs a command that must succeed; resolves to its standard output. */
export async function run(command, args, options = {}) {
  const { code, output, stdout } = await attempt(command, args, options)
  if (code === 0) return stdout
  const shown = options.verbose ? '' : `${output.trimEnd()}\n`
  throw new Stop(`${shown}failed (${code ?? 'no exit status'}): ${[command, ...args].join(' ')}`)
}

/** Asks, so that tests can stop the servers they started; after five seconds it asks no more. */
async function endGroups(children, signal) {
  const ended = children.map((child) => new Promise((resolve) => child.once('close', resolve)))
  for (const child of children) signalGroup(child, signal)
  const patience = setTimeout(() => {
    for (const child of children) signalGroup(child, 'SIGKILL')
  }, 5000)
  await Promise.all(ended)
  clearTimeout(patience)
}

function signalGroup(child, signal) {
  try {
    process.kill(-child.pid, signal)
  } catch {
    // Already gone.
  }
}

// The children have no terminal of their own: Ctrl-C reaches only us, and we pass it on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, async () => {
    interrupted = true
    await endGroups([...running], signal)
    process.exit(128 + constants.signals[signal])
  })
}
