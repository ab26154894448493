// Child processes that end when the tests end: each in a process group of its own, with all its output kept.

import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'

const alive = new Set<Child>()

process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(1))
}

/** What a child inherits: where programs are and how to speak, nothing of the test runner's. */
export function plainEnvironment(extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG, TMPDIR } = process.env
  return { PATH, HOME, LANG, TMPDIR, NEXT_TELEMETRY_DISABLED: '1', ...extra } as unknown as NodeJS.ProcessEnv
}

export class Child {
  /** All that the child wrote to stdout and stderr, in order of arrival. */
  readonly output: string[] = []
  /** Settles when the process has ended and its output is complete. */
  readonly ended: Promise<number>
  readonly #process: ChildProcess
  #running = true

  constructor(
    command: string,
    args: readonly string[],
    options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
  ) {
    this.#process = spawn(command, args, {
      cwd: options.cwd ?? process.cwd(),
      env: options.env ?? plainEnvironment(),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    alive.add(this)
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output.push(text)
        if (process.env['TWOGATE_TEST_LOG']) process.stderr.write(text)
      })
    }
    this.ended = new Promise((resolve) => {
      this.#process.once('error', (error) => {
        this.output.push(String(error))
        this.#running = false
        alive.delete(this)
        resolve(-1)
      })
      this.#process.once('close', (code) => {
        this.#running = false
        alive.delete(this)
        resolve(code ?? -1)
      })
    })
  }

  get running(): boolean {
    return this.#running
  }

  /** The last lines of the output, for error messages. */
  get tail(): string {
    return this.output.join('').split('\n').slice(-40).join('\n')
  }

  /** Sends a signal to the whole group. */
  kill(signal: NodeJS.Signals): void {
    const { pid } = this.#process
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }

  /** Asks the group to end, insists after five seconds, and waits until it has ended. */
  async stop(): Promise<void> {
    if (!this.#running) return
    this.kill('SIGTERM')
    const patience = new AbortController()
    const insist = sleep(5_000, undefined, { signal: patience.signal, ref: false })
      .then(() => this.kill('SIGKILL'))
      .catch(() => undefined)
    await this.ended
    patience.abort()
    await insist
  }
}
